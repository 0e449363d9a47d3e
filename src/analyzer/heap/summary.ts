/**
 * The summary of one heap for reports. In: a heap. Out: totals, classes, and the objects with the largest retained sizes,
 * with their paths.
 */
import { nodeTypeName } from '../model/heap-graph.js';
import type { HeapSummary } from '../model/heap-results.js';
import { groupAlike, type Alike } from './alike.js';
import { findBiggest } from './biggest.js';
import type { Heap } from './heap.js';

export type ClassOrder = 'retained' | 'self' | 'count' | 'name';

export interface SummaryOptions {
  /** At most this many objects. */
  readonly limit: number;
  readonly classLimit: number;
  readonly sort: ClassOrder;
  /** Lists objects of this class instead of the biggest of all. */
  readonly className?: string | undefined;
}

/** Totals, classes and biggest objects; undefined if there is no class of that name. */
export const summarizeHeap = (heap: Heap, options: SummaryOptions): HeapSummary | undefined => {
  const { graph, classes } = heap;
  const wanted = options.className;
  const rows = classes.list
    .map((one, index) => ({ one, index }))
    .filter(({ one }) => one.count > 0 && (wanted === undefined || one.name === wanted))
    .toSorted((a, b) => order[options.sort](a.one, b.one) || (a.one.name < b.one.name ? -1 : 1));
  if (wanted !== undefined && rows.length === 0) return undefined;
  const objects =
    wanted === undefined
      ? groupAlike(heap, findBiggest(graph, heap.dominators)).slice(0, options.limit)
      : biggestOfClass(heap, rows[0].index, options.limit).map((node) => groupOfOne(heap, node));
  return {
    nodes: graph.nodeCount,
    edges: graph.edgeCount,
    selfBytes: heap.dominators.retainedBytes[0],
    extraNativeBytes: graph.extraNativeBytes,
    classes: withPlaces(heap, rows.slice(0, options.classLimit)),
    classCount: rows.length,
    dominators: objects.map(({ node, count, totalBytes }) => ({ ...heap.object(node), count, totalBytes })),
  };
};

const groupOfOne = ({ dominators }: Heap, node: number): Alike => ({
  node,
  count: 1,
  totalBytes: dominators.retainedBytes[node],
});

type Counted = {
  readonly name: string;
  readonly count: number;
  readonly selfBytes: number;
  readonly retainedBytes: number;
};

const order: Readonly<Record<ClassOrder, (a: Counted, b: Counted) => number>> = {
  retained: (a, b) => b.retainedBytes - a.retainedBytes,
  self: (a, b) => b.selfBytes - a.selfBytes,
  count: (a, b) => b.count - a.count,
  name: () => 0,
};

/** The location of a class is that of its first object's constructor, as V8 reports it. */
const withPlaces = (heap: Heap, rows: readonly { one: Counted; index: number }[]): HeapSummary['classes'] => {
  const constructors = new Set(['object', 'closure']);
  return rows.map(({ one, index }) => {
    const node = heap.classes.classOf.indexOf(index);
    const placed = constructors.has(nodeTypeName(heap.graph, node)) && !/^(Function|Object|\{.*\})$/.test(one.name);
    return { ...one, location: placed ? heap.locationOf(node) : null };
  });
};

const biggestOfClass = (heap: Heap, index: number, limit: number): number[] => {
  const { classOf } = heap.classes;
  const { retainedBytes } = heap.dominators;
  const nodes: number[] = [];
  for (let node = 0; node < classOf.length; node++) if (classOf[node] === index) nodes.push(node);
  return nodes.toSorted((a, b) => retainedBytes[b] - retainedBytes[a]).slice(0, limit);
};
