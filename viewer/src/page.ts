// The page without a host: it calls the server that sent it, with a token that its user gives once for this tab.
import { type Asked, type Backend, Failed, type Layout, type Summary, type ToolResult, download, sound, unpacked } from "./backend";

const KEY = "networkx-mcp-token";

export class Unauthenticated extends Failed {}

export class Server implements Backend {
  readonly model = false;
  private calls = 0;

  get token(): string {
    return sessionStorage.getItem(KEY) ?? "";
  }

  set token(text: string) {
    if (text) sessionStorage.setItem(KEY, text);
    else sessionStorage.removeItem(KEY);
  }

  async list(after = ""): Promise<{ graphs: Summary[]; next?: string }> {
    const answer = await this.get(`/graphs?limit=200&after=${encodeURIComponent(after)}`);
    const page = (await answer.json()) as { graphs: Summary[]; truncated?: boolean };
    return { graphs: page.graphs, next: page.truncated ? page.graphs.at(-1)?.graph_id : undefined };
  }

  async layout(graphId: string, asked: Asked): Promise<Layout> {
    if (asked.nodes) return unpacked(sound(await this.tool("view_graph", { graph_id: graphId, ...asked })));
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(asked)) {
      if (value !== undefined) query.set(name, typeof value === "object" || name === "around" ? JSON.stringify(value) : String(value));
    }
    const answer = await this.get(`/graphs/${encodeURIComponent(graphId)}/layout?${query}`);
    return (await answer.json()) as Layout;
  }

  async upload(graphId: string, file: File): Promise<void> {
    const name = encodeURIComponent(file.name);
    await this.ask(`/graphs/${graphId}?filename=${name}`, { method: "PUT", body: file, headers: { "If-None-Match": "*" } });
  }

  async tool(name: string, args: Record<string, unknown>): Promise<ToolResult> {
    this.calls += 1;
    const answer = await this.ask("/mcp", {
      method: "POST",
      headers: {
        Accept: "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2025-11-25",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: this.calls, method: "tools/call", params: { name, arguments: args } }),
    });
    const message = (await answer.json()) as { result?: ToolResult; error?: { message: string } };
    if (!message.result) throw new Failed(message.error?.message ?? "The server gave no answer.");
    return message.result;
  }

  async tell(): Promise<void> {
    throw new Failed("No model is here.");
  }

  async save(name: string, picture: Blob): Promise<void> {
    download(name, picture);
  }

  private get(path: string): Promise<Response> {
    return this.ask(path, {});
  }

  private async ask(path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
    const headers: Record<string, string> = { ...init.headers };
    if (this.token) headers["Authorization"] = `Bearer ${this.token}`;
    let answer: Response;
    try {
      answer = await fetch(path, { ...init, headers, referrerPolicy: "no-referrer", credentials: "omit", cache: "no-cache" });
    } catch {
      throw new Failed("The server does not answer.");
    }
    if (answer.ok) return answer;
    const told = await answer.json().catch(() => ({}));
    const message = String(told.message ?? told.error?.message ?? `The server answered HTTP ${answer.status}.`);
    if (answer.status === 401) throw new Unauthenticated(message);
    throw new Failed(message);
  }
}
