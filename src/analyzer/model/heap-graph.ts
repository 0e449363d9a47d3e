/**
 * One parsed heap snapshot, in columns: one typed array per field, no object per node or edge. Never changed after reading;
 * results of passes are stored beside it. Inside a graph a node is its index; outside it is V8's id, which the same object
 * keeps from snapshot to snapshot and which is printed as `@id`.
 */

/** memwatch's own numbers for V8's node types. A snapshot's header names its types; the reader maps them by name. */
export const nodeTypes = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
  'concatenated string',
  'sliced string',
  'symbol',
  'bigint',
  'object shape',
  'wasm object',
  'unknown',
] as const;
export type NodeTypeName = (typeof nodeTypes)[number];

/**
 * memwatch's own numbers for V8's edge types. `context`, `property`, `internal`, `shortcut` and `weak` have a name;
 * `element` and `hidden` have an index.
 */
export const edgeTypes = [
  'context',
  'element',
  'property',
  'internal',
  'hidden',
  'shortcut',
  'weak',
  'unknown',
] as const;
export type EdgeTypeName = (typeof edgeTypes)[number];

/** Strings as they were read, including their quotes: plain values, from which another thread can build the same table. */
export interface StringPages {
  readonly pages: readonly Uint8Array[];
  /** The index of the first string of each page. */
  readonly firstOfPage: readonly number[];
  /** The position of each string's quote in its page. */
  readonly starts: Uint32Array;
  readonly count: number;
}

/** The strings of a snapshot, stored as bytes and decoded when asked for. */
export interface StringTable {
  readonly written: StringPages;
  readonly count: number;
  /** The string with that index; V8 cuts strings at 1,024 characters. */
  get(index: number): string;
  /** The index of a string, or -1. For looking a name up once before a loop. */
  indexOf(text: string): number;
  /** The indexes of all strings that contain this ASCII text; other strings are not decoded. */
  containing(text: string): number[];
}

/**
 * Where functions, classes and generators are in the source, by node: sorted by node index, found by bisection. 0-based, as
 * V8 writes it.
 */
export interface NodePositions {
  readonly nodes: Uint32Array;
  readonly scriptIds: Uint32Array;
  readonly lines: Uint32Array;
  readonly columns: Uint32Array;
}

export interface HeapGraph {
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** For each node: index into `nodeTypes`. */
  readonly nodeType: Uint8Array;
  /** For each node: index of its name in `strings`. */
  readonly nodeName: Uint32Array;
  /** For each node: V8's id. */
  readonly nodeId: Uint32Array;
  /** For each node: its self size in bytes. float64 only if a size needs more than 32 bits: V8 writes such sizes. */
  readonly selfBytes: Uint32Array | Float64Array;
  /**
   * For each node: its first edge; one more entry ends the last node's edges. The edges of node n are firstEdge[n] …
   * firstEdge[n + 1].
   */
  readonly firstEdge: Uint32Array;
  /** For each edge: index into `edgeTypes`. */
  readonly edgeType: Uint8Array;
  /** For each edge: index of its name in `strings`, or the element's number (see `edgeTypes`). */
  readonly edgeName: Uint32Array;
  /** For each edge: the index of the node it points to. */
  readonly edgeTarget: Uint32Array;
  readonly strings: StringTable;
  readonly positions: NodePositions;
  /** The nodes that V8 marks as detached: DOM nodes that no page shows, native objects that Node no longer uses. */
  readonly detached: ReadonlySet<number>;
  /** Bytes outside V8's heap that are in no node, as V8 reports them; 0 if the snapshot does not say. */
  readonly extraNativeBytes: number;
}

/** The name of a node's type. */
export const nodeTypeName = (graph: HeapGraph, node: number): NodeTypeName =>
  nodeTypes[graph.nodeType[node]] ?? 'unknown';
/** The name of an edge's type. */
export const edgeTypeName = (graph: HeapGraph, edge: number): EdgeTypeName =>
  edgeTypes[graph.edgeType[edge]] ?? 'unknown';
/** A node's name as V8 wrote it: a class, a function's name, a string's text. */
export const nodeName = (graph: HeapGraph, node: number): string => graph.strings.get(graph.nodeName[node]);
/** An edge's name, or its index as a decimal number. */
export const edgeName = (graph: HeapGraph, edge: number): string => {
  const type = edgeTypeName(graph, edge);
  return type === 'element' || type === 'hidden'
    ? String(graph.edgeName[edge])
    : graph.strings.get(graph.edgeName[edge]);
};
