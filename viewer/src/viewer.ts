// One graph, to look at and to work with: the picture, what it is coloured by, filters, search, paths, the selection.
import { type Asked, type Backend, Failed, type Id, type Layout, sound, words } from "./backend";
import { fill, h, icon, option } from "./dom";
import { CENTRE, type Column, EDGES, type Edge, type Filter, Model, NODES, type Node, PALETTE, colours, keyOf, passes, selection, shown, sizes } from "./model";
import { type Covered, Scene, type Theme } from "./scene";

const MEASURES = ["pagerank", "betweenness", "closeness", "eigenvector", "clustering", "core"];
const LAYOUTS = ["auto", "spring", "kamada_kawai", "tree", "layers", "bipartite", "circular", "shell", "spectral", "planar", "xy", "map", "random"];
/** Nodes that one click on a node brings at most. */
const EXPAND = 60;
/** Of how many neighbours these are chosen. */
const NEAREST = 1000;
const FOUND = 12;
/** Nodes around one that is looked for and is not here. */
const AROUND = 200;
/** Nodes from which a graph may be seen as its communities. */
const MANY = 500;

const ICONS = {
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  picture: "M12 4v11m0 0l-4-4m4 4l4-4M5 20h14",
  panel: "M4 6h16M4 12h10M4 18h13",
  full: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  back: "M15 5l-7 7 7 7",
};

interface Step {
  number: number;
  name: string;
}

export class Viewer {
  readonly model = new Model();
  private readonly scene: Scene;
  private readonly chosen = new Set<string>();
  private path: string[] = [];
  private asked: Asked = {};
  private grown = false;
  /** The community that is shown, behind those that it lies in. */
  private way: Step[] = [];
  private colorBy = "community";
  private sizeBy = "degree";
  private labelBy = "id";
  private weightBy = "";
  private leastWeight = -Infinity;
  private filter: Filter = { attribute: "", without: null, low: -Infinity, high: Infinity };

  private readonly canvas = h("div", { class: "canvas", role: "img", "aria-label": "The graph as a picture", tabindex: 0 });
  private readonly legend = h("div", { class: "legend", role: "group", "aria-label": "Legend", tabindex: 0 });
  private readonly tip = h("div", { class: "tip", hidden: true });
  private readonly noteBox = h("div", { class: "notes" });
  private readonly status = h("div", { class: "status", role: "status" });
  private readonly spoken = h("div", { class: "hidden", "aria-live": "polite" });
  private readonly wayBox = h("nav", { class: "way", "aria-label": "Communities", hidden: true });
  private readonly counts = h("span", { class: "soft counts" });
  private readonly left = h("aside", { class: "panel left", "aria-label": "Appearance and filters", tabindex: 0 });
  private readonly right = h("aside", { class: "panel right", "aria-label": "Selection", tabindex: 0 });
  private readonly toggle: HTMLButtonElement;

  constructor(
    private readonly backend: Backend,
    readonly graphId: string,
    private readonly root: HTMLElement,
    private readonly extras: { back?: () => void; full?: () => void; analyses?: boolean; compact?: boolean } = {},
  ) {
    this.toggle = h("button", { class: "icon", "aria-label": "Appearance and filters", "aria-pressed": "true", onclick: () => this.showLeft(Boolean(this.left.hidden)) }, icon(ICONS.panel));
    this.right.hidden = true;
    this.scene = new Scene(this.canvas, this.model, { hover: this.hover, click: this.click, open: (node) => void this.expand(node) }, theme());
    fill(
      root,
      h(
        "div",
        { class: "app" },
        h(
          "header",
          { class: "bar" },
          extras.back && h("button", { class: "icon", "aria-label": "All graphs", onclick: extras.back }, icon(ICONS.back)),
          this.toggle,
          h("h1", {}, graphId),
          this.counts,
          h("span", { class: "grow" }),
          this.search(),
          h("button", { class: "icon", "aria-label": "Save as PNG", onclick: () => void this.attempt(() => this.save()) }, icon(ICONS.picture)),
          extras.full && h("button", { class: "icon", "aria-label": "Full screen", onclick: extras.full }, icon(ICONS.full)),
        ),
        h(
          "main",
          { class: "body" },
          this.left,
          h(
            "div",
            { class: "stage" },
            h("div", { class: "top" }, this.wayBox, this.noteBox),
            this.canvas,
            this.legend,
            h(
              "div",
              { class: "zoom" },
              h("button", { class: "icon", "aria-label": "Zoom in", onclick: () => this.scene.zoom(1.5) }, icon(ICONS.plus)),
              h("button", { class: "icon", "aria-label": "Zoom out", onclick: () => this.scene.zoom(1 / 1.5) }, icon(ICONS.minus)),
              h("button", { class: "icon", "aria-label": "Show all", onclick: () => this.scene.fit() }, icon(ICONS.fit)),
            ),
            this.tip,
            this.status,
          ),
          this.right,
        ),
        this.spoken,
      ),
    );
    this.canvas.addEventListener("keydown", this.key);
    new ResizeObserver(() => this.scene.resize()).observe(this.canvas);
    if (extras.compact || innerWidth < 820) this.showLeft(false);
  }

