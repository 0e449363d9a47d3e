/**
 * The summary of one heap for reports. In: a heap. Out: totals, classes, and the objects with the largest retained sizes,
 * with their paths.
 */
import { nodeTypeName } from '../model/heap-graph.js';
import type { HeapRow, HeapSummary } from '../model/heap-results.js';
import { groupAlike, type Alike } from './alike.js';
import type { Heap } from './heap.js';
import type { Location } from '../model/location.js';

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
  return {
    nodes: graph.nodeCount,
    edges: graph.edgeCount,
    selfBytes: heap.totalBytes,
    extraNativeBytes: graph.extraNativeBytes,
    classes: rows.slice(0, options.classLimit).map(({ one, index }) => ({ ...one, location: placeOf(heap, index) })),
    classCount: rows.length,
    dominators:
      wanted === undefined
        ? biggestRows(heap, options.limit)
        : largestOfClass(heap, rows[0].index, options.limit).map((node) => rowOf(heap, groupOfOne(heap, node))),
  };
};

/** The biggest objects, those that are alike as one row. */
export const biggestRows = (heap: Heap, limit: number): readonly HeapRow[] =>
  heap.stored !== undefined && limit <= storedRows
    ? heap.stored.rows.slice(0, limit)
    : groupAlike(heap, heap.biggest)
        .slice(0, limit)
        .map((group) => rowOf(heap, group));

/** How many rows, and how many objects of each class, an index keeps: as many as a report shows at most, unless it is asked for more. */
export const storedRows = 100;

const rowOf = (heap: Heap, { node, count, totalBytes }: Alike): HeapRow => ({
  ...heap.object(node),
  count,
  totalBytes,
});

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

/** The location of a class is that of its biggest object's constructor, as V8 reports it. */
export const placeOf = (heap: Heap, index: number): Location | null => {
  if (heap.stored !== undefined) return heap.stored.places[index];
  const node = heap.biggestOfClass[index];
  const type = nodeTypeName(heap.graph, node);
  const placed = type === 'object' || type === 'closure';
  return placed && !/^(Function|Object|\{.*\})$/.test(heap.classes.list[index].name) ? heap.locationOf(node) : null;
};

const largestOfClass = (heap: Heap, index: number, limit: number): readonly number[] => {
  if (heap.stored !== undefined && limit <= storedRows) {
    const { first, nodes } = heap.stored.largest;
    return [...nodes.subarray(first[index], Math.min(first[index + 1], first[index] + limit))];
  }
  const { classOf } = heap.classes;
  const { retainedBytes } = heap.dominators;
  const nodes: number[] = [];
  for (let node = 0; node < classOf.length; node++) if (classOf[node] === index) nodes.push(node);
  return nodes.toSorted((a, b) => retainedBytes[b] - retainedBytes[a]).slice(0, limit);
};
