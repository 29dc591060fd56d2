// The MCP App: JSON-RPC with the host by postMessage, as the specification of 2026-01-26 has it.
import { type Asked, type Backend, Failed, type Layout, type ToolResult, download, sound, unpacked } from "./backend";

export interface Context {
  theme?: "light" | "dark";
  styles?: { variables?: Record<string, string | undefined> };
  displayMode?: string;
  availableDisplayModes?: string[];
  containerDimensions?: { height?: number; maxHeight?: number };
  toolInfo?: { tool?: { name?: string } };
}

interface Capabilities {
  downloadFile?: object;
  updateModelContext?: object;
}

type Handler = (params: Record<string, unknown>) => unknown;

export class Host implements Backend {
  context: Context = {};
  private capabilities: Capabilities = {};
  private last = 0;
  private readonly waiting = new Map<number, { done: (value: never) => void; failed: (error: Error) => void }>();
  private readonly handlers = new Map<string, Handler>();

  constructor() {
    window.addEventListener("message", (event) => {
      // A frame within this one, or a window that it opened, is nobody to be heard.
      if (event.source === window.parent) this.receive(event.data);
    });
  }

  get model(): boolean {
    return this.capabilities.updateModelContext !== undefined;
  }

  on(method: string, handler: Handler): void {
    this.handlers.set(method, handler);
  }

  async start(): Promise<void> {
    const told = await this.request<{ hostCapabilities?: Capabilities; hostContext?: Context }>("ui/initialize", {
      appInfo: { name: "networkx-mcp-viewer", version: "1" },
      appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
      protocolVersion: "2026-01-26",
    });
    this.capabilities = told.hostCapabilities ?? {};
    this.context = told.hostContext ?? {};
    this.send({ jsonrpc: "2.0", method: "ui/notifications/initialized", params: {} });
  }

  async layout(graphId: string, asked: Asked): Promise<Layout> {
    return unpacked(sound(await this.tool("view_graph", { graph_id: graphId, ...asked })));
  }

  tool(name: string, args: Record<string, unknown>): Promise<ToolResult> {
    return this.request<ToolResult>("tools/call", { name, arguments: args });
  }

  async tell(text: string, structured: Record<string, unknown>): Promise<void> {
    await this.request("ui/update-model-context", { content: [{ type: "text", text }], structuredContent: structured });
  }

  async save(name: string, picture: Blob): Promise<void> {
    if (!this.capabilities.downloadFile) return download(name, picture);
    const bytes = new Uint8Array(await picture.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    const resource = { uri: `file:///${name}`, mimeType: picture.type, blob: btoa(text) };
    await this.request("ui/download-file", { contents: [{ type: "resource", resource }] });
  }

  async fullscreen(on: boolean): Promise<void> {
    const told = await this.request<{ mode: string }>("ui/request-display-mode", { mode: on ? "fullscreen" : "inline" });
    this.context.displayMode = told.mode;
  }

  resized(height: number): void {
    this.send({ jsonrpc: "2.0", method: "ui/notifications/size-changed", params: { height } });
  }

  private request<T>(method: string, params: object): Promise<T> {
    const id = ++this.last;
    return new Promise<T>((done, failed) => {
      this.waiting.set(id, { done, failed });
      this.send({ jsonrpc: "2.0", id, method, params });
    });
  }

  private receive(message: unknown): void {
    if (typeof message !== "object" || message === null || (message as { jsonrpc?: string }).jsonrpc !== "2.0") return;
    const { id, method, params, result, error } = message as Record<string, never> & { id?: number; method?: string };
    if (method === undefined) {
      const waiting = this.waiting.get(Number(id));
      this.waiting.delete(Number(id));
      if (error) waiting?.failed(new Failed(String((error as { message?: string }).message ?? "The host refused.")));
      else waiting?.done(result);
      return;
    }
    const answer = this.handlers.get(method)?.(params ?? {});
    if (id === undefined) return;
    if (method === "ping" || this.handlers.has(method)) this.send({ jsonrpc: "2.0", id, result: answer ?? {} });
    else this.send({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } });
  }

  private send(message: object): void {
    // The host's origin is nothing that a sandboxed frame can know; what is sent is the user's own graph, to whoever embeds it.
    window.parent.postMessage(message, "*");
  }
}
