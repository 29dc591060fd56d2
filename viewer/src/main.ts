// Where the viewer begins: within a host that framed it, or as a page of the server.
import type { Asked, Id, Summary, ToolResult } from "./backend";
import { fill, h } from "./dom";
import { Host } from "./host";
import { Server, Unauthenticated } from "./page";
import { Viewer } from "./viewer";

declare global {
  interface Window {
    viewer?: Viewer;
  }
}

let current: Viewer | null = null;

function dress(name: "light" | "dark"): void {
  document.documentElement.dataset["theme"] = name;
  current?.retheme();
}

function follow(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => dress(dark.matches ? "dark" : "light");
  dark.addEventListener("change", apply);
  apply();
}

// -- the page

class Page {
  private readonly server = new Server();
  private readonly root = h("div", { class: "root" });

  start(): void {
    this.root.style.height = "100%";
    document.body.append(this.root);
    addEventListener("popstate", () => void this.route());
    void this.route();
  }

  private async route(): Promise<void> {
    const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
    if (id) this.graph(id);
    else await this.home();
  }

  private visit(path: string): void {
    history.pushState(null, "", path);
    void this.route();
  }

  private graph(id: string): void {
    document.title = `${id} · Graph viewer`;
    const viewer = new Viewer(this.server, id, this.root, { back: () => this.visit("/view"), analyses: true });
    viewer.onFailure = (error) => {
      if (!(error instanceof Unauthenticated)) return false;
      void this.askToken(error.message).then(() => viewer.open());
      return true;
    };
    current = window.viewer = viewer;
    void viewer.open();
  }

  private async home(): Promise<void> {
    document.title = "Graphs";
    current = null;
    let page: { graphs: Summary[]; next?: string };
    try {
      page = await this.server.list();
    } catch (error) {
      if (error instanceof Unauthenticated) {
        await this.askToken(error.message);
        return this.home();
      }
      fill(this.root, h("div", { class: "home" }, h("main", {}, h("h1", {}, "Graphs"), h("p", { role: "alert" }, String((error as Error).message)))));
      return;
    }
    const told = h("p", { role: "status", class: "soft" });
    const file = h("input", { type: "file", class: "hidden", id: "file", onchange: () => file.files?.[0] && void this.take(file.files[0], told) });
    const drop = h(
      "div",
      { class: "drop" },
      h("p", {}, "Drop a file here: CSV, edge list, GraphML, GML, GEXF, JSON, Parquet or Arrow."),
      h("button", { onclick: () => file.click() }, "Choose a file"),
      h("label", { for: "file", class: "hidden" }, "File with a graph"),
      file,
      told,
    );
    drop.addEventListener("dragover", (event) => (event.preventDefault(), drop.classList.add("over")));
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      const dropped = event.dataTransfer?.files[0];
      if (dropped) void this.take(dropped, told);
    });
    const list = h("ul", { class: "cards" });
    const add = (graphs: Summary[]) => list.append(...graphs.map((graph) => h("li", {}, this.card(graph))));
    add(page.graphs);
    const more = h("button", { onclick: () => void following() }, "More graphs");
    const following = async () => {
      page = await this.server.list(page.next);
      add(page.graphs);
      more.hidden = !page.next;
    };
    more.hidden = !page.next;
    const empty = page.graphs.length === 0 && h("p", { class: "soft" }, "There are no graphs yet.");
    fill(this.root, h("div", { class: "home" }, h("main", {}, h("h1", {}, "Graphs"), drop, list, empty, more, this.server.token !== "" && h("div", {}, h("button", { onclick: () => this.forget() }, "Forget the token")))));
  }

  private card(graph: Summary): HTMLElement {
    const kind = graph.directed ? "directed" : "undirected";
    return h(
      "button",
      { class: "card", onclick: () => this.visit(`/view/${encodeURIComponent(graph.graph_id)}`) },
      h("strong", {}, graph.graph_id),
      h("span", { class: "soft" }, `${graph.nodes.toLocaleString("en")} nodes · ${graph.edges.toLocaleString("en")} edges · ${kind}`),
      graph.description ? h("span", {}, graph.description) : null,
    );
  }

  private forget(): void {
    this.server.token = "";
    void this.route();
  }

  private async take(file: File, told: HTMLElement): Promise<void> {
    const stem = file.name.replace(/\.[^.]*$/, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60);
    told.textContent = `Loading ${file.name} …`;
    try {
      await this.server.upload(stem || "graph", file);
      this.visit(`/view/${stem || "graph"}`);
    } catch (error) {
      told.textContent = (error as Error).message;
    }
  }

  private askToken(why: string): Promise<void> {
    return new Promise((done) => {
      const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true, spellcheck: "false" });
      const dialog = h(
        "dialog",
        { "aria-labelledby": "token-title" },
        h(
          "form",
          { method: "dialog", onsubmit: () => (this.server.token = input.value.trim()) },
          h("h2", { id: "token-title" }, "Who are you?"),
          h("p", { class: "soft" }, this.server.token ? why : "This server wants a bearer token. It is kept in this tab alone, until you close it."),
          h("label", { for: "token" }, "Token"),
          input,
          h("button", { class: "primary", type: "submit" }, "Continue"),
        ),
      );
      dialog.addEventListener("cancel", (event) => event.preventDefault());
      dialog.addEventListener("close", () => {
        dialog.remove();
        done();
      });
      document.body.append(dialog);
      dialog.showModal();
    });
  }
}

