/**
 * Compares snapshots, by class and by object. In: heaps in the order in which they were taken. Out: what grew from the
 * first to the last. The same object is found by V8's id, or as in identity.ts if ids do not agree. If the captures do not
 * show that they are of one process either, only classes are compared.
 */
import type { HeapGraph } from '../model/heap-graph.js';
import type { ClassGrowth, HeapDiff, ObjectGrowth } from '../model/heap-diff.js';
import type { Classes, HeapClass } from '../model/heap-results.js';
import { findHolders } from './biggest.js';
import { computeClasses, findShapes } from './classes.js';
import type { Heap } from './heap.js';
import { idsAgree, idsByPath, sampleIds } from './identity.js';
import { IdIndex } from './ids.js';
import { createMarks } from './marks.js';

const missing = -1;
/** Smaller growth than this share of the heap is not listed. */
const smallestShare = 1 / 10_000;

/**
 * Compares the first heap (oldest) with the last; needs at least two. `limit`: how many objects to list. Sizes are in bytes;
 * throws nothing.
 */
export const diffHeaps = (captured: readonly Heap[], limit: number): HeapDiff => {
  const { heaps, matchedBy } = withCommonIds(captured);
  const first = heaps[0];
  const last = heaps[heaps.length - 1];
  const before = computeClasses(first.graph, first.dominators, findShapes(last.graph));
  const after = computeClasses(last.graph, last.dominators, findShapes(first.graph));
  const turnover = matchedBy !== 'id' ? undefined : computeTurnover(first, before, last, after);
  return {
    sameProcess: matchedBy !== null,
    matchedBy,
    heapBytes: heaps.map((heap) => heap.dominators.retainedBytes[0]),
    classes: growthOfClasses(before, after, turnover),
    objects: matchedBy === null ? [] : growthOfObjects(heaps, limit),
  };
};

/** The heaps with ids that mean the same object in all of them; null if there can be no such ids. */
const withCommonIds = (heaps: readonly Heap[]): { heaps: readonly Heap[]; matchedBy: HeapDiff['matchedBy'] } => {
  const last = heaps[heaps.length - 1];
  if (heaps.slice(0, -1).every(({ graph }) => idsAgree(sampleIds(graph), last.graph)))
    return { heaps, matchedBy: 'id' };
  if (last.process === undefined || heaps.some(({ process }) => process !== last.process))
    return { heaps, matchedBy: null };
  const renumbered = [last];
  for (const heap of heaps.slice(0, -1).toReversed()) {
    const used = renumbered.slice(1).map(({ graph }) => new IdIndex(graph.nodeId));
    renumbered.unshift(heap.withIds(idsByPath(renumbered[0].graph, heap.graph, used)));
  }
  return { heaps: renumbered, matchedBy: 'path' };
};

interface Turnover {
  readonly added: ReadonlyMap<string, number>;
  readonly freed: ReadonlyMap<string, number>;
}

const computeTurnover = (first: Heap, before: Classes, last: Heap, after: Classes): Turnover => ({
  added: countMissing(last.graph, after, first.graph),
  freed: countMissing(first.graph, before, last.graph),
});

/** By class, the nodes of a graph that the other graph does not contain. */
const countMissing = (graph: HeapGraph, { list, classOf }: Classes, other: HeapGraph): Map<string, number> => {
  const twinOf = createTwins(graph, other);
  const counts = new Float64Array(list.length);
  for (let node = 0; node < graph.nodeCount; node++) if (twinOf(node) === missing) counts[classOf[node]]++;
  return new Map(list.map(({ name }, index) => [name, counts[index]]));
};

const none: Omit<HeapClass, 'name'> = { count: 0, selfBytes: 0, retainedBytes: 0 };

const growthOfClasses = (before: Classes, after: Classes, turnover: Turnover | undefined): ClassGrowth[] => {
  const old = new Map(before.list.map((one) => [one.name, one]));
  const now = new Map(after.list.map((one) => [one.name, one]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((name): ClassGrowth => {
      const was = old.get(name) ?? none;
      const is = now.get(name) ?? none;
      return {
        name,
        added: turnover === undefined ? null : (turnover.added.get(name) ?? 0),
        freed: turnover === undefined ? null : (turnover.freed.get(name) ?? 0),
        countDelta: is.count - was.count,
        selfDelta: is.selfBytes - was.selfBytes,
        retainedDelta: is.retainedBytes - was.retainedBytes,
      };
    })
    .filter((row) => row.countDelta !== 0 || row.retainedDelta !== 0 || row.selfDelta !== 0 || (row.added ?? 0) > 0)
    .toSorted(
      (a, b) => turnsOver(b) - turnsOver(a) || b.retainedDelta - a.retainedDelta || b.countDelta - a.countDelta,
    );
};

/** A class whose number of objects is unchanged grows only through what other objects add to it. */
const turnsOver = ({ countDelta }: ClassGrowth): number => Number(countDelta !== 0);

const growthOfObjects = (heaps: readonly Heap[], limit: number): ObjectGrowth[] => {
  const last = heaps[heaps.length - 1];
  const { graph, dominators } = last;
  const twins = heaps.slice(0, -1).map((heap) => createTwins(graph, heap.graph));
  const growth = computeGrowth(heaps[0], twins[0], last);
  const floor = Math.max(1, dominators.retainedBytes[0] * smallestShare);
  return findHolders(graph, dominators, growth, floor)
    .slice(0, limit * 4)
    .map((node): ObjectGrowth => {
      const series = twins.map((twinOf, at) => {
        const twin = twinOf(node);
        return twin === missing ? 0 : heaps[at].dominators.retainedBytes[twin];
      });
      return {
        ...last.object(node),
        retainedBytes: [...series, dominators.retainedBytes[node]],
        retainedDelta: growth[node],
      };
    })
    .toSorted((a, b) => everyTime(b) - everyTime(a))
    .slice(0, limit);
};

const everyTime = ({ retainedBytes }: ObjectGrowth): number =>
  Number(retainedBytes.every((bytes, index) => index === 0 || bytes > retainedBytes[index - 1]));

/** By node of the last heap: how much more it retains than in the first one; 0 for a new node. */
const computeGrowth = (first: Heap, twinOf: (node: number) => number, last: Heap): Float64Array => {
  const { nodeCount } = last.graph;
  const was = first.dominators.retainedBytes;
  const is = last.dominators.retainedBytes;
  const growth = new Float64Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    const twin = twinOf(node);
    if (twin !== missing) growth[node] = is[node] - was[twin];
  }
  return growth;
};

/** Returns a function that finds a node's object in another snapshot of the same process; -1 if it is not there. */
const createTwins = (graph: HeapGraph, other: HeapGraph): ((node: number) => number) => {
  const ids = new IdIndex(other.nodeId);
  const mark = createMarks(graph);
  const otherMark = createMarks(other);
  return (node) => {
    const twin = ids.nodeOf(graph.nodeId[node]);
    return twin === missing || mark(node) === otherMark(twin) ? twin : missing;
  };
};
