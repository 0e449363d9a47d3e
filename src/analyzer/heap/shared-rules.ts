/**
 * Applies the rules for edges in two threads: each takes the next part until none is left, and waits for the other one's
 * last. In and out: the same as in edge-rules.ts, in shared memory.
 */
import type { HeapGraph } from '../model/heap-graph.js';
import { applyRules, type EdgeRules } from './edge-rules.js';
import { advance, waitUntil } from './block-ring.js';

/** How many parts have been taken, and how many are done. */
export interface SharedWork {
  readonly state: Int32Array;
}
const takenAt = 0;
const doneAt = 1;

/** A multiple of 32. */
const partEdges = 1 << 18;

export const createSharedWork = (): SharedWork => ({ state: new Int32Array(new SharedArrayBuffer(8)) });

/** Applies the rules to the next part; returns false if none is left. */
export const applyToNextPart = (graph: HeapGraph, rules: EdgeRules, { state }: SharedWork): boolean => {
  const from = Atomics.add(state, takenAt, 1) * partEdges;
  if (from >= graph.edgeCount) return false;
  applyRules(graph, rules, from, Math.min(graph.edgeCount, from + partEdges));
  advance(state, doneAt);
  return true;
};

export const applyRulesWithOther = (graph: HeapGraph, rules: EdgeRules, work: SharedWork): void => {
  while (applyToNextPart(graph, rules, work));
  waitUntil(work.state, doneAt, Math.ceil(graph.edgeCount / partEdges));
};
