// The MCP App in a host: `node app.mjs BASE TOKEN PICTURES`. What the host passes on goes to a real server, by /mcp.
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { assert, findings, open, run, until } from "./browser.mjs";

const [base, token] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
let calls = 0;

async function ask(method, params) {
  calls += 1;
  const answer = await fetch(`${base}/mcp`, {
    method: "POST",
    headers: {
      Accept: "application/json, text/event-stream",
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      "MCP-Protocol-Version": "2025-11-25",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: calls, method, params }),
  });
  const message = await answer.json();
  assert.ok(message.result, JSON.stringify(message));
  return message.result;
}

const tools = Object.fromEntries((await ask("tools/list", {})).tools.map((tool) => [tool.name, tool]));
const uri = tools.draw_graph._meta.ui.resourceUri;
const [document] = (await ask("resources/read", { uri })).contents;
const script = (await build({ entryPoints: [join(here, "host.ts")], bundle: true, write: false, format: "iife" })).outputFiles[0].text;
const server = createServer((request, response) => {
  response.setHeader("content-type", request.url === "/host.js" ? "text/javascript" : "text/html");
  response.end(request.url === "/host.js" ? script : "<!doctype html><title>host</title><script src=/host.js></script>");
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const address = `http://127.0.0.1:${server.address().port}/`;

/** The page of the host and the frame of the app, which shows the answer of a call. */
async function shown(browser, tool, args) {
  const opened = await open(browser, { viewport: { width: 920, height: 600 } });
  const { page } = opened;
  await page.exposeFunction("callTool", (name, given) => {
    // A host passes on what the app may call: tools for the model are for the app, too, unless they say otherwise.
    const visibility = tools[name]._meta?.ui?.visibility ?? ["model", "app"];
    assert.ok(visibility.includes("app"), name);
    return ask("tools/call", { name, arguments: given });
  });
  await page.goto(address);
  const result = await ask("tools/call", { name: tool, arguments: args });
  await page.evaluate((given) => window.host.show(...given), [document.text, tool, args, result]);
  const frame = await (await page.waitForSelector("iframe")).contentFrame();
  await until(frame, () => document.querySelector(".root")?.dataset.visible);
  return { ...opened, frame, result };
}

try {
  await run({
    async "a host finds the app by the tool, and what it loads is nothing"() {
      assert.equal(document.mimeType, "text/html;profile=mcp-app");
      assert.equal(document._meta?.ui?.csp, undefined);
      assert.deepEqual(tools.view_graph._meta.ui.visibility, ["app"]);
    },

    async "the app shows the graph of an answer, by data that the model never saw"(browser) {
      const { page, frame, faults, result, context } = await shown(browser, "draw_graph", { graph_id: "novel" });
      assert.equal(await frame.evaluate(() => document.querySelector(".root").dataset.visible), "77");
      assert.deepEqual(await page.evaluate(() => window.host.calls), ["view_graph"]);
      const drawn = await frame.evaluate(() => [...document.querySelectorAll(".canvas canvas")].map((canvas) => canvas.clientWidth));
      assert.ok(drawn.length > 0 && drawn.every((width) => width === 900), String(drawn)); // all of the frame is the picture's
      assert.ok(!JSON.stringify(result.content.filter((part) => part.type === "text")).includes("Valjean"));
      const viewed = await ask("tools/call", { name: "view_graph", arguments: { graph_id: "novel" } });
      assert.ok(!JSON.stringify([viewed.content, viewed.structuredContent]).includes("Valjean"));
      assert.deepEqual(faults, []);
      await context.close();
    },

    async "the selection is handed to the model as quoted data, and a picture to the host"(browser) {
      const { page, frame, faults, context } = await shown(browser, "get_subgraph", { graph_id: "hostile", center: "a", radius: 1 });
      const id = await frame.evaluate(() => [...window.viewer.model.nodes.values()].find((node) => String(node.id).includes("note:"))?.id);
      await frame.evaluate((wanted) => window.viewer.go([...window.viewer.model.nodes.values()].find((node) => node.id === wanted)), id);
      await frame.getByRole("button", { name: "Tell the model" }).click();
      await until(page, () => window.host.told.length > 0);
      const [told] = await page.evaluate(() => window.host.told);
      assert.deepEqual(told.structuredContent.selected, [id]);
      const lines = told.content[0].text.split("\n");
      assert.equal(lines.length, 2); // the id has a line of its own in it, which is none of the text
      assert.ok(lines[1].includes('\\n') && !/[<>]/.test(lines[1]), lines[1]);
      await frame.getByRole("button", { name: "Save as PNG" }).click();
      await until(page, () => window.host.saved.length > 0);
      const [saved] = await page.evaluate(() => window.host.saved);
      assert.equal(saved.contents[0].resource.mimeType, "image/png");
      assert.deepEqual(faults, []);
      await context.close();
    },

    async "the app calls tools that read, and no others"(browser) {
      const { page, frame, context } = await shown(browser, "draw_graph", { graph_id: "novel" });
      await frame.evaluate(async () => {
        const [one] = window.viewer.model.nodes.values();
        await window.viewer.expand(one);
        await window.viewer.layOut("circular", 1);
        window.viewer.choose(['"Valjean"', '"Napoleon"']);
        await window.viewer.findPath();
      });
      const names = new Set(await page.evaluate(() => window.host.calls));
      assert.deepEqual([...names].sort(), ["find_paths", "view_graph"]);
      for (const name of names) assert.equal(tools[name].annotations.readOnlyHint, true, name);
      await context.close();
    },

    async "axe finds nothing serious in the frame"(browser) {
      const { frame, context } = await shown(browser, "draw_graph", { graph_id: "novel" });
      assert.deepEqual(await findings(frame), []);
      await context.close();
    },
  });
} finally {
  server.close();
}
