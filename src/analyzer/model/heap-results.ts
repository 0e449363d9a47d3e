/**
 * What the passes over a HeapGraph compute: values beside the graph, never inside it. Arrays are indexed by node unless
 * they say otherwise.
 */
import type { Location } from './location.js';
import type { NodeTypeName } from './heap-graph.js';
import type { PathStep } from './path.js';

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
  /** All nodes in a walk down the tree of dominators: a node, then all that it dominates, then the next. By place in it, not by node. */
  readonly preorder: Uint32Array;
  /** By place in preorder: how many nodes the one there dominates, itself included. */
  readonly subtreeNodes: Uint32Array;
}

/** The cheapest way from a root to each node: a tree. Cheap is what a person would follow. */
export interface Paths {
  /** The edge by which the node is reached; `noEdge` for the root and for what cannot be reached. */
  readonly edge: Uint32Array;
  /** The node from which that edge comes. */
  readonly from: Uint32Array;
}
export const noEdge = 0xffff_ffff;

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

/** What most questions about a heap need. */
export interface HeapResults {
  readonly edges: RetainingEdges;
  readonly dominators: Dominators;
  readonly classes: Classes;
  readonly paths: Paths;
}

/** One object as reports show it. */
export interface HeapObject {
  /** V8's, printed as `@id`. */
  readonly id: number;
  readonly name: string;
  readonly type: NodeTypeName;
  readonly selfBytes: number;
  readonly retainedBytes: number;
  readonly path: readonly PathStep[];
  /** Where its function or its class is written; null where the snapshot or the scripts do not say. */
  readonly location: Location | null;
}

/** What holds it, or what it holds, and by which edge. */
export interface HeapLink {
  readonly label: string;
  /** V8's, printed as `@id`. */
  readonly id: number;
  readonly name: string;
  readonly type: NodeTypeName;
  readonly selfBytes: number;
  readonly retainedBytes: number;
}

export interface HeapSummary {
  readonly nodes: number;
  readonly edges: number;
  readonly selfBytes: number;
  readonly extraNativeBytes: number;
  /** Sorted as asked for, the first ones alone. */
  readonly classes: readonly (HeapClass & { readonly location: Location | null })[];
  readonly classCount: number;
  /** The objects that hold most, or, of one class, its biggest. */
  readonly dominators: readonly HeapObject[];
}

/** One object with what is around it. */
export interface HeapObjectDetail extends HeapObject {
  readonly retainers: readonly HeapLink[];
  readonly retainerCount: number;
  readonly contents: readonly HeapLink[];
  readonly contentCount: number;
}
