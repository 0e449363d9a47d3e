/**
 * Sets of node ids, as bytes in pages that exist only for ranges with ids. The ids of objects count up and are close
 * together; those of native nodes are hashes of addresses and can be any number below 2^32.
 *
 * Between two snapshots V8 identifies an object by its address, so an object that is made where another one died takes over
 * its id. Each id therefore has a mark of what it was: with another mark it is another object.
 */
import { createMarks } from '../../heap/marks.js';
import type { HeapGraph } from '../../model/heap-graph.js';

const pageBits = 12;
const pageMask = 0xfff;

/**
 * Page p holds the marks of the ids from p << 12 on, 0 if an id is not in the set. Only pages with ids exist, since there
 * could be a million.
 */
export interface IdSet {
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/** What the object with that id is, as a number from 1 to 255; 0 if there is none. */
export const markOf = (set: IdSet, id: number): number => set.pages.get(id >>> pageBits)?.[id & pageMask] ?? 0;

export const hasId = (set: IdSet, id: number): boolean => markOf(set, id) !== 0;

/** The ids of all nodes of a graph. */
export const idsOf = (graph: HeapGraph): IdSet => {
  const { nodeId, nodeCount } = graph;
  const pages = new Map<number, Uint8Array>();
  const pageOf = createPages(pages, () => new Uint8Array(1 << pageBits));
  const mark = createMarks(graph);
  for (let node = 0; node < nodeCount; node++) pageOf(nodeId[node])[nodeId[node] & pageMask] = mark(node);
  return { pages };
};

/** Finds the page of an id, or creates it. Consecutive ids are mostly in the same page, so the last page is remembered. */
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

/** The ids that are in all of the sets and mean the same object in each. */
export const intersectIds = (sets: readonly IdSet[]): IdSet => {
  const [first, ...rest] = sets;
  const pages = new Map<number, Uint8Array>();
  for (const [number, page] of first.pages) {
    const others = rest.map((set) => set.pages.get(number));
    if (others.includes(undefined)) continue;
    pages.set(
      number,
      page.map((mark, at) => (others.every((other) => other?.[at] === mark) ? mark : 0)),
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

/** A column of nodes for each page of ids: four bytes per id of the page, no hashing. */
export const createNodeLookup = ({ nodeId, nodeCount }: HeapGraph): NodeLookup => {
  const pages = new Map<number, Int32Array>();
  const pageOf = createPages(pages, () => new Int32Array(1 << pageBits).fill(-1));
  for (let node = 0; node < nodeCount; node++) pageOf(nodeId[node])[nodeId[node] & pageMask] = node;
  return { nodeOf: (id) => pages.get(id >>> pageBits)?.[id & pageMask] ?? -1 };
};