// -- the app of a host

async function app(): Promise<void> {
  const root = h("div", { class: "root" });
  root.style.height = "100%";
  document.body.append(root);
  const host = new Host();
  const dressed = () => {
    const variables = host.context.styles?.variables ?? {};
    const own: Record<string, string | undefined> = {
      "--surface": variables["--color-background-primary"],
      "--text": variables["--color-text-primary"],
      "--line": variables["--color-border-primary"],
      "--font": variables["--font-sans"],
    };
    for (const [name, value] of Object.entries(own)) if (value) document.documentElement.style.setProperty(name, value);
    if (host.context.theme) dress(host.context.theme);
  };
  let argumentsOf: Record<string, unknown> = {};
  host.on("ui/notifications/tool-input", (params) => void (argumentsOf = (params["arguments"] as Record<string, unknown>) ?? {}));
  host.on("ui/notifications/tool-result", (params) => {
    const result = params as ToolResult;
    const id = result.structuredContent?.["graph_id"] ?? argumentsOf["graph_id"];
    if (typeof id !== "string") return;
    const full = host.context.availableDisplayModes?.includes("fullscreen")
      ? () => void host.fullscreen(host.context.displayMode !== "fullscreen")
      : undefined;
    const viewer = new Viewer(host, id, root, { full, compact: true });
    current = window.viewer = viewer;
    void viewer.open(asked(argumentsOf));
  });
  host.on("ui/notifications/tool-cancelled", () => fill(root, h("p", { class: "status" }, "The call was cancelled.")));
  host.on("ui/notifications/host-context-changed", (params) => {
    Object.assign(host.context, params);
    dressed();
  });
  host.on("ui/resource-teardown", () => ({}));
  await host.start();
  dressed();
  host.resized(520);
}

/** What of a tool's arguments says which nodes the viewer shows, and how. */
function asked(given: Record<string, unknown>): Asked {
  const found: Asked = {};
  // Who is named by an attribute is nobody whom the viewer could find.
  if (given["by"] === undefined) {
    if (Array.isArray(given["nodes"])) found.nodes = given["nodes"] as Id[];
    else if (given["center"] !== undefined) Object.assign(found, { around: given["center"], limit: 200 });
  }
  if (typeof given["seed"] === "number") found.seed = given["seed"];
  if (typeof given["weight"] === "string") found.weight = given["weight"];
  return found;
}

follow();
if (window.parent === window) new Page().start();
else void app();
