/**
 * How much of what each round made was still there at the end. In: the last snapshot, and the ids of the objects of each.
 * Out: for each snapshot, the bytes that were first seen in it and stayed. A leak keeps all that it adds, so it cannot be
 * faster than this; the heap's size rises and falls by more, because it contains what each moment needs.
 *
 * Compiled code is left out, as it is where the heap is read: V8 compiles the program again and again.
 */
import { createMarks } from '../../heap/marks.js';
import { nodeTypeName, type HeapGraph } from '../../model/heap-graph.js';
import { markOf, type IdSet } from './id-set.js';

export const computeBornBytes = (last: HeapGraph, idSets: readonly IdSet[]): number[] => {
  const bytes = idSets.map(() => 0);
  const mark = createMarks(last);
  for (let node = 0; node < last.nodeCount; node++) {
    if (last.selfBytes[node] === 0 || nodeTypeName(last, node) === 'code') continue;
    bytes[firstSeen(idSets, last.nodeId[node], mark(node))] += last.selfBytes[node];
  }
  return bytes;
};

/** The first of the snapshots from which on the object was in all of them. */
const firstSeen = (idSets: readonly IdSet[], id: number, mark: number): number => {
  let first = idSets.length - 1;
  while (first > 0 && markOf(idSets[first - 1], id) === mark) first--;
  return first;
};
