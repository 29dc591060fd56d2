// What the viewer asks for: the same whether a host passes it on (MCP App) or the page calls the server itself.

export type Id = string | number;
export type Value = string | number | boolean | null;

/** What GET /graphs/{id}/layout answers. Lists of nodes, and of edges, are parallel. */
export interface Layout {
  /** What are nodes here are communities of nodes: their number is their id. */
  clusters: boolean;
  directed: boolean;
  total_nodes: number;
  total_edges: number;
  layout: string;
  seed: number;
  weight: string | null;
  measure: string | null;
  ids: Id[];
  x: number[];
  y: number[];
  degree: number[];
  community: number[];
  score: (number | null)[] | null;
  source: number[];
  target: number[];
  node_attributes: Record<string, Value[]>;
  edge_attributes: Record<string, Value[]>;
  notes: string[];
}

/** The arguments of view_graph. */
export interface Asked {
  layout?: string;
  seed?: number;
  weight?: string;
  measure?: string;
  around?: Id;
  nodes?: Id[];
  /** The number of a community, of one within it, and so on. */
  community?: number[];
  form?: "auto" | "nodes" | "communities";
  limit?: number;
}

export interface Summary {
  graph_id: string;
  nodes: number;
  edges: number;
  directed: boolean;
  description?: string;
}

export interface ToolResult {
  content?: { type: string; text?: string }[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
  _meta?: Record<string, unknown>;
}

export interface Backend {
  /** Whether a model listens: what is selected can be told to it. */
  readonly model: boolean;
  layout(graphId: string, asked: Asked): Promise<Layout>;
  tool(name: string, args: Record<string, unknown>): Promise<ToolResult>;
  tell(text: string, structured: Record<string, unknown>): Promise<void>;
  save(name: string, picture: Blob): Promise<void>;
}

export class Failed extends Error {}

/** The layout in an answer of view_graph: gzip as base64, in `_meta`, where no model reads it. */
export async function unpacked(result: ToolResult): Promise<Layout> {
  const text = result._meta?.["networkx-mcp/document"];
  if (typeof text !== "string") throw new Failed(words(result) || "The host did not pass the graph's data on.");
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Layout;
}

export function words(result: ToolResult): string {
  return (result.content ?? []).map((part) => part.text ?? "").join("\n");
}

/** The result, unless it is an error. */
export function sound(result: ToolResult): ToolResult {
  if (result.isError) throw new Failed(words(result));
  return result;
}

export function download(name: string, picture: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(picture);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
