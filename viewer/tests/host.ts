// A host of MCP Apps, as its own library makes them: the app in a sandboxed frame, with the policy that the specification sets.
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

declare global {
  interface Window {
    callTool(name: string, args: Record<string, unknown>): Promise<never>;
    host: { told: unknown[]; saved: unknown[]; calls: string[]; show(html: string, tool: string, args: Record<string, unknown>, result: never): Promise<void> };
  }
}

const POLICY = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; connect-src 'none'";

window.host = {
  told: [],
  saved: [],
  calls: [],
  async show(html, _tool, args, result) {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.title = "app";
    frame.style.cssText = "width: 900px; height: 560px; border: 0";
    document.body.append(frame);
    const capabilities = { updateModelContext: { text: {} }, downloadFile: {}, serverTools: {} };
    const bridge = new AppBridge(null, { name: "test-host", version: "1" }, capabilities, { hostContext: { theme: "light", availableDisplayModes: ["inline"] } });
    bridge.oncalltool = async (params) => {
      this.calls.push(params.name);
      return window.callTool(params.name, params.arguments ?? {});
    };
    bridge.onupdatemodelcontext = async (params) => (this.told.push(params), {});
    bridge.ondownloadfile = async (params) => (this.saved.push(params), {});
    const ready = new Promise<void>((done) => bridge.addEventListener("initialized", () => done()));
    await bridge.connect(new PostMessageTransport(frame.contentWindow!, frame.contentWindow!));
    frame.srcdoc = html.replace("<head>", `<head><meta http-equiv="Content-Security-Policy" content="${POLICY}">`);
    await ready;
    await bridge.sendToolInput({ arguments: args });
    await bridge.sendToolResult(result);
  },
};
