/** Slow and obvious versions of the passes, to compare the fast ones with. */
import type { HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';

/** Edges that keep their target alive, as [from, to]. */
export type SlowEdges = readonly (readonly [number, number])[];

/** A random generator that returns the same numbers for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

const reachable = (count: number, edges: SlowEdges, starts: readonly number[], without: number): Set<number> => {
  const next: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) next[from].push(to);
  const seen = new Set<number>(starts.filter((start) => start !== without));
  for (const node of seen) for (const to of next[node]) if (to !== without) seen.add(to);
  return seen;
};

/**
 * The retained size of each node, directly by its definition: the bytes that can no longer be reached from the root when
 * the node is removed. For graphs in which every node is reachable.
 */
export const slowRetained = (graph: HeapGraph, edges: SlowEdges): number[] =>
  Array.from({ length: graph.nodeCount }, (_, node) => {
    const left = reachable(graph.nodeCount, edges, [0], node);
    let bytes = 0;
    for (let other = 0; other < graph.nodeCount; other++) if (!left.has(other)) bytes += graph.selfBytes[other];
    return bytes;
  });

/** Immediate dominators by removing each node in turn; for graphs in which every node is reachable. */
export const slowDominators = (count: number, edges: SlowEdges): number[] => {
  const lost = Array.from({ length: count }, (_, node) => {
    const left = reachable(count, edges, [0], node);
    return new Set(Array.from({ length: count }, (__, other) => other).filter((other) => !left.has(other)));
  });
  return Array.from({ length: count }, (_, node) => {
    if (node === 0) return 0;
    const dominators = lost.flatMap((set, by) => (by !== node && set.has(node) ? [by] : []));
    // the nearest one is the one that all the others dominate
    return dominators.find((near) => dominators.every((far) => far === near || lost[far].has(near))) ?? 0;
  });
};
