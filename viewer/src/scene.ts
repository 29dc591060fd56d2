// The picture: sigma draws what the model holds, with the colours, sizes and marks of the moment.
import Graph from "graphology";
import Sigma from "sigma";
import { extremityArrow, layerPlain, pathLine, pathLoop } from "sigma/rendering";
import { Labels, type Name } from "./labels";
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

/** How many pixels of the picture something covers, from the right and from below. */
export interface Covered {
  right: number;
  bottom: number;
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

/** What sigma reads of a node: an attribute of the picture for each, because it evaluates functions again at every hover and zoom. */
interface Own {
  x: number;
  y: number;
  size: number;
  /** While the pointer is on it. */
  large: number;
  color: string;
  visibility: "visible" | "hidden";
  depth: "topNodes" | "nodes";
  ground: string;
  backdrop: "visible" | "hidden";
}

interface Line {
  size: number;
  head: string;
  color: string;
  visibility: "visible" | "hidden";
  depth: "topEdges" | "edges";
}

/** Heads are as long as an edge is wide, so many times; those of thin edges are to be seen, too. */
const ARROWS = [arrow("thin", 9, 6.5), arrow("wide", 4, 3.2)];
/** Pixels from which an edge is wide. */
const WIDE = 1.8;
const PADDING = 48;
/** Of more marked nodes no name is written over another. */
const MOST_MARKED = 40;

function arrow(name: string, lengthRatio: number, widthRatio: number) {
  const made = extremityArrow({ lengthRatio, widthRatio });
  return { ...made, name, glsl: made.glsl.replaceAll(`extremity_${made.name}`, `extremity_${name}`) };
}

export class Scene {
  private sigma: Sigma | null = null;
  private graph = new Graph({ multi: false, allowSelfLoops: true, type: "directed" });
  /** The line of an edge, and the edge of a line. */
  private readonly lines = new Map<string, string>();
  private readonly edges = new Map<string, Edge>();
  private readonly labels = new Labels();
  /** Whose names are to be written, the most important first; the places are those of the last frame. */
  private named: { node: Node; size: number; text: string; marked: boolean; dim: boolean }[] = [];
  private hovered: Node | null = null;
  /** The names of the last frame, with their places. */
  written: ReturnType<Labels["draw"]> = [];

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
    this.named = [];
    this.hovered = null;
  }

