/**
 * The results of passes over a HeapGraph: values beside the graph, never inside it. Arrays are indexed by node unless their
 * comments say otherwise.
 */
import type { Location } from './location.js';
import type { NodeTypeName } from './heap-graph.js';
import type { PathStep } from './path.js';

/** Which edges keep their target alive: one bit per edge: edge e at bit e & 31 of word e >>> 5. Use `retains` to read it. */
export interface RetainingEdges {
  readonly bits: Uint32Array;
  /** One bit per node: set if it is reachable from the program's own roots (globals), not only from V8's own. */
  readonly userOwned: Uint32Array;
}

/** Bytes by node: float64 only if one of them needs more than 32 bits. */
export type Sizes = Uint32Array | Float64Array;

/** For each node, the nodes that keep it alive: those of node n are at first[n] … first[n + 1] of `node`. */
export interface Retainers {
  readonly first: Uint32Array;
  /** A node that holds another by several edges is listed several times. */
  readonly node: Uint32Array;
}

export interface Dominators {
  /** The nearest node through which every path from the root leads; the root (node 0) is its own. */
  readonly immediate: Uint32Array;
  /** Bytes that would be freed with the node: its own and those of every node it dominates. */
  readonly retainedBytes: Sizes;
  /**
   * All nodes in preorder of the dominator tree: a node, then everything that it dominates, then the next. Indexed by
   * position in that order, not by node.
   */
  readonly preorder: Uint32Array;
  /** By position in `preorder`: how many nodes the one at that position dominates, itself included. */
  readonly subtreeNodes: Uint32Array;
}

/**
 * The cheapest path from a root to each node, as a tree. Costs are chosen so that the cheapest path is the one a person
 * would follow.
 */
export interface Paths {
  /** The edge by which the node is reached; `noEdge` for the root and for unreachable nodes. */
  readonly edge: Uint32Array;
  /** The source node of that edge. */
  readonly from: Uint32Array;
}
export const noEdge = 0xffff_ffff;

/** All nodes of one class. */
export interface HeapClass {
  readonly name: string;
  readonly count: number;
  readonly selfBytes: number;
  /** The retained size of all of them together; an object inside another is counted once. */
  readonly retainedBytes: number;
}

export interface Classes {
  readonly list: readonly HeapClass[];
  /** For each node, the index of its class in `list`. */
  readonly classOf: Uint32Array;
}

/** For each class in `Classes.list`, its nodes that retain most, biggest first: those of class c are at first[c] … first[c + 1]. */
export interface LargestOfClasses {
  readonly first: Uint32Array;
  readonly nodes: Uint32Array;
}

/** The results that most questions about a heap need. */
export interface HeapResults {
  readonly edges: RetainingEdges;
  readonly dominators: Dominators;
  readonly classes: Classes;
  readonly paths: Paths;
}

/** What an index keeps of a heap, so that nothing has to be computed when the snapshot is opened again. */
export interface StoredResults extends HeapResults {
  /** Bytes of the whole heap. */
  readonly totalBytes: number;
  /** The biggest objects, see biggest.ts. */
  readonly biggest: Uint32Array;
  /** For each class in `classes.list`, the node of it that retains most. */
  readonly biggestOfClass: Uint32Array;
  readonly largest: LargestOfClasses;
  /** For each class, where it is in the source. */
  readonly places: readonly (Location | null)[];
  /** The first rows of the report. */
  readonly rows: readonly HeapRow[];
}

/** One object as reports show it. */
export interface HeapObject {
  /** V8's id, printed as `@id`. */
  readonly id: number;
  readonly name: string;
  readonly type: NodeTypeName;
  readonly selfBytes: number;
  readonly retainedBytes: number;
  readonly path: readonly PathStep[];
  /** Where its function or its class is in the source; null if neither the snapshot nor the scripts say. */
  readonly location: Location | null;
}

/** A retainer of an object, or an object that it holds, and the edge between them. */
export interface HeapLink {
  readonly label: string;
  /** V8's id, printed as `@id`. */
  readonly id: number;
  readonly name: string;
  readonly type: NodeTypeName;
  readonly selfBytes: number;
  readonly retainedBytes: number;
}

/** One object as an example of all that have its class and are held in the same way. */
export interface HeapRow extends HeapObject {
  /** How many they are; 1 if no other is like it. */
  readonly count: number;
  /** What all of them retain together. */
  readonly totalBytes: number;
}

export interface HeapSummary {
  readonly nodes: number;
  readonly edges: number;
  readonly selfBytes: number;
  readonly extraNativeBytes: number;
  /** Sorted as requested; only the first ones. */
  readonly classes: readonly (HeapClass & { readonly location: Location | null })[];
  readonly classCount: number;
  /**
   * The objects with the largest retained size, those that are alike as one; if a class was asked for, its largest objects.
   */
  readonly dominators: readonly HeapRow[];
}

/** One object with its retainers and what it holds. */
export interface HeapObjectDetail extends HeapObject {
  readonly retainers: readonly HeapLink[];
  readonly retainerCount: number;
  readonly contents: readonly HeapLink[];
  readonly contentCount: number;
}