  /** Show the graph, or a part of it; `way`: the community that it is, behind those that it lies in. */
  async open(asked: Asked = {}, way: Step[] = []): Promise<void> {
    await this.attempt(async () => {
      const layout = await this.waiting("Loading the graph …", this.backend.layout(this.graphId, asked));
      this.asked = asked;
      this.way = way;
      this.take(layout);
      const where = way.length > 0 ? `the community of ${way.at(-1)!.name}` : "the graph";
      this.say(`Shown are ${this.model.nodes.size} ${layout.clusters ? "communities" : "nodes"} of ${where}.`);
    });
  }

  take(layout: Layout): void {
    this.model.load(layout);
    this.grown = false;
    this.tip.hidden = true;
    this.chosen.clear();
    this.path = [];
    this.notes(layout.total_nodes === 0 ? ["This graph has no nodes."] : layout.notes);
    const weight = layout.clusters ? EDGES : "weight";
    this.weightBy = this.model.columns("edges").some((column) => column.name === weight && column.numeric) ? weight : "";
    this.leastWeight = -Infinity;
    this.filter = { attribute: "", without: null, low: -Infinity, high: Infinity };
    this.colorBy = "community";
    this.sizeBy = "degree";
    this.labelBy = "id";
    this.renderWay();
    this.scene.reset();
    this.renderLeft();
    this.renderRight();
    this.repaint();
    this.root.dataset["nodes"] = String(this.model.nodes.size);
  }

  retheme(): void {
    this.scene.retheme(theme());
    if (this.scene.ready) this.repaint();
  }

  // -- the picture

  private repaint(): void {
    const { color, legend } = colours(this.model, this.colorBy);
    const size = sizes(this.model, this.sizeBy, this.scene.side);
    const weights = this.model.columns("edges").find((column) => column.name === this.weightBy && column.numeric);
    const range = weights ? weights.high - weights.low || 1 : 1;
    const base = this.model.edges.size > 3000 ? 0.6 : this.model.edges.size > 300 ? 1 : 1.3;
    this.scene.paint(
      {
        color,
        size,
        label: (node) => this.label(node),
        width: (edge) => {
          const own = edge.attributes[this.weightBy];
          return weights && typeof own === "number" ? base * (0.7 + 3.3 * Math.sqrt((own - weights.low) / range)) : base;
        },
        hidden: this.isHidden,
        hiddenEdge: (edge) => this.isLight(edge),
      },
      this.chosen,
      this.path,
    );
    const entries = legend.entries.map((entry) =>
      h("span", { class: "entry" }, dot(entry.color), h("span", {}, entry.text), entry.count !== undefined && h("span", { class: "soft" }, String(entry.count))),
    );
    const scale = legend.scale && [h("div", { class: "ramp" }), h("span", { class: "ends" }, h("span", {}, legend.scale.low), h("span", {}, legend.scale.high))];
    fill(this.legend, legend.title ? h("strong", {}, legend.title) : null, ...entries, ...(scale ?? []));
    this.legend.hidden = legend.entries.length === 0 && !legend.scale;
    const visible = [...this.model.nodes.values()].filter((node) => !this.isHidden(node)).length;
    const edges = [...this.model.edges.values()].filter((edge) => !this.isHidden(edge.source) && !this.isHidden(edge.target) && !this.isLight(edge)).length;
    const of = (some: number, all: number, what: string) => (this.model.clusters ? `${all.toLocaleString("en")} ${what}` : `${some.toLocaleString("en")} of ${all.toLocaleString("en")} ${what}`);
    this.counts.textContent = `${of(visible, this.model.totalNodes, "nodes")} · ${of(edges, this.model.totalEdges, "edges")}`;
    this.root.dataset["visible"] = String(visible);
    this.root.dataset["edges"] = String(edges);
  }

