/**
 * Sets of node ids, as bits in pages that exist where there are ids. The ids of objects count up and stand close
 * together; those of native nodes are hashes of addresses and can be anything below 2^32.
 */
import type { HeapGraph } from '../model/heap-graph.js';

const pageBits = 12;
const pageMask = 0xfff;
const pageWords = 1 << (pageBits - 5);

/** Page p holds the bits of ids p << 12 … ; undefined where none is in the set. */
export interface IdSet {
  readonly pages: readonly (Uint32Array | undefined)[];
}

export const hasId = (set: IdSet, id: number): boolean => {
  const page = set.pages[id >>> pageBits];
  return page !== undefined && ((page[(id & pageMask) >>> 5] >>> (id & 31)) & 1) === 1;
};

/** The ids of all nodes of a graph. */
export const idsOf = ({ nodeId, nodeCount }: HeapGraph): IdSet => {
  const pages: (Uint32Array | undefined)[] = Array.from({ length: 1 << (32 - pageBits) });
  for (let node = 0; node < nodeCount; node++) {
    const id = nodeId[node];
    const page = (pages[id >>> pageBits] ??= new Uint32Array(pageWords));
    page[(id & pageMask) >>> 5] |= 1 << (id & 31);
  }
  return { pages };
};

/** The ids that are in all of the sets. */
export const intersectIds = (sets: readonly IdSet[]): IdSet => {
  const [first, ...rest] = sets;
  const pages = first.pages.map((page, p) => {
    const others = rest.map((set) => set.pages[p]);
    return page === undefined || others.includes(undefined)
      ? undefined
      : page.map((word, w) => others.reduce((all, other) => all & (other?.[w] ?? 0), word));
  });
  return { pages };
};

/** How many of the graph's nodes are in the set, 0 to 1. */
export const shareInSet = (graph: HeapGraph, set: IdSet): number => {
  let found = 0;
  for (let node = 0; node < graph.nodeCount; node++) if (hasId(set, graph.nodeId[node])) found++;
  return graph.nodeCount === 0 ? 0 : found / graph.nodeCount;
};

/** Finds nodes of one graph by id. */
export interface NodeLookup {
  /** The node with that id, or -1. */
  nodeOf(id: number): number;
}

/** A column of nodes for each page of ids: four bytes an id of the page, no hashing. */
export const createNodeLookup = ({ nodeId, nodeCount }: HeapGraph): NodeLookup => {
  const pages: (Int32Array | undefined)[] = Array.from({ length: 1 << (32 - pageBits) });
  for (let node = 0; node < nodeCount; node++) {
    const id = nodeId[node];
    const page = (pages[id >>> pageBits] ??= new Int32Array(1 << pageBits).fill(-1));
    page[id & pageMask] = node;
  }
  return { nodeOf: (id) => pages[id >>> pageBits]?.[id & pageMask] ?? -1 };
};
