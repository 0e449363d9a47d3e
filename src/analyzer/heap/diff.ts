/**
 * Snapshots compared, by class and by object: in, heaps in the order in which they were taken; out, what grew from the
 * first to the last. The same object is found as twins.ts says; where ids do not agree (equal ids name objects of
 * different classes) and the captures do not say that they are of one process, classes alone are compared.
 */
import { nodeName, type HeapGraph } from '../model/heap-graph.js';
import type { ClassGrowth, HeapDiff, ObjectGrowth } from '../model/heap-diff.js';
import type { Classes, HeapClass } from '../model/heap-results.js';
import { findHolders } from './biggest.js';
import { computeClasses, findShapes } from './classes.js';
import type { Heap } from './heap.js';
import { IdIndex } from './ids.js';
import { twinsById, twinsByPath, type TwinOf } from './twins.js';

const missing = -1;
/** Growth below this share of the heap is not asked for. */
const smallestShare = 1 / 10_000;

/** At least two heaps. */
export const diffHeaps = (heaps: readonly Heap[], limit: number): HeapDiff => {
  const first = heaps[0];
  const last = heaps[heaps.length - 1];
  const indexes = heaps.slice(0, -1).map((heap) => new IdIndex(heap.graph.nodeId));
  const sameIds = indexes.every((index, at) => haveOneSetOfIds(heaps[at].graph, index, last.graph));
  const sameProcess = sameIds || heaps.every(({ process }) => process !== undefined && process === first.process);
  const twins = (): TwinOf[] =>
    sameIds
      ? indexes.map((index) => twinsById(last.graph, index))
      : heaps.slice(0, -1).map((heap) => twinsByPath(last, heap));
  const before = computeClasses(first.graph, first.dominators, findShapes(last.graph));
  const after = computeClasses(last.graph, last.dominators, findShapes(first.graph));
  const turnover = sameIds ? computeTurnover(first, before, last, after) : undefined;
  return {
    sameProcess,
    matchedBy: sameIds ? 'id' : sameProcess ? 'path' : null,
    heapBytes: heaps.map((heap) => heap.dominators.retainedBytes[0]),
    classes: growthOfClasses(before, after, turnover),
    objects: sameProcess ? growthOfObjects(heaps, twins(), limit) : [],
  };
};

/** How many common ids are looked at, and which share of them may name different things. */
const looked = 20_000;
const mostDifferent = 0.02;

/** An object keeps its class: where equal ids name different classes, they are of two processes or two inspector sessions. */
const haveOneSetOfIds = (one: HeapGraph, ids: IdIndex, other: HeapGraph): boolean => {
  const step = Math.max(1, Math.floor(other.nodeCount / looked));
  let common = 0;
  let different = 0;
  for (let node = 1; node < other.nodeCount; node += step) {
    const twin = ids.nodeOf(other.nodeId[node]);
    if (twin === missing) continue;
    common++;
    if (one.nodeType[twin] !== other.nodeType[node] || nodeName(one, twin) !== nodeName(other, node)) different++;
  }
  return common > 0 && different / common <= mostDifferent;
};

interface Turnover {
  readonly added: ReadonlyMap<string, number>;
  readonly freed: ReadonlyMap<string, number>;
}

const computeTurnover = (first: Heap, before: Classes, last: Heap, after: Classes): Turnover => ({
  added: countMissing(last.graph, after, first.graph),
  freed: countMissing(first.graph, before, last.graph),
});

/** By class, the nodes of a graph whose id the other graph does not hold. */
const countMissing = (graph: HeapGraph, { list, classOf }: Classes, other: HeapGraph): Map<string, number> => {
  const ids = new IdIndex(other.nodeId);
  const counts = new Float64Array(list.length);
  for (let node = 0; node < graph.nodeCount; node++)
    if (ids.nodeOf(graph.nodeId[node]) === missing) counts[classOf[node]]++;
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

/** A class that has as many objects as before holds more only through others. */
const turnsOver = ({ countDelta }: ClassGrowth): number => Number(countDelta !== 0);

const growthOfObjects = (heaps: readonly Heap[], twins: readonly TwinOf[], limit: number): ObjectGrowth[] => {
  const last = heaps[heaps.length - 1];
  const { graph, dominators } = last;
  const floor = Math.max(1, dominators.retainedBytes[0] * smallestShare);
  const growth = computeGrowth(heaps[0], twins[0], last, floor);
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

/** By node of the last heap that retains at least `floor`, what it retains more than in the first; 0 for what is new. */
const computeGrowth = (first: Heap, twinOf: TwinOf, last: Heap, floor: number): Float64Array => {
  const { nodeCount } = last.graph;
  const was = first.dominators.retainedBytes;
  const is = last.dominators.retainedBytes;
  const growth = new Float64Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    const twin = is[node] < floor ? missing : twinOf(node);
    if (twin !== missing) growth[node] = is[node] - was[twin];
  }
  return growth;
};