  private readonly isHidden = (node: Node): boolean => node.hidden || !passes(node, this.filter);

  private isLight(edge: Edge): boolean {
    const own = edge.attributes[this.weightBy];
    return this.weightBy !== "" && this.leastWeight > -Infinity && !(typeof own === "number" && own >= this.leastWeight);
  }

  private label(node: Node): string {
    const text = this.model.clusters ? this.name(node) : this.labelBy === "none" ? "" : this.labelBy === "id" ? String(node.id) : shown(node.attributes[this.labelBy] ?? node.id);
    return text.length > 40 ? `${[...text].slice(0, 39).join("")}…` : text;
  }

  /** What a community is called: by its node of most edges. */
  private name(node: Node): string {
    const others = Number(node.attributes[NODES]) - 1;
    return others > 0 ? `${shown(node.attributes[CENTRE])} +${others.toLocaleString("en")}` : shown(node.attributes[CENTRE]);
  }

  /** Of a node its id, of a community its name. */
  private title(node: Node): string {
    return this.model.clusters ? this.name(node) : String(node.id);
  }

  private readonly hover = (node: Node | null, x: number, y: number): void => {
    this.tip.hidden = node === null;
    if (!node) return;
    fill(this.tip, h("h3", {}, this.title(node)), this.facts(node, 8));
    const box = this.canvas.getBoundingClientRect();
    const above = this.canvas.offsetTop;
    this.tip.style.left = `${Math.min(x + 14, Math.max(box.width - 310, 0))}px`;
    this.tip.style.top = `${above + Math.min(y + 14, Math.max(box.height - this.tip.offsetHeight - 8, 0))}px`;
  };

  private readonly click = (node: Node | null, together: boolean): void => {
    if (!node) return this.choose([]);
    if (!together) this.choose([node.key]);
    else if (this.chosen.has(node.key)) this.choose([...this.chosen].filter((key) => key !== node.key));
    else this.choose([...this.chosen, node.key]);
    this.scene.uncover(node, this.covered());
  };

  choose(keys: string[]): void {
    this.chosen.clear();
    for (const key of keys) this.chosen.add(key);
    this.path = [];
    this.repaint();
    this.renderRight();
    const names = this.selected().map((node) => this.title(node));
    this.say(names.length === 0 ? "Nothing is selected." : names.length === 1 ? `${names[0]} is selected.` : `${names.length} nodes are selected.`);
  }

  /** What of the picture the panel of the selection covers. */
  private covered(): Covered {
    const [picture, panel] = [this.canvas.getBoundingClientRect(), this.right.getBoundingClientRect()];
    if (this.right.hidden) return { right: 0, bottom: 0 };
    if (panel.width < picture.width) return { right: panel.width, bottom: 0 };
    return { right: 0, bottom: panel.height };
  }

  private selected(): Node[] {
    return [...this.chosen].map((key) => this.model.nodes.get(key)).filter((node): node is Node => node !== undefined);
  }

