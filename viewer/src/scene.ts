// The picture: sigma draws what the model holds, with the colours, sizes and marks of the moment.
import Graph from "graphology";
import Sigma from "sigma";
import { extremityArrow, layerPlain, pathLine, pathLoop } from "sigma/rendering";
import type { Edge, Model, Node } from "./model";

export interface Look {
  color: (node: Node) => string;
  size: (node: Node) => number;
  label: (node: Node) => string;
  width: (edge: Edge) => number;
  hidden: (node: Node) => boolean;
  hiddenEdge: (edge: Edge) => boolean;
}

export interface Events {
  hover(node: Node | null, x: number, y: number): void;
  click(node: Node | null, together: boolean): void;
  open(node: Node): void;
}

export interface Theme {
  text: string;
  edge: string;
  dim: string;
  /** Edges of what is chosen. */
  lit: string;
  path: string;
  surface: string;
}

interface Own {
  x: number;
  y: number;
  size: number;
  color: string;
  label: string;
  hidden: boolean;
  dim: boolean;
  chosen: boolean;
}

interface Line {
  size: number;
  color: string;
  hidden: boolean;
  path: boolean;
}

const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

export class Scene {
  private sigma: Sigma | null = null;
  private graph = new Graph({ multi: false, allowSelfLoops: true, type: "directed" });
  /** The line of an edge, and the edge of a line. */
  private readonly lines = new Map<string, string>();
  private readonly edges = new Map<string, Edge>();

  constructor(
    private readonly container: HTMLElement,
    private readonly model: Model,
    private readonly events: Events,
    private theme: Theme,
  ) {}

  get ready(): boolean {
    return this.sigma !== null;
  }

  retheme(theme: Theme): void {
    this.theme = theme;
  }

  /** Forget what was drawn: the next paint begins with an empty picture. */
  reset(): void {
    this.sigma?.kill();
    this.sigma = null;
    this.graph = new Graph({ multi: false, allowSelfLoops: true, type: "directed" });
    this.lines.clear();
    this.edges.clear();
  }

  private build(): void {
    const size = (attributes: Own) => attributes.size;
    this.sigma = new Sigma(this.graph as never, this.container, {
      primitives: {
        edges: {
          paths: [pathLine(), pathLoop()],
          extremities: [extremityArrow({ lengthRatio: 4.5, widthRatio: 3.2 })],
          layers: [layerPlain()],
          defaultHead: this.model.directed ? "arrow" : "none",
        },
      },
      styles: {
        nodes: {
          x: { attribute: "x" },
          y: { attribute: "y" },
          size: ((attributes: Own, state: { isHovered: boolean }) => size(attributes) * (state.isHovered ? 1.25 : 1)) as never,
          color: ((attributes: Own) => (attributes.dim ? this.theme.dim : attributes.color)) as never,
          label: ((attributes: Own) => (attributes.dim ? "" : attributes.label)) as never,
          labelColor: (() => this.theme.text) as never,
          labelFont: FONT,
          labelSize: ((attributes: Own) => (attributes.chosen ? 14 : 12)) as never,
          labelVisibility: ((attributes: Own, state: { isHovered: boolean }) => (attributes.chosen || state.isHovered ? "visible" : "auto")) as never,
          visibility: ((attributes: Own) => (attributes.hidden ? "hidden" : "visible")) as never,
          depth: ((attributes: Own, state: { isHovered: boolean }) => (attributes.chosen || state.isHovered ? "topNodes" : "nodes")) as never,
          backdropVisibility: ((attributes: Own, state: { isHovered: boolean }) => (attributes.chosen || state.isHovered ? "visible" : "hidden")) as never,
          backdropColor: (() => this.theme.surface) as never,
          backdropShadowColor: "rgba(10, 20, 40, 0.35)",
          backdropShadowBlur: 10,
          backdropPadding: 4,
          cursor: "pointer",
        },
        edges: {
          size: { attribute: "size" },
          color: { attribute: "color" },
          visibility: ((attributes: Line) => (attributes.hidden ? "hidden" : "visible")) as never,
          depth: ((attributes: Line) => (attributes.path ? "topEdges" : "edges")) as never,
          head: this.model.directed ? "arrow" : "none",
        },
      } as never,
      settings: {
        itemSizesReference: "screen",
        gestureTarget: "graph",
        labelDensity: 0.9,
        labelGridCellSize: 90,
        labelRenderedSizeThreshold: 4,
        stagePadding: 48,
        minEdgeThickness: 0.6,
        minCameraRatio: 0.02,
        maxCameraRatio: 4,
        autoRescale: true,
        allowInvalidContainer: true,
      },
    });
    this.listen();
  }