  private build(): void {
    const of = (attribute: string) => ({ attribute });
    const hovered = (then: unknown, otherwise: string) => ({ whenState: "isHovered", then, else: of(otherwise) });
    const loops = [...this.model.edges.values()].some((edge) => edge.source === edge.target);
    this.sigma = new Sigma(this.graph as never, this.container, {
      primitives: {
        edges: {
          // With loops every edge is drawn in as many pieces as they are, and with arrows in three: a graph without them is drawn in a third of the time.
          paths: loops ? [pathLine(), pathLoop({ segments: 16 })] : [pathLine()],
          extremities: this.model.directed ? ARROWS : [],
          layers: [layerPlain()],
        },
      },
      styles: {
        nodes: {
          x: of("x"),
          y: of("y"),
          size: hovered(of("large"), "size"),
          color: of("color"),
          visibility: of("visibility"),
          depth: hovered("topNodes", "depth"),
          backdropVisibility: hovered("visible", "backdrop"),
          backdropColor: of("ground"),
          backdropShadowColor: "rgba(10, 20, 40, 0.35)",
          backdropShadowBlur: 10,
          backdropPadding: 4,
          cursor: "pointer",
        },
        edges: {
          size: of("size"),
          color: of("color"),
          visibility: of("visibility"),
          depth: of("depth"),
          head: of("head"),
        },
      } as never,
      settings: {
        itemSizesReference: "screen",
        gestureTarget: "graph",
        renderLabels: false,
        stagePadding: PADDING,
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
    const veil = this.model.edges.size > 6000 ? "44" : this.model.edges.size > 2000 ? "77" : this.model.edges.size > 500 ? "aa" : "";
    const steps = new Set<string>();
    for (let at = 1; at < path.length; at += 1) {
      const edge = this.model.edgeBetween(path[at - 1]!, path[at]!);
      if (edge) steps.add(edge.key);
    }
    // Past graphology's events: sigma answers each by evaluating all nodes or edges, and fails at one that it has not drawn yet.
    const marked = new Set([...chosen, ...path]);
    this.named = [];
    this.graph.forEachNode((key, own) => {
      const node = this.model.nodes.get(key)!;
      const dim = dimming && !bright.has(key);
      const size = look.size(node);
      if (!look.hidden(node)) this.named.push({ node, size, text: look.label(node), marked: marked.has(key), dim });
      Object.assign(own, {
        x: node.x,
        y: -node.y,
        size,
        large: size * 1.25,
        color: dim ? this.theme.dim : look.color(node),
        visibility: look.hidden(node) ? "hidden" : "visible",
        depth: marked.has(key) ? "topNodes" : "nodes",
        ground: this.theme.surface,
        backdrop: marked.has(key) ? "visible" : "hidden",
      } satisfies Own);
    });
    this.graph.forEachEdge((line, own) => {
      const edge = this.edges.get(line)!;
      const onPath = steps.has(edge.key);
      const size = onPath ? 4 : look.width(edge);
      const lit = !dimming || (path.length === 0 && (chosen.has(edge.source.key) || chosen.has(edge.target.key)));
      Object.assign(own, {
        visibility: look.hidden(edge.source) || look.hidden(edge.target) || look.hiddenEdge(edge) ? "hidden" : "visible",
        size,
        head: !this.model.directed ? "none" : size < WIDE ? "thin" : "wide",
        color: onPath ? this.theme.path : lit ? (dimming ? this.theme.lit : this.theme.edge + veil) : this.theme.dim + veil,
        depth: onPath ? "topEdges" : "edges",
      } satisfies Line);
    });
    this.named.sort((a, b) => Number(b.marked) - Number(a.marked) || b.size - a.size);
    if (this.sigma) this.sigma.refresh();
    else this.build();
  }

  /** Write the names over what sigma has just drawn. */
  private label(): void {
    const sigma = this.sigma!;
    const { width, height } = sigma.getDimensions();
    const [o, i, j] = [sigma.graphToViewport({ x: 0, y: 0 }), sigma.graphToViewport({ x: 1, y: 0 }), sigma.graphToViewport({ x: 0, y: 1 })];
    const scale = sigma.scaleSize(1);
    const few = this.named.filter((one) => one.marked).length <= MOST_MARKED;
    const names: Name[] = [];
    for (const { node, size, text, marked, dim } of this.named) {
      const hovered = node === this.hovered;
      const x = o.x + node.x * (i.x - o.x) - node.y * (j.x - o.x);
      const y = o.y + node.x * (i.y - o.y) - node.y * (j.y - o.y);
      names.push({ x, y, radius: size * scale * (hovered ? 1.25 : 1), text: dim && !hovered ? "" : text, marked: hovered || (marked && few) });
    }
    this.written = this.labels.draw(names, width, height, this.theme);
  }

  /** Add the nodes and edges of the model that are not in the picture. */
  private bring(): void {
    for (const node of this.model.nodes.values()) {
      if (!this.graph.hasNode(node.key)) this.graph.addNode(node.key, { x: node.x, y: -node.y });
    }
    for (const edge of this.model.edges.values()) {
      if (this.lines.has(edge.key)) continue;
      const line = this.graph.addEdge(edge.source.key, edge.target.key);
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
  frame(nodes: Node[], covered: Covered): void {
    const places = nodes.map((node) => this.sigma?.getNodeDisplayData(node.key)).filter((data) => data !== undefined);
    if (places.length === 0) return;
    const xs = places.map((place) => place.x);
    const ys = places.map((place) => place.y);
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const { width, height } = this.sigma!.getDimensions();
    const free = Math.max(0.2, Math.min(1 - covered.right / width, 1 - covered.bottom / height));
    this.move({ x: (left + right) / 2, y: (low + high) / 2 }, Math.min(2, Math.max(0.25, (1.6 * Math.max(right - left, high - low)) / free)), covered);
  }

  /** Bring a node to the middle, near enough to be read. */
  look(node: Node, covered: Covered): void {
    const data = this.sigma?.getNodeDisplayData(node.key);
    if (data && this.camera) this.move(data, Math.min(this.camera.ratio, 0.5), covered);
  }

  /** Have a place in the middle of what is not covered. */
  private move(to: { x: number; y: number }, ratio: number, covered: Covered): void {
    const camera = this.camera!;
    const off = this.distance({ x: covered.right / 2, y: covered.bottom / 2 }, ratio);
    void camera.animate({ x: to.x + off.x, y: to.y + off.y, ratio }, { duration: 300 });
  }

  /** Pixels in the camera's units. */
  private distance(pixels: { x: number; y: number }, ratio: number): { x: number; y: number } {
    const cameraState = { ...this.camera!.getState(), ratio };
    const [zero, off] = [{ x: 0, y: 0 }, pixels].map((point) => this.sigma!.viewportToFramedGraph(point, { cameraState }));
    return { x: off!.x - zero!.x, y: off!.y - zero!.y };
  }

  /** Move the picture where a node is below what covers it. */
  uncover(node: Node, covered: Covered): void {
    const at = this.where(node);
    if (!at || !this.camera) return;
    const { width, height } = this.sigma!.getDimensions();
    const over = { x: Math.max(0, at.x - (width - covered.right - 40)), y: Math.max(0, at.y - (height - covered.bottom - 40)) };
    if (over.x === 0 && over.y === 0) return;
    const off = this.distance(over, this.camera.ratio);
    void this.camera.animate({ x: this.camera.x + off.x, y: this.camera.y + off.y }, { duration: 200 });
  }

  /** Pixels of the square that the whole picture fills. */
  get side(): number {
    return Math.max(100, Math.min(this.container.clientWidth, this.container.clientHeight) - 2 * PADDING);
  }

  /** Where a node is on the screen. */
  where(node: Node): { x: number; y: number } | null {
    return this.sigma?.graphToViewport({ x: node.x, y: -node.y }) ?? null;
  }

  /** The frame has another size: it is taken at the next frame, however often this is said before. */
  resize(): void {
    this.sigma?.scheduleRender();
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
        context.drawImage(this.labels.canvas, 0, 0, canvas.width, canvas.height);
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
    const hover = (found: Node | null, x: number, y: number) => {
      this.hovered = found;
      this.events.hover(found, x, y);
    };
    this.container.append(this.labels.canvas);
    this.label();
    sigma.on("afterRender", () => this.label());
    sigma.on("enterNode", ({ node: key, event }) => hover(node(key), event.x, event.y));
    sigma.on("leaveNode", () => hover(null, 0, 0));
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
