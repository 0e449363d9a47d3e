/**
 * The retainers of all nodes in about a byte and a half each, to be read once: while dominators are computed, memory use
 * peaks. In: a graph, one bit per edge, and memory for two words per node. Out: each node's list, in ascending order and
 * without repetition. The first retainer is written as its distance from the node, the others as differences, in groups of
 * 7 bits, as protobuf does.
 */
import type { HeapGraph } from '../model/heap-graph.js';

export interface PackedRetainers {
  readonly bytes: Uint8Array;
  /** At 2n, the end of node n's list in `bytes`; the other words are free. */
  readonly ends: Uint32Array;
}

type PackedInput = Pick<HeapGraph, 'nodeCount' | 'firstEdge' | 'edgeTarget'>;

/** Overwrites `ends`. */
export const packRetainers = (graph: PackedInput, bits: Uint32Array, ends: Uint32Array): PackedRetainers => {
  const bytes = new Uint8Array(measureLists(graph, bits, ends));
  const { nodeCount, firstEdge, edgeTarget } = graph;
  for (let node = 0; node < nodeCount; node++) {
    const end = firstEdge[node + 1];
    for (let edge = firstEdge[node]; edge < end; edge++) {
      if (((bits[edge >>> 5] >>> (edge & 31)) & 1) === 0) continue;
      const target = edgeTarget[edge];
      const last = ends[2 * target + 1];
      if (last === node + 1) continue;
      let rest = last === 0 ? distance(target, node) : node + 1 - last;
      let at = ends[2 * target];
      for (; rest > 127; rest >>>= 7) bytes[at++] = rest | 128;
      bytes[at++] = rest;
      ends[2 * target] = at;
      ends[2 * target + 1] = node + 1;
    }
  }
  return { bytes, ends };
};

/** Sets `starts` at 2n to the start of node n's list, and the words between to 0; returns the length of all lists. */
const measureLists = (graph: PackedInput, bits: Uint32Array, starts: Uint32Array): number => {
  const { nodeCount, firstEdge, edgeTarget } = graph;
  starts.fill(0);
  for (let node = 0; node < nodeCount; node++) {
    const end = firstEdge[node + 1];
    for (let edge = firstEdge[node]; edge < end; edge++) {
      if (((bits[edge >>> 5] >>> (edge & 31)) & 1) === 0) continue;
      const target = edgeTarget[edge];
      const last = starts[2 * target + 1];
      if (last === node + 1) continue;
      starts[2 * target] += groupsOf(last === 0 ? distance(target, node) : node + 1 - last);
      starts[2 * target + 1] = node + 1;
    }
  }
  let start = 0;
  for (let node = 0; node < nodeCount; node++) {
    const length = starts[2 * node];
    starts[2 * node] = start;
    starts[2 * node + 1] = 0;
    start += length;
  }
  return start;
};

const groupsOf = (value: number): number =>
  value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : value < 1 << 28 ? 4 : 5;

/** From one node to another as a number that is small if they are near, whichever comes first. */
const distance = (from: number, to: number): number => (((to - from) << 1) ^ ((to - from) >> 31)) >>> 0;

/** The node that is this distance from another. */
export const nodeAt = (from: number, distanceTo: number): number => from + ((distanceTo >>> 1) ^ -(distanceTo & 1));
