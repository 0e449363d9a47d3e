/** Maps, Sets and arrays with more room than entries: in, a heap; out, empty ones, those of one entry, unused room. */
import type { HeapGraph } from '../model/heap-graph.js';
import type { Claims } from './claims.js';
import { followInternal } from '../heap/follow.js';
import { capacityOf, edgeKinds, nodeKinds, objectsNamed, wordBytes } from './layout.js';
import { wordOfEdge } from '../heap/ways.js';
import type { Finder, Take } from './kinds.js';

/**
 * The table of a Map or Set: three words, a word per bucket, and for each bucket room for two entries of this many
 * words each.
 */
const tableHeaderWords = 3;
const entryWords = { Map: 3, Set: 2 } as const;
/** Sizes of the tables of new ones; `new Set(array)` makes the larger one in Node 24. */
const newBuckets = new Set([2, 4]);

interface SmallCollection {
  readonly node: number;
  /** Its table or elements; -1 if it has none. */
  readonly store: number;
  /** Entries that the snapshot shows: 0 or 1. */
  readonly entries: number;
}

/** Collections with at most one entry whose table has the size of a new one. */
function* smallCollections(graph: HeapGraph): Generator<SmallCollection> {
  const tableOf = followInternal(graph, 'table');
  const elementsOf = followInternal(graph, 'elements');
  const wordOf = wordOfEdge(graph);
  for (const name of ['Map', 'Set'] as const) {
    for (const node of objectsNamed(graph, name)) {
      const store = tableOf(node);
      const words = entryWords[name];
      const buckets = store === -1 ? 0 : (capacityOf(graph, store) - tableHeaderWords) / (1 + 2 * words);
      if (!newBuckets.has(buckets)) continue;
      const entries = Math.ceil((lastWord(graph, store, wordOf) + 1 - tableHeaderWords - buckets) / words);
      if (entries <= 1) yield { node, store, entries: Math.max(0, entries) };
    }
  }
  for (const node of objectsNamed(graph, 'Array')) {
    const store = elementsOf(node);
    if (store === -1) yield { node, store, entries: 0 };
    else if (capacityOf(graph, store) === 1 && graph.nodeType[store] === nodeKinds.array)
      yield { node, store, entries: 1 };
  }
}

const lastWord = (graph: HeapGraph, store: number, wordOf: (edge: number) => number): number => {
  let last = -1;
  for (let edge = graph.firstEdge[store]; edge < graph.firstEdge[store + 1]; edge++)
    last = Math.max(last, wordOf(edge));
  return last;
};

const findSmall =
  (wanted: number, note: string) =>
  ({ graph }: { graph: HeapGraph }, claims: Claims, add: Take): void => {
    const array = graph.strings.indexOf('Array');
    for (const { node, store, entries } of smallCollections(graph)) {
      if (entries !== wanted) continue;
      const bytes = claims.takeAll(node) + (store === -1 ? 0 : claims.takeAll(store));
      add(node, bytes, graph.nodeName[node] === array ? undefined : note);
    }
  };

export const emptyCollections: Finder = {
  kind: 'empty-collections',
  title: 'Empty Maps, Sets and arrays',
  advice: 'create it with its first entry: an empty Map takes 184 bytes, a Set 152, an array 32, and null none',
  find: findSmall(0, 'a snapshot does not show numbers: a Map or Set of a few small integers looks empty'),
};

export const singleEntryCollections: Finder = {
  kind: 'one-entry-collections',
  title: 'Maps, Sets and arrays of one entry',
  advice:
    'keep the single value itself and create the collection for the second one: a Map adds 184 bytes or more, a Set 152, an array 56',
  find: findSmall(1, 'a snapshot does not show numbers: there may also be a few entries that are small integers'),
};

/** When an array is full, push makes room for half as many elements again, and for this many more. */
const grownRoom = (used: number): number => used + Math.floor(used / 2) + 17;

/** Arrays whose store has room for at least twice as many elements as it holds. */
export const unusedRoom: Finder = {
  kind: 'unused-room',
  title: 'Arrays that are mostly unused room',
  advice:
    'create the array with its values ([value]) or copy it when it is complete (array.slice()): the first push makes room for 17',
  find: ({ graph }, claims, add) => {
    const elementsOf = followInternal(graph, 'elements');
    for (const node of objectsNamed(graph, 'Array')) {
      const store = elementsOf(node);
      if (store === -1 || graph.nodeType[store] !== nodeKinds.array) continue;
      const used = usedElements(graph, node);
      const capacity = capacityOf(graph, store);
      // with more room than push makes, the elements that are not seen are more likely numbers than unused room
      if (used > 0 && capacity >= 2 * used && capacity <= grownRoom(used))
        add(node, claims.take(store, (capacity - used) * wordBytes), roomNote);
    }
  },
};
const roomNote = 'a snapshot does not show numbers: small integers after the last other value look like unused room';

const usedElements = (graph: HeapGraph, array: number): number => {
  let used = 0;
  for (let edge = graph.firstEdge[array]; edge < graph.firstEdge[array + 1]; edge++)
    if (graph.edgeType[edge] === edgeKinds.element) used = Math.max(used, graph.edgeName[edge] + 1);
  return used;
};
