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

export const applyRulesWithOther = (graph: HeapGraph, rules: EdgeRules, { state }: SharedWork): void => {
  const parts = Math.ceil(graph.edgeCount / partEdges);
  for (let part = Atomics.add(state, takenAt, 1); part < parts; part = Atomics.add(state, takenAt, 1)) {
    const from = part * partEdges;
    applyRules(graph, rules, from, Math.min(graph.edgeCount, from + partEdges));
    advance(state, doneAt);
  }
  waitUntil(state, doneAt, parts);
};
