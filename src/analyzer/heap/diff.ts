/**
 * Compares snapshots, by class and by object. In: heaps in the order in which they were taken. Out: what grew from the
 * first to the last. The same object is found by V8's id, or as in identity.ts if ids do not agree: in snapshots of two
 * processes, such as before and after a deployment, an object is the one at the end of the same path. Nodes of no size are
 * not counted, as in DevTools.
 */
import { edgeTypes, type HeapGraph } from '../model/heap-graph.js';
import type { ClassGrowth, HeapDiff, ObjectGrowth } from '../model/heap-diff.js';
import { noEdge, type Classes, type HeapClass } from '../model/heap-results.js';
import { findHolders } from './biggest.js';
import { computeClasses, findShapes, type Shapes } from './classes.js';
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
  const { heaps, matchedBy, sameProcess } = withCommonIds(captured);
  const first = heaps[0];
  const last = heaps[heaps.length - 1];
  const anyOrder = sameProcess ? {} : { anyOrder: new Map<string, string>() };
  const after = sizedClasses(last, { ...anyOrder, alsoNamed: findShapes(first.graph, anyOrder.anyOrder) });
  const before = sizedClasses(first, { ...anyOrder, alsoNamed: findShapes(last.graph, anyOrder.anyOrder) });
  const turnover = matchedBy !== 'id' ? undefined : computeTurnover(first, before, last, after);
  return {
    sameProcess,
    matchedBy,
    heapBytes: heaps.map((heap) => heap.dominators.retainedBytes[0]),
    classes: growthOfClasses(before, after, turnover),
    objects: growthOfObjects(heaps, limit, sameProcess),
  };
};

/** Classes without V8's own roots; nodes of no size are not counted. */
const sizedClasses = ({ graph, dominators }: Heap, shapes: Shapes): Classes => {
  const { list, classOf } = computeClasses(graph, dominators, shapes);
  const counts = new Float64Array(list.length);
  for (let node = 0; node < graph.nodeCount; node++) if (graph.selfBytes[node] > 0) counts[classOf[node]]++;
  return { list: list.map((one, index) => ({ ...one, count: counts[index] })), classOf };
};

interface Matched {
  readonly heaps: readonly Heap[];
  readonly matchedBy: HeapDiff['matchedBy'];
  readonly sameProcess: boolean;
}

/** The heaps with ids that mean the same object in all of them. */
const withCommonIds = (heaps: readonly Heap[]): Matched => {
  const last = heaps[heaps.length - 1];
  if (heaps.slice(0, -1).every(({ graph }) => idsAgree(sampleIds(graph), last.graph)))
    return { heaps, matchedBy: 'id', sameProcess: true };
  const renumbered = [last];
  for (const heap of heaps.slice(0, -1).toReversed()) {
    const used = renumbered.slice(1).map(({ graph }) => new IdIndex(graph.nodeId));
    renumbered.unshift(heap.withIds(idsByPath(renumbered[0].graph, heap.graph, used)));
  }
  const sameProcess = last.process !== undefined && heaps.every(({ process }) => process === last.process);
  return { heaps: renumbered, matchedBy: 'path', sameProcess };
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
  for (let node = 0; node < graph.nodeCount; node++)
    if (graph.selfBytes[node] > 0 && twinOf(node) === missing) counts[classOf[node]]++;
  return new Map(list.map(({ name }, index) => [name, counts[index]]));
};

const none: Omit<HeapClass, 'name'> = { count: 0, selfBytes: 0, retainedBytes: 0 };

const growthOfClasses = (before: Classes, after: Classes, turnover: Turnover | undefined): ClassGrowth[] => {
  const old = new Map(before.list.map((one) => [one.name, one]));
  const now = new Map(after.list.map((one) => [one.name, one]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => name !== '(synthetic)') // V8's own roots
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

const growthOfObjects = (heaps: readonly Heap[], limit: number, sameProcess: boolean): ObjectGrowth[] => {
  const last = heaps[heaps.length - 1];
  const { graph, dominators } = last;
  const twins = heaps.slice(0, -1).map((heap) => createTwins(graph, heap.graph));
  const growth = computeGrowth(heaps[0], twins[0], last, sameProcess);
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

/**
 * By node of the last heap: how much more it retains than in the first one. A new node has 0, because what holds it grew;
 * but in another process, which may run other code, what a variable or property of a known object holds is itself what grew, and
 * so is the object in it that holds most of it.
 */
const computeGrowth = (
  first: Heap,
  twinOf: (node: number) => number,
  last: Heap,
  sameProcess: boolean,
): Float64Array => {
  const { nodeCount } = last.graph;
  const was = first.dominators.retainedBytes;
  const is = last.dominators.retainedBytes;
  const growth = new Float64Array(nodeCount);
  const { immediate, preorder } = last.dominators;
  const isMostOfNewField = (node: number): boolean => {
    const above = immediate[node];
    return growth[above] > 0 && is[node] > growth[above] / 2 && twinOf(above) === missing;
  };
  for (let at = 0; at < nodeCount; at++) {
    const node = preorder[at];
    const twin = twinOf(node);
    if (twin !== missing) growth[node] = is[node] - was[twin];
    else if (!sameProcess && (isMostOfNewField(node) || isNewField(last, twinOf, node))) growth[node] = is[node];
  }
  return growth;
};

/** Whether a node without a twin is what a variable or a property of a node with one holds. */
const isNewField = ({ graph, paths }: Heap, twinOf: (node: number) => number, node: number): boolean => {
  const edge = paths.edge[node];
  if (edge === noEdge || !namedFields[graph.edgeType[edge]]) return false;
  const holder = paths.from[node];
  return twinOf(holder) !== missing && graph.firstEdge[holder + 1] - graph.firstEdge[holder] <= mostFields;
};
const namedFields = edgeTypes.map((type) => type === 'property' || type === 'context');
/** An object with more properties than this is a dictionary: its keys are data. */
const mostFields = 256;

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