  /** Draw the model as it is now, by `look`; `chosen` and what is next to them stay bright, `path` is drawn over all. */
  paint(look: Look, chosen: Set<string>, path: string[]): void {
    this.bring();
    const bright = new Set(chosen);
    // A path is looked at by itself.
    if (path.length === 0) for (const key of chosen) for (const near of this.model.near.get(key) ?? []) bright.add(near);
    for (const key of path) bright.add(key);
    const dimming = bright.size > 0;
    // Where edges cover each other, what is below shows through.
    const veil = this.model.edges.size > 2000 ? "66" : this.model.edges.size > 500 ? "aa" : "";
    const steps = new Set<string>();
    for (let at = 1; at < path.length; at += 1) {
      const edge = this.model.edgeBetween(path[at - 1]!, path[at]!);
      if (edge) steps.add(edge.key);
    }
    // Past graphology's events: sigma answers each by evaluating all nodes or edges, and fails at one that it has not drawn yet.
    this.graph.forEachNode((key, attributes) => {
      const node = this.model.nodes.get(key)!;
      Object.assign(attributes, {
        x: node.x,
        y: -node.y,
        color: look.color(node),
        size: look.size(node),
        label: look.label(node),
        hidden: look.hidden(node),
        dim: dimming && !bright.has(key),
        chosen: chosen.has(key) || path.includes(key),
      });
    });
    this.graph.forEachEdge((line, attributes) => {
      const edge = this.edges.get(line)!;
      const onPath = steps.has(edge.key);
      const lit = !dimming || (path.length === 0 && (chosen.has(edge.source.key) || chosen.has(edge.target.key)));
      Object.assign(attributes, {
        hidden: look.hidden(edge.source) || look.hidden(edge.target) || look.hiddenEdge(edge),
        size: onPath ? 4 : look.width(edge),
        color: onPath ? this.theme.path : lit ? (dimming ? this.theme.lit : this.theme.edge + veil) : this.theme.dim + veil,
        path: onPath,
      });
    });
    if (this.sigma) this.sigma.refresh();
    else this.build();
  }

  /** Add the nodes and edges of the model that are not in the picture. */
  private bring(): void {
    for (const node of this.model.nodes.values()) {
      if (!this.graph.hasNode(node.key)) this.graph.addNode(node.key, { x: node.x, y: -node.y, size: 4, color: this.theme.dim, label: "", hidden: false, dim: false, chosen: false });
    }
    for (const edge of this.model.edges.values()) {
      if (this.lines.has(edge.key)) continue;
      const line = this.graph.addEdge(edge.source.key, edge.target.key, { size: 1, color: this.theme.edge, hidden: false, path: false });
      this.lines.set(edge.key, line);
      this.edges.set(line, edge);
    }
  }

  zoom(factor: number): void {
    void (factor > 1 ? this.camera?.zoomIn({ factor, duration: 150 }) : this.camera?.zoomOut({ factor: 1 / factor, duration: 150 }));
  }

  fit(): void {
    void this.camera?.reset({ duration: 250 });
  }

  pan(x: number, y: number): void {
    const camera = this.camera;
    if (!camera) return;
    camera.setState({ x: camera.x + x * 0.08 * camera.ratio, y: camera.y + y * 0.08 * camera.ratio });
  }

  /** Have some nodes in sight, all of them. */
  frame(nodes: Node[]): void {
    const places = nodes.map((node) => this.sigma?.getNodeDisplayData(node.key)).filter((data) => data !== undefined);
    if (places.length === 0) return;
    const xs = places.map((place) => place.x);
    const ys = places.map((place) => place.y);
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const ratio = Math.min(1, Math.max(0.25, 1.6 * Math.max(right - left, high - low)));
    void this.camera?.animate({ x: (left + right) / 2, y: (low + high) / 2, ratio }, { duration: 300 });
  }

  /** Bring a node to the middle, near enough to be read. */
  look(node: Node): void {
    const data = this.sigma?.getNodeDisplayData(node.key);
    if (data) void this.camera?.animate({ x: data.x, y: data.y, ratio: Math.min(this.camera.ratio, 0.5) }, { duration: 300 });
  }

  /** Where a node is on the screen. */
  where(node: Node): { x: number; y: number } | null {
    return this.sigma?.graphToViewport({ x: node.x, y: -node.y }) ?? null;
  }

  resize(): void {
    this.sigma?.resize();
    this.sigma?.refresh();
  }

  /** The picture as it is seen. */
  picture(background: string): Promise<Blob> {
    return new Promise((done, failed) => {
      const sigma = this.sigma;
      if (!sigma) return failed(new Error("nothing is drawn"));
      // What WebGL drew is there until the browser shows it: it is copied within the same task.
      sigma.once("afterRender", () => {
        const from = sigma.getStageCanvas();
        const canvas = document.createElement("canvas");
        canvas.width = from.width;
        canvas.height = from.height;
        const context = canvas.getContext("2d");
        if (!context) return failed(new Error("this browser draws no pictures"));
        context.fillStyle = background;
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.drawImage(from, 0, 0);
        canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("the picture is too large"))), "image/png");
      });
      sigma.refresh();
    });
  }

  private get camera() {
    return this.sigma?.getCamera();
  }

  private listen(): void {
    const sigma = this.sigma!;
    const node = (key: string) => this.model.nodes.get(key) ?? null;
    sigma.on("enterNode", ({ node: key, event }) => this.events.hover(node(key), event.x, event.y));
    sigma.on("leaveNode", () => this.events.hover(null, 0, 0));
    sigma.on("clickNode", ({ node: key, event }) => {
      const original = event.original as MouseEvent;
      this.events.click(node(key), original.shiftKey || original.ctrlKey || original.metaKey);
    });
    sigma.on("clickStage", () => this.events.click(null, false));
    sigma.on("doubleClickNode", ({ node: key, event }) => {
      event.preventSigmaDefault();
      const found = node(key);
      if (found) this.events.open(found);
    });
  }
}
