/**
 * Sets of node ids, as bits in pages that exist where there are ids. The ids of objects count up and stand close
 * together; those of native nodes are hashes of addresses and can be anything below 2^32.
 */
import type { HeapGraph } from '../model/heap-graph.js';

const pageBits = 12;
const pageMask = 0xfff;
const pageWords = 1 << (pageBits - 5);

/** Page p holds the bits of ids p << 12 …; only pages that hold any: there could be a million. */
export interface IdSet {
  readonly pages: ReadonlyMap<number, Uint32Array>;
}

export const hasId = (set: IdSet, id: number): boolean => {
  const page = set.pages.get(id >>> pageBits);
  return page !== undefined && ((page[(id & pageMask) >>> 5] >>> (id & 31)) & 1) === 1;
};

/** The ids of all nodes of a graph. */
export const idsOf = ({ nodeId, nodeCount }: HeapGraph): IdSet => {
  const pages = new Map<number, Uint32Array>();
  const pageOf = createPages(pages, () => new Uint32Array(pageWords));
  for (let node = 0; node < nodeCount; node++) {
    const id = nodeId[node];
    pageOf(id)[(id & pageMask) >>> 5] |= 1 << (id & 31);
  }
  return { pages };
};

/** Finds the page of an id, or makes it. Ids that follow one another are mostly of one page, so that is kept at hand. */
const createPages = <Page>(pages: Map<number, Page>, create: () => Page): ((id: number) => Page) => {
  let number = -1;
  let page: Page | undefined;
  return (id) => {
    if (page !== undefined && number === id >>> pageBits) return page;
    number = id >>> pageBits;
    page = pages.get(number) ?? create();
    pages.set(number, page);
    return page;
  };
};

/** The ids that are in all of the sets. */
export const intersectIds = (sets: readonly IdSet[]): IdSet => {
  const [first, ...rest] = sets;
  const pages = new Map<number, Uint32Array>();
  for (const [number, page] of first.pages) {
    const others = rest.map((set) => set.pages.get(number));
    if (others.includes(undefined)) continue;
    pages.set(
      number,
      page.map((word, w) => others.reduce((all, other) => all & (other?.[w] ?? 0), word)),
    );
  }
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
  const pages = new Map<number, Int32Array>();
  const pageOf = createPages(pages, () => new Int32Array(1 << pageBits).fill(-1));
  for (let node = 0; node < nodeCount; node++) pageOf(nodeId[node])[nodeId[node] & pageMask] = node;
  return { nodeOf: (id) => pages.get(id >>> pageBits)?.[id & pageMask] ?? -1 };
};
