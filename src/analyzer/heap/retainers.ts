/** The edges of a graph reversed. In: a graph and which edges retain. Out: for each node, its retainers. */
import type { HeapGraph } from '../model/heap-graph.js';
import type { Retainers, RetainingEdges } from '../model/heap-results.js';

type RetainersInput = Pick<HeapGraph, 'nodeCount' | 'edgeCount' | 'firstEdge' | 'edgeTarget'>;

export const computeRetainers = (graph: RetainersInput, edges: Pick<RetainingEdges, 'bits'>): Retainers => {
  const { nodeCount, edgeCount, firstEdge, edgeTarget } = graph;
  const { bits } = edges;
  const first = new Uint32Array(nodeCount + 1);
  for (let edge = 0; edge < edgeCount; edge++) {
    if (((bits[edge >>> 5] >>> (edge & 31)) & 1) === 1) first[edgeTarget[edge] + 1]++;
  }
  for (let node = 0; node < nodeCount; node++) first[node + 1] += first[node];
  const retainer = new Uint32Array(first[nodeCount]);
  // Filled from the last node to the first: each retainer goes just below the end of its target's range, so that `first` of
  // the next node, counted down, becomes `first` of this one.
  const next = first.subarray(1);
  for (let node = nodeCount - 1; node >= 0; node--) {
    for (let edge = firstEdge[node]; edge < firstEdge[node + 1]; edge++) {
      if (((bits[edge >>> 5] >>> (edge & 31)) & 1) === 1) retainer[--next[edgeTarget[edge]]] = node;
    }
  }
  // Now next[n] is where n's range starts: move the starts to their own places.
  first.copyWithin(0, 1);
  first[nodeCount] = retainer.length;
  return { first, node: retainer };
};
