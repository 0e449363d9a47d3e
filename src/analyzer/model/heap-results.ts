/**
 * What the passes over a HeapGraph compute: values beside the graph, never inside it. Arrays are indexed by node unless
 * they say otherwise.
 */
import type { NodeId, NodeIndex, NodeTypeName } from './heap-graph.js';

/** Which edges keep their target alive: one bit an edge, edge e at bit e & 31 of word e >>> 5. Ask `retains`. */
export interface RetainingEdges {
  readonly bits: Uint32Array;
  /** One bit a node: reachable from the program's own roots (globals), not only from V8's. */
  readonly userOwned: Uint32Array;
}

/** For each node, the nodes that keep it alive: those of node n stand at first[n] … first[n + 1] of `node`. */
export interface Retainers {
  readonly first: Uint32Array;
  /** A node that holds another by several edges stands here several times. */
  readonly node: Uint32Array;
}

export interface Dominators {
  /** The nearest node through which every path from the root leads; the root (node 0) is its own. */
  readonly immediate: Uint32Array;
  /** Bytes that would be freed with the node: its own and those of every node it dominates. */
  readonly retainedBytes: Float64Array;
}

/** The cheapest way from a root to each node: a tree. Cheap is what a person would follow. */
export interface Paths {
  /** The edge by which the node is reached; `noEdge` for the root and for what cannot be reached. */
  readonly edge: Uint32Array;
  /** The node from which that edge comes. */
  readonly from: Uint32Array;
}
export const noEdge = 0xffff_ffff;

/** One step of a retaining path: by which edge, and what stands at its end. */
export interface PathStep {
  /** How the holder calls it: a property, a variable, an index, an entry of a Map. Empty for the first step. */
  readonly edge: string;
  readonly name: string;
  readonly type: NodeTypeName;
  readonly id: NodeId;
  readonly node: NodeIndex;
}

/** All nodes of one class. */
export interface HeapClass {
  readonly name: string;
  readonly count: number;
  readonly selfBytes: number;
  /** Of all of them together; what one holds inside another is counted once. */
  readonly retainedBytes: number;
}

export interface Classes {
  readonly list: readonly HeapClass[];
  /** For each node, the index of its class in `list`. */
  readonly classOf: Uint32Array;
}