  private readonly key = (event: KeyboardEvent): void => {
    const moves: Record<string, () => void> = {
      "+": () => this.scene.zoom(1.4),
      "=": () => this.scene.zoom(1.4),
      "-": () => this.scene.zoom(1 / 1.4),
      "0": () => this.scene.fit(),
      ArrowLeft: () => this.scene.pan(-1, 0),
      ArrowRight: () => this.scene.pan(1, 0),
      ArrowUp: () => this.scene.pan(0, 1),
      ArrowDown: () => this.scene.pan(0, -1),
      Escape: () => this.choose([]),
      Enter: () => {
        const one = this.selected()[0];
        if (one) void this.expand(one);
      },
      Delete: () => this.hide(),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  };

  // -- what is asked of the server

  /** Show a community within a community, the whole graph if `way` is empty. */
  private async goTo(way: Step[], form: Asked["form"]): Promise<void> {
    const { layout, seed, weight } = this.asked;
    await this.open({ layout, seed, weight, form, community: way.length > 0 ? way.map((step) => step.number) : undefined }, way);
  }

  /** Show the nodes around one that is not here, if the graph has it. */
  private async around(text: string): Promise<void> {
    const ids: Id[] = /^-?\d+$/.test(text) ? [Number(text), text] : [text];
    await this.attempt(async () => {
      for (const [at, id] of ids.entries()) {
        const asked: Asked = { around: id, limit: AROUND };
        try {
          const layout = await this.waiting("Looking for it …", this.backend.layout(this.graphId, asked));
          this.asked = asked;
          this.way = [];
          this.take(layout);
          return this.go(this.model.nodes.get(keyOf(id))!);
        } catch (error) {
          if (at === ids.length - 1) throw error;
        }
      }
    });
  }

  /** Bring the neighbours of a node that are not here; of a community, its nodes. */
  async expand(node: Node): Promise<void> {
    if (this.model.clusters) return this.goTo([...this.way, { number: Number(node.id), name: this.name(node) }], "auto");
    await this.attempt(async () => {
      const asked: Asked = { around: node.id, limit: Math.min(node.degree + 1, NEAREST), layout: "random" };
      const layout = await this.waiting("Looking at its neighbours …", this.backend.layout(this.graphId, asked));
      const came = this.model.expand(near(layout, node, this.model), node);
      this.grown ||= came > 0;
      this.renderLeft();
      this.choose([node.key]);
      this.root.dataset["nodes"] = String(this.model.nodes.size);
      this.say(came === 0 ? "All its neighbours are here." : came === EXPAND ? `${came} nodes were added; expand again for more.` : `${came} nodes were added.`);
    });
  }

  /** A shortest path between the two nodes that are selected. */
  async findPath(): Promise<void> {
    const [source, target] = this.selected();
    if (!source || !target) return;
    await this.attempt(async () => {
      const asked: Record<string, unknown> = { graph_id: this.graphId, source: source.id, target: target.id };
      if (this.weightBy && this.model.columns("edges").some((column) => column.name === this.weightBy && column.low >= 0)) asked["weight"] = this.weightBy;
      const result = sound(await this.waiting("Looking for a path …", this.backend.tool("find_paths", asked)));
      const table = result.structuredContent as { columns: string[]; rows: unknown[][] } | undefined;
      const at = table?.columns.indexOf("path") ?? -1;
      const ids = table?.rows[0]?.[at] as (string | number)[] | undefined;
      if (!ids?.length) throw new Failed("There is no path between these nodes.");
      const missing = ids.filter((id) => !this.model.nodes.has(keyOf(id)));
      if (missing.length > 0) {
        const layout = await this.backend.layout(this.graphId, { nodes: ids, layout: "random" });
        this.model.expand(layout, source);
        this.grown = true;
      }
      this.path = ids.map(keyOf);
      for (const key of this.path) this.model.nodes.get(key)!.hidden = false;
      this.repaint();
      this.renderRight();
      this.scene.frame(this.path.map((key) => this.model.nodes.get(key)!), this.covered());
      this.root.dataset["path"] = String(ids.length - 1);
      this.say(`The path has ${ids.length - 1} edges.`);
    });
  }

  /** Positions by a layout, of all nodes that are here and not hidden. */
  async layOut(layout: string, seed: number, weight = ""): Promise<void> {
    await this.attempt(async () => {
      const asked: Asked = { ...this.subset(true), layout, seed, weight: weight || undefined };
      const found = await this.waiting("Laying out …", this.backend.layout(this.graphId, asked));
      this.model.move(found);
      this.repaint();
      this.scene.fit();
      this.root.dataset["layout"] = found.layout;
      this.root.dataset["weight"] = found.weight ?? "";
      this.say(`Laid out again: ${found.layout}${found.weight === null ? "" : `, pulled together by ${found.weight}`}.`);
    });
  }

  /** A measure as colour or size: a score of every node, computed by the server on the whole graph. */
  private async measure(name: string): Promise<void> {
    const asked: Asked = { ...this.subset(false), layout: "random", measure: name };
    this.model.score(await this.waiting(`Computing ${name} …`, this.backend.layout(this.graphId, asked)));
  }

  /** Which nodes a call is about: those that came first need not be named. */
  private subset(visible: boolean): Asked {
    const here = [...this.model.nodes.values()].filter((node) => !visible || !this.isHidden(node));
    if (this.model.clusters || (!this.grown && here.length === this.model.nodes.size)) return { ...this.asked };
    return { nodes: here.map((node) => node.id) };
  }

  private async save(): Promise<void> {
    await this.backend.save(`${this.graphId}.png`, await this.scene.picture(theme().surface));
    this.say("The picture was saved.");
  }

  private async tell(): Promise<void> {
    await this.attempt(async () => {
      const nodes = this.selected();
      const path = this.path.map((key) => this.model.nodes.get(key)!);
      await this.backend.tell(selection(this.graphId, nodes, path), { graph_id: this.graphId, selected: nodes.slice(0, 50).map((node) => node.id), path: path.map((node) => node.id) });
      this.say("The model will know of the selection.");
    });
  }

  private async analyse(name: string, args: Record<string, unknown>, title: string): Promise<void> {
    await this.attempt(async () => {
      const result = sound(await this.waiting(`${title} …`, this.backend.tool(name, { graph_id: this.graphId, ...args })));
      const table = result.structuredContent as { columns?: string[]; rows?: unknown[][] } | undefined;
      const body =
        table?.columns && table.rows
          ? h(
              "table",
              {},
              h("thead", {}, h("tr", {}, ...table.columns.map((column) => h("th", { scope: "col" }, column)))),
              h("tbody", {}, ...table.rows.slice(0, 50).map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cellText(cell)))))),
            )
          : h("p", {}, words(result));
      this.right.hidden = false;
      fill(this.right, this.closer(title), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, body));
    });
  }

  // -- the panels

  private showLeft(on: boolean): void {
    this.left.hidden = !on;
    this.toggle.setAttribute("aria-pressed", String(on));
  }

  private renderLeft(): void {
    const nodes = this.model.columns("nodes");
    const edges = this.model.columns("edges").filter((column) => column.numeric);
    const { clusters } = this.model;
    const names = (some: Column[]) => some.map((column) => [`a:${column.name}`, column.name] as [string, string]);
    const measures = clusters ? [] : MEASURES.map((name) => [`m:${name}`, name] as [string, string]);
    fill(
      this.left,
      h(
        "section",
        {},
        h("h2", {}, "Appearance"),
        this.select("Colour", this.colorBy, [["community", "communities"], ["degree", "degree"], ["none", "one colour"]], [["Attributes", names(nodes)], ["Measures", measures]], (value) => this.by(value, (to) => (this.colorBy = to))),
        !clusters && this.select("Size", this.sizeBy, [["degree", "degree"], ["none", "all the same"]], [["Attributes", names(nodes.filter((column) => column.numeric))], ["Measures", measures]], (value) => this.by(value, (to) => (this.sizeBy = to))),
        !clusters && this.select("Label", this.labelBy, [["id", "id"], ["none", "none"]], [["Attributes", nodes.map((column) => [column.name, column.name])]], (value) => {
          this.labelBy = value;
          this.repaint();
        }),
      ),
      this.layoutSection(clusters ? [] : edges.filter((column) => column.low >= 0)),
      this.filterSection(nodes),
      edges.length > 0 && this.weightSection(edges),
      this.extras.analyses && this.analysesSection(),
    );
  }

  private layoutSection(weights: Column[]): HTMLElement {
    let seed = 0;
    const layouts = LAYOUTS.map((name): [string, string] => [name, name]);
    const layout = this.select("Layout", this.asked.layout ?? "auto", layouts, [], () => {});
    const weight = this.select("Pulled together by", this.asked.weight ?? "", [["", "all edges alike"]], [["Attributes of edges", weights.map((column) => [column.name, column.name])]], () => {});
    const chosen = (label: HTMLElement) => label.querySelector("select")!.value;
    return h(
      "section",
      {},
      h("h2", {}, "Layout"),
      layout,
      weights.length > 0 && weight,
      h("button", { onclick: () => void this.layOut(chosen(layout), ++seed, chosen(weight)) }, "Lay out again"),
    );
  }

  private filterSection(columns: Column[]): HTMLElement {
    const values = h("div", { class: "values" });
    const hidden = h("button", { onclick: () => this.unhide() }, "Show hidden nodes");
    const show = () => {
      const column = columns.find((one) => one.name === this.filter.attribute);
      const without = this.filter.without;
      if (!column) fill(values);
      else if (!without) fill(values, this.range(column));
      else {
        const boxes = column.commonest().slice(0, 40).map(([text, count]) => {
          const box = h("input", { type: "checkbox" });
          box.checked = !without.has(text);
          box.addEventListener("change", () => {
            if (box.checked) without.delete(text);
            else without.add(text);
            this.repaint();
          });
          return h("label", { class: "check" }, box, h("span", {}, text), h("span", { class: "soft" }, String(count)));
        });
        fill(values, ...boxes);
      }
    };
    const pick = () => {
      const column = columns.find((one) => one.name === choice.value);
      this.filter = { attribute: choice.value, without: !column || column.numeric ? null : new Set(), low: -Infinity, high: Infinity };
      show();
      this.repaint();
    };
    const choice = h("select", { "aria-label": "Filter by attribute", onchange: pick }, option("", "no filter"), ...columns.map((column) => option(column.name, column.name, column.name === this.filter.attribute)));
    show();
    return h("section", {}, h("h2", {}, "Filter"), choice, values, hidden);
  }

  private range(column: Column): HTMLElement {
    const step = (column.high - column.low) / 200 || 1;
    const told = h("span", { class: "soft" });
    const make = (name: string, value: number) => h("input", { type: "range", min: column.low, max: column.high, step, value, "aria-label": `${name} ${column.name}` });
    const low = make("Least", Math.max(column.low, this.filter.low));
    const high = make("Most", Math.min(column.high, this.filter.high));
    const tell = () => (told.textContent = `${shown(Number(low.value))} to ${shown(Number(high.value))}`);
    const apply = () => {
      this.filter.low = Number(low.value) <= column.low ? -Infinity : Number(low.value);
      this.filter.high = Number(high.value) >= column.high - step ? Infinity : Number(high.value);
      tell();
      this.repaint();
    };
    low.addEventListener("input", apply);
    high.addEventListener("input", apply);
    tell();
    return h("div", { class: "field" }, low, high, told);
  }

  private weightSection(columns: Column[]): HTMLElement {
    const slot = h("div", { class: "field" });
    const show = () => {
      const column = columns.find((one) => one.name === this.weightBy);
      if (!column) fill(slot);
      else {
        const least = h("input", { type: "range", min: column.low, max: column.high, step: (column.high - column.low) / 200 || 1, value: Math.max(column.low, this.leastWeight), "aria-label": `Least ${column.name}` });
        const told = h("span", { class: "soft" }, `at least ${shown(Number(least.value))}`);
        least.addEventListener("input", () => {
          this.leastWeight = Number(least.value) <= column.low ? -Infinity : Number(least.value);
          told.textContent = `at least ${shown(Number(least.value))}`;
          this.repaint();
        });
        fill(slot, least, told);
      }
    };
    const pick = () => {
      this.weightBy = choice.value;
      this.leastWeight = -Infinity;
      show();
      this.repaint();
    };
    const choice = h("select", { "aria-label": "Weight of edges", onchange: pick }, option("", "all the same"), ...columns.map((column) => option(column.name, column.name, column.name === this.weightBy)));
    show();
    return h("section", {}, h("h2", {}, "Edges"), choice, slot);
  }

  private analysesSection(): HTMLElement {
    const one = (text: string, name: string, args: Record<string, unknown>) => h("button", { class: "row", onclick: () => void this.analyse(name, args, text) }, h("span", {}, text));
    return h(
      "section",
      {},
      h("h2", {}, "Analyses"),
      h(
        "div",
        {},
        one("Schema", "describe_graph", {}),
        one("Key figures", "measure_graph", {}),
        one("Most important nodes", "rank_nodes", { measure: "pagerank", limit: 25 }),
        one("Bridges between groups", "rank_nodes", { measure: "betweenness", limit: 25 }),
        one("Communities", "find_communities", { members: 5 }),
        one("Components", "find_components", { members: 5 }),
      ),
    );
  }

  private select(label: string, value: string, plain: [string, string][], groups: [string, [string, string][]][], change: (value: string) => void): HTMLElement {
    const choice = h("select", { onchange: () => change(choice.value) }, ...plain.map(([own, text]) => option(own, text, own === value)));
    for (const [title, options] of groups) {
      if (options.length > 0) choice.append(h("optgroup", { label: title }, ...options.map(([own, text]) => option(own, text, own === value))));
    }
    return h("label", {}, label, choice);
  }

  private by(value: string, set: (to: string) => void): void {
    void this.attempt(async () => {
      if (value.startsWith("m:")) await this.measure(value.slice(2));
      set(value);
      this.repaint();
      this.renderRight();
    });
  }

  private closer(title: string): HTMLElement {
    const close = h("button", { "aria-label": "Close", class: "icon", onclick: () => this.choose([]) }, "×");
    return h("div", { class: "bar-like check" }, h("h2", {}, title), h("span", { class: "soft" }), close);
  }

  private renderRight(): void {
    const nodes = this.selected();
    this.right.hidden = nodes.length === 0;
    if (nodes.length === 0) return;
    const [one, two] = nodes;
    const parts: (HTMLElement | false)[] = [this.closer(nodes.length === 1 ? this.title(one!) : `${nodes.length} ${this.model.clusters ? "communities" : "nodes"}`)];
    if (nodes.length === 1) parts.push(h("section", {}, this.facts(one!, 40)));
    const pathText = this.path.length > 0 && h("p", {}, `Path: ${this.path.length - 1} edges`);
    parts.push(
      h(
        "div",
        { class: "buttons" },
        nodes.length === 1 && h("button", { class: this.model.clusters ? "primary" : "", onclick: () => void this.expand(one!) }, this.model.clusters ? "Open" : "Expand"),
        !this.model.clusters && two !== undefined && nodes.length === 2 && h("button", { class: "primary", onclick: () => void this.findPath() }, "Find path"),
        h("button", { onclick: () => this.hide() }, "Hide"),
        this.backend.model && !this.model.clusters && h("button", { class: "primary", onclick: () => void this.tell() }, "Tell the model"),
      ),
    );
    if (pathText) parts.push(pathText);
    const listed = this.path.length > 0 ? this.path.map((key) => this.model.nodes.get(key)!) : nodes.length === 1 ? this.neighbours(one!) : nodes;
    const title = this.path.length > 0 ? "Nodes of the path" : nodes.length === 1 ? "Neighbours" : "Selected";
    parts.push(
      h(
        "section",
        {},
        h("h2", {}, title),
        h("div", {}, ...listed.slice(0, 100).map((node) => h("button", { class: "row", onclick: (event: MouseEvent) => this.go(node, event.shiftKey) }, h("span", {}, this.label(node) || this.title(node)), h("span", {}, String(node.degree))))),
        nodes.length === 1 && !this.model.clusters && h("p", { class: "soft" }, "Shift and click another node, then find the path between them."),
      ),
    );
    fill(this.right, ...parts);
  }

  private neighbours(node: Node): Node[] {
    return [...(this.model.near.get(node.key) ?? [])].map((key) => this.model.nodes.get(key)!).sort((a, b) => b.degree - a.degree);
  }

  /** Choose a node, and have it in sight. */
  go(node: Node, together = false): void {
    node.hidden = false;
    this.choose(together ? [...new Set([...this.chosen, node.key])] : [node.key]);
    this.scene.look(node, this.covered());
  }

  private facts(node: Node, most: number): HTMLElement {
    const rows: [string, string][] = [["degree", String(node.degree)]];
    for (const [name, score] of Object.entries(node.scores)) if (score !== null) rows.push([name, shown(score)]);
    for (const [name, value] of Object.entries(node.attributes)) rows.push([name, shown(value)]);
    return h("dl", {}, ...rows.slice(0, most + 1).flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]));
  }

  private hide(): void {
    const nodes = this.selected();
    for (const node of nodes) node.hidden = true;
    this.choose([]);
    this.say(`${nodes.length} nodes are hidden.`);
  }

  private unhide(): void {
    for (const node of this.model.nodes.values()) node.hidden = false;
    this.repaint();
    this.say("All nodes are shown.");
  }

  private search(): HTMLElement {
    const list = h("ul", { role: "listbox", id: "found", "aria-label": "Nodes that were found", hidden: true });
    const input = h("input", { type: "search", placeholder: "Search nodes", "aria-label": "Search nodes", role: "combobox", "aria-expanded": "false", "aria-controls": "found", autocomplete: "off" });
    let found: Node[] = [];
    let at = -1;
    const render = () => {
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", String(found.length > 0));
      fill(
        list,
        ...found.map((node, index) =>
          h("li", { role: "option", id: `found-${index}`, "aria-selected": String(index === at), onmousedown: (event: MouseEvent) => (event.preventDefault(), pick(node, event.shiftKey)) }, this.model.clusters ? this.title(node) : this.label(node) === String(node.id) || this.labelBy === "none" ? String(node.id) : `${this.label(node)} (${String(node.id)})`),
        ),
      );
      if (at >= 0) input.setAttribute("aria-activedescendant", `found-${at}`);
      else input.removeAttribute("aria-activedescendant");
    };
    const close = () => {
      found = [];
      at = -1;
      render();
    };
    const pick = (node: Node, together: boolean) => {
      input.value = "";
      close();
      this.go(node, together);
    };
    input.addEventListener("input", () => {
      found = this.model.search(input.value, FOUND);
      at = found.length > 0 ? 0 : -1;
      render();
    });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step !== 0 && found.length > 0) {
        event.preventDefault();
        at = (at + step + found.length) % found.length;
        render();
      } else if (event.key === "Enter" && found[at]) pick(found[at]!, event.shiftKey);
      else if (event.key === "Enter" && input.value.trim() && this.model.totalNodes > (this.model.clusters ? 0 : this.model.nodes.size)) void this.around(input.value.trim());
      else if (event.key === "Escape") close();
    });
    return h("div", { class: "search" }, input, list);
  }

  /** Where in the graph the picture is, with the way back, and the other way to see it. */
  private renderWay(): void {
    const all = this.model.totalNodes;
    const part = this.asked.around !== undefined || this.asked.nodes !== undefined;
    this.wayBox.hidden = this.way.length === 0 && !part && all < MANY;
    const steps = this.way.map((step, index) => h("button", { onclick: () => void this.goTo(this.way.slice(0, index + 1), "auto") }, step.name));
    const other = this.model.clusters ? "nodes" : "communities";
    fill(
      this.wayBox,
      h("button", { onclick: () => void this.goTo([], "auto") }, "All"),
      ...steps.flatMap((step) => [h("span", { "aria-hidden": "true" }, "›"), step]),
      !part && h("button", { class: "other", onclick: () => void this.goTo(this.way, other) }, `Show ${other}`),
    );
  }

  private notes(lines: string[]): void {
    fill(this.noteBox, ...lines.map((line) => h("p", {}, line)));
  }

  private say(text: string): void {
    this.spoken.textContent = text;
  }

  private async waiting<T>(text: string, work: Promise<T>): Promise<T> {
    this.status.className = "status";
    this.status.textContent = text;
    this.root.setAttribute("aria-busy", "true");
    try {
      return await work;
    } finally {
      this.status.textContent = "";
      this.root.removeAttribute("aria-busy");
    }
  }

  /** Run, and tell the user what failed. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.onFailure?.(error)) return;
      this.status.className = "status error";
      this.status.textContent = error instanceof Error ? error.message : String(error);
      setTimeout(() => {
        if (this.status.classList.contains("error")) this.status.textContent = "";
      }, 8_000);
    }
  }

  /** Whether somebody else sees to a failure. */
  onFailure: ((error: unknown) => boolean) | null = null;
}

