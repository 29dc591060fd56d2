// One session of a TypeScript client: node session.mjs URL ERA TOKEN|-; prints what it saw as JSON. In place of the URL,
// `stdio:` and a command with its arguments as JSON starts the server.
// With a fourth argument, a JSON list of [tool, arguments]: calls these, and prints of each answer its text and how many
// characters it has in all.
// ERA: modern (package client, 2026-07-28), legacy (package client, handshake), v1 (package sdk).
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [url, era, token, calls] = process.argv.slice(2);
const load = async name => import(pathToFileURL(createRequire(join(process.env.NODE_PATH, 'x.js')).resolve(name)));

async function pipes(name) {
    const { StdioClientTransport } = await load(name);
    const [command, ...args] = JSON.parse(url.slice('stdio:'.length));
    return new StdioClientTransport({ command, args, stderr: 'inherit' });
}

async function open() {
    const piped = url.startsWith('stdio:');
    const options = token === '-' ? {} : { requestInit: { headers: { Authorization: `Bearer ${token}` } } };
    const info = { name: 'networkx-mcp-tests', version: '1.0.0' };
    if (era === 'v1') {
        const { Client } = await load('@modelcontextprotocol/sdk/client/index.js');
        const { StreamableHTTPClientTransport } = await load('@modelcontextprotocol/sdk/client/streamableHttp.js');
        const client = new Client(info);
        await client.connect(piped ? await pipes('@modelcontextprotocol/sdk/client/stdio.js') : new StreamableHTTPClientTransport(new URL(url), options));
        return client;
    }
    const { Client, StreamableHTTPClientTransport } = await load('@modelcontextprotocol/client');
    const mode = era === 'modern' ? { pin: '2026-07-28' } : 'legacy';
    const client = new Client(info, { versionNegotiation: { mode } });
    await client.connect(piped ? await pipes('@modelcontextprotocol/client/stdio') : new StreamableHTTPClientTransport(new URL(url), options));
    return client;
}

const client = await open();
if (calls) {
    const answers = [];
    for (const [name, args] of JSON.parse(calls)) {
        const result = await client.callTool({ name, arguments: args });
        answers.push({ text: result.content.find(part => part.type === 'text')?.text ?? null, characters: JSON.stringify(result).length });
    }
    await client.close();
    await new Promise(done => process.stdout.write(JSON.stringify(answers), done)); // to a pipe it goes in pieces
    process.exit(0);
}
const call = async (name, args) => {
    const result = await client.callTool({ name, arguments: args });
    return { error: result.isError ?? false, text: result.content[0].text, data: result.structuredContent ?? null };
};
const refused = async work => {
    try {
        await work();
        return null;
    } catch (error) {
        return { code: error.code ?? null, message: String(error.message) };
    }
};

const seen = { server: client.getServerVersion()?.name ?? null };
// A listing first: clients check structured answers against the output schemas of the listing.
seen.tools = (await client.listTools()).tools.map(tool => tool.name);
seen.created = await call('create_graph', { edges: [['a', 'b', { weight: 2 }], ['b', 1], [1, '1']], directed: false });
const graph_id = seen.created.data.graph_id;
seen.edited = await call('edit_graph', { graph_id, edits: [{ action: 'add_edges', edges: [['a', 'c']] }], operation_id: 'once' });
seen.again = await call('edit_graph', { graph_id, edits: [{ action: 'add_edges', edges: [['a', 'c']] }], operation_id: 'once' });
seen.neighbors = await call('get_neighbors', { graph_id, node: 1 });
seen.ranked = await call('rank_nodes', { graph_id, measure: 'betweenness', limit: 2 });
seen.missing = await call('get_neighbors', { graph_id, node: 'zzz' });
seen.resource = (await client.readResource({ uri: `graph://${graph_id}` })).contents[0].text;
seen.prompts = (await client.listPrompts()).prompts.map(prompt => prompt.name);
seen.prompt = (await client.getPrompt({ name: 'key_nodes', arguments: { graph_id } })).messages[0].content.text;
seen.unknown = await refused(() => client.callTool({ name: 'rank_node', arguments: {} }));
seen.deleted = await call('delete_graph', { graph_id });
seen.listed = await call('list_graphs', {});
await client.close();
console.log(JSON.stringify(seen));
