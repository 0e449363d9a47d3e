/**
 * How much of what each round made was still there at the end. In: the last snapshot, and the ids of the objects of each.
 * Out: for each snapshot, the bytes that were first seen in it and stayed. A leak keeps all that it adds, so it cannot be
 * faster than this; the heap's size rises and falls by more, because it contains what each moment needs.
 * What is replaced as it grows (a text, a buffer) keeps no object, so it is bounded by what it gained.
 *
 * Compiled code is left out, as it is where the heap is read: V8 compiles the program again and again.
 */
import { createMarks } from '../../heap/marks.js';
import { nodeTypeName, type HeapGraph } from '../../model/heap-graph.js';
import { gainsOf } from '../readings/evidence.js';
import type { GrowthClasses } from './growth-classes.js';
import { markOf, type IdSet } from './id-set.js';
import { growsInSize } from './regions.js';
import type { Tallies } from './tallies.js';

export const computeBornBytes = (last: HeapGraph, idSets: readonly IdSet[]): number[] => {
  const bytes = idSets.map(() => 0);
  const mark = createMarks(last);
  for (let node = 0; node < last.nodeCount; node++) {
    if (last.selfBytes[node] === 0 || nodeTypeName(last, node) === 'code') continue;
    bytes[firstSeen(idSets, last.nodeId[node], mark(node))] += last.selfBytes[node];
  }
  return bytes;
};

/** For each snapshot: what things gained that grow in size, however unevenly. */
export const computeReplacedBytes = ({ snapshots, byHolder }: Tallies, classes: GrowthClasses): number[] => {
  const gained = Array.from({ length: snapshots }, () => 0);
  for (const tally of [...byHolder.values()].flat()) {
    if (!classes.hasSize(tally.classNumber) || !growsInSize(tally)) continue;
    for (const [round, gain] of gainsOf(tally.bytes).entries()) gained[round + 1] = (gained[round + 1] ?? 0) + gain;
  }
  return gained;
};

/** The first of the snapshots from which on the object was in all of them. */
const firstSeen = (idSets: readonly IdSet[], id: number, mark: number): number => {
  let first = idSets.length - 1;
  while (first > 0 && markOf(idSets[first - 1], id) === mark) first--;
  return first;
};