/** What of a layout around a node is the node and its neighbours: those that are here, and some of the others. */
function near(layout: Layout, node: Node, model: Model): Layout {
  const center = layout.ids.findIndex((id) => keyOf(id) === node.key);
  const keep = new Set([center]);
  layout.source.forEach((source, index) => {
    const target = layout.target[index]!;
    if (source === center) keep.add(target);
    if (target === center) keep.add(source);
  });
  let room = EXPAND;
  const rows = [...keep].sort((a, b) => a - b).filter((row) => model.nodes.has(keyOf(layout.ids[row]!)) || room-- > 0);
  const place = new Map(rows.map((row, index) => [row, index]));
  const lines = layout.source.map((_, index) => index).filter((index) => place.has(layout.source[index]!) && place.has(layout.target[index]!));
  const pick = <T>(values: T[], some: number[]) => some.map((index) => values[index]!);
  const table = (columns: Layout["node_attributes"], some: number[]) => Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, pick(values, some)]));
  return {
    ...layout,
    ids: pick(layout.ids, rows),
    x: pick(layout.x, rows),
    y: pick(layout.y, rows),
    degree: pick(layout.degree, rows),
    community: pick(layout.community, rows),
    score: layout.score && pick(layout.score, rows),
    source: lines.map((index) => place.get(layout.source[index]!)!),
    target: lines.map((index) => place.get(layout.target[index]!)!),
    node_attributes: table(layout.node_attributes, rows),
    edge_attributes: table(layout.edge_attributes, lines),
  };
}

function cellText(cell: unknown): string {
  return Array.isArray(cell) ? cell.map(shown).join(", ") : cell === null ? "" : shown(cell);
}

function dot(color: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("class", "dot");
  drawing.setAttribute("viewBox", "0 0 10 10");
  drawing.setAttribute("aria-hidden", "true");
  const circle = document.createElementNS(space, "circle");
  for (const [name, value] of [["cx", "5"], ["cy", "5"], ["r", "5"], ["fill", color || PALETTE[0]!]] as const) circle.setAttribute(name, value);
  drawing.append(circle);
  return drawing;
}

/** The colours of the moment, from the style sheet. */
export function theme(): Theme {
  const own = getComputedStyle(document.documentElement);
  const value = (name: string) => own.getPropertyValue(name).trim();
  return { text: value("--text"), edge: value("--edge"), dim: value("--dim"), lit: value("--lit"), path: value("--path"), surface: value("--surface") };
}
