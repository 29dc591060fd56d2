// The names on the picture, by the browser's own text: it writes from right to left, joins letters and knows emoji, which sigma,
// that draws letter by letter, does not. No name covers another; those of larger nodes go first.

export interface Name {
  /** Middle and radius of its node, in pixels. */
  x: number;
  y: number;
  radius: number;
  text: string;
  /** Always there, and over all others. */
  marked: boolean;
}

export interface Ink {
  text: string;
  surface: string;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const [PLAIN, MARKED] = [12, 14];
/** Nodes in sight up to which every name is tried, and how many names are written beyond. */
const FEW = 150;
const MANY = 60;
/** Room that names keep from each other. */
const [ASIDE, BELOW] = [4, 1];
/** Radii from which a disc is large, and from which it may hold its name. */
const [LARGE, WIDE] = [12, 24];
const CELL = 64;

export class Labels {
  readonly canvas = document.createElement("canvas");
  private readonly context = this.canvas.getContext("2d");
  private readonly widths = new Map<string, number>();

  constructor() {
    this.canvas.style.cssText = "position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none";
  }

  /** Write the names of `all`, the most important first, over a picture of this size. What was written, with its place. */
  draw(all: Name[], width: number, height: number, ink: Ink): (Name & Box)[] {
    const context = this.context;
    if (!context) return [];
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) Object.assign(this.canvas, { width: wide, height: high });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const seen = all.filter((name) => name.x > -20 && name.y > -20 && name.x < width + 20 && name.y < height + 20);
    // What lies under a name is still seen if it is small. On a large disc a name is taken for that of the disc.
    const [discs, large] = [new Grid(), new Grid()];
    for (const { x, y, radius } of seen) {
      // The square within the disc: its corners are free.
      const half = radius * 0.75;
      const square = { left: x - half, right: x + half, top: y - half, bottom: y + half };
      if (radius >= LARGE) large.add(square);
      else if (radius >= 4) discs.add(square);
    }
    const taken = new Grid();
    const written: (Name & Box)[] = [];
    let room = seen.length <= FEW ? FEW : MANY;
    const frame: Box = { left: 2, top: 2, right: width - 2, bottom: height - 2 };
    for (const name of [...seen.filter((one) => one.marked), ...seen.filter((one) => !one.marked)]) {
      if (!name.text || (room <= 0 && !name.marked)) continue;
      const box = this.place(name, frame, taken, discs, large);
      if (!box) continue;
      taken.add(box);
      written.push({ ...name, ...box });
      room -= 1;
    }
    // Those that are marked come last, so that they are over all.
    for (const one of [...written].reverse()) this.write(context, one, ink);
    return written;
  }

  /** On its node where that is wide enough, else beside, above or below it: where no name is, and few nodes are. */
  private place(name: Name, frame: Box, taken: Grid, discs: Grid, large: Grid): Box | null {
    const size = name.marked ? MARKED : PLAIN;
    const [w, h] = [this.width(name.text, name.marked), size + 3];
    const off = name.radius + 3;
    const places: [number, number][] = [];
    const own = name.radius >= WIDE && w < name.radius * 1.8;
    if (own) places.push([name.x - w / 2, name.y - h / 2]);
    places.push(
      [name.x + off, name.y - h / 2],
      [name.x - off - w, name.y - h / 2],
      [name.x - w / 2, name.y - off - h + 2],
      [name.x - w / 2, name.y + off - 2],
    );
    let best: Box | null = null;
    let least = Infinity;
    for (const [at, [left, top]] of places.entries()) {
      const box = { left, top, right: left + w, bottom: top + h };
      const over = own && at === 0 ? 0 : large.count(box);
      const outside = box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom;
      if (!name.marked && (outside || over > 0 || taken.count({ left: left - ASIDE, right: box.right + ASIDE, top: top - BELOW, bottom: box.bottom + BELOW }) > 0)) continue;
      const worth = (outside ? 1000 : 0) + taken.count(box) * 100 + over * 10 + discs.count(box);
      if (worth < least) [best, least] = [box, worth];
    }
    return best;
  }

  private width(text: string, marked: boolean): number {
    const key = `${marked ? "m" : "p"}${text}`;
    let found = this.widths.get(key);
    if (found === undefined) {
      this.context!.font = font(marked);
      found = this.context!.measureText(text).width;
      if (this.widths.size > 20_000) this.widths.clear();
      this.widths.set(key, found);
    }
    return found;
  }

  private write(context: CanvasRenderingContext2D, one: Name & Box, ink: Ink): void {
    context.font = font(one.marked);
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.strokeStyle = ink.surface;
    context.lineWidth = one.marked ? 5 : 3;
    context.fillStyle = ink.text;
    const y = (one.top + one.bottom) / 2;
    context.strokeText(one.text, one.left, y);
    context.fillText(one.text, one.left, y);
  }
}

const font = (marked: boolean): string => (marked ? `600 ${MARKED}px ${FONT}` : `${PLAIN}px ${FONT}`);

/** Boxes, found by where they are. */
class Grid {
  private readonly cells = new Map<number, Box[]>();

  add(box: Box): void {
    for (const cell of cells(box)) {
      const here = this.cells.get(cell);
      if (here) here.push(box);
      else this.cells.set(cell, [box]);
    }
  }

  /** How many boxes lie over this one. */
  count(box: Box): number {
    const found = new Set<Box>();
    for (const cell of cells(box)) {
      for (const other of this.cells.get(cell) ?? []) {
        if (other.left < box.right && other.right > box.left && other.top < box.bottom && other.bottom > box.top) found.add(other);
      }
    }
    return found.size;
  }
}

function* cells(box: Box): Generator<number> {
  for (let x = Math.floor(box.left / CELL); x <= Math.floor(box.right / CELL); x += 1) {
    for (let y = Math.floor(box.top / CELL); y <= Math.floor(box.bottom / CELL); y += 1) yield x * 65_536 + y;
  }
}
