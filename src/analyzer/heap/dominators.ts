/**
 * Immediate dominators and retained sizes of all nodes: in, a graph, its walk and its retainers; out, two columns.
 * A published algorithm, longer than our functions usually are: Semi-NCA, from L. Georgiadis, R. E. Tarjan,
 * R. F. Werneck, "Finding Dominators in Practice", Journal of Graph Algorithms and Applications 10(1), 2006, 69-94;
 * `semi`, `label`, `ancestor` and `idom` are the paper's names. Everything inside is numbered by the depth-first walk.
 * What the root does not reach is a child of the root, as the walk numbered it.
 */
import type { HeapGraph } from '../model/heap-graph.js';
import type { Dominators, Retainers, RetainingEdges } from '../model/heap-results.js';
import { walkHeap, type Walk, type Walked } from './walk.js';

export const computeDominators = (graph: HeapGraph, edges: RetainingEdges, retainers: Retainers): Dominators =>
  computeDominatorsOf(graph, { edges, walk: walkHeap(graph).walk }, retainers);

/**
 * The same where the walk is at hand; its columns are used up. The retainers may hold entries of edges that the rule of
 * walk.ts about who is reached from the globals forbids: the walk and the retainers can then be made at the same time.
 */
export const computeDominatorsOf = (graph: HeapGraph, { edges, walk }: Walked, retainers: Retainers): Dominators => {
  const scratch = new ArrayBuffer(graph.nodeCount * 8);
  computeIdom(walk, edges.userOwned, retainers, scratch);
  return toNodes(graph, walk, scratch);
};

/** Turns walk.parent into immediate dominators, by number. */
const computeIdom = (walk: Walk, userOwned: Uint32Array, retainers: Retainers, scratch: ArrayBuffer): void => {
  const { numberOf, nodeOf, parent: idom, spare: semi, lastOwned, firstOfRings } = walk;
  const { first, node: retainer } = retainers;
  const count = nodeOf.length;
  const ancestor = new Uint32Array(scratch, 0, count);
  ancestor.set(idom);
  const label = new Uint32Array(scratch, count * 4, count); // the smallest semi on the compressed way up to, and without, the ancestor
  let stack = new Uint32Array(1 << 16);

  for (let w = count - 1; w > 0; w--) {
    let best = idom[w];
    const node = nodeOf[w];
    const isOwned = ((userOwned[node >>> 5] >>> (node & 31)) & 1) === 1;
    const end = w >= firstOfRings ? 0 : first[node + 1]; // the nodes of rings are children of the root, no more
    for (let i = first[node]; i < end; i++) {
      const v = numberOf[retainer[i]];
      if (v <= w) {
        if (v < best && (v <= lastOwned || !isOwned || mayHold(userOwned, retainer[i]))) best = v;
        continue;
      }
      if (v > lastOwned && isOwned && !mayHold(userOwned, retainer[i])) continue;
      // eval(v): compress the way from v up to the root of its tree, which is w or a child of w's ancestors
      let depth = 0;
      let u = v;
      while (ancestor[u] > w) {
        if (depth === stack.length) stack = twice(stack);
        stack[depth++] = u;
        u = ancestor[u];
      }
      const top = ancestor[u];
      let smallest = label[u];
      while (depth > 0) {
        u = stack[--depth];
        if (label[u] < smallest) smallest = label[u];
        else label[u] = smallest;
        ancestor[u] = top;
      }
      if (smallest < best) best = smallest;
    }
    semi[w] = best;
    label[w] = w < firstOfRings ? best : w; // what a ring holds besides itself is not held by the root for that
  }

  for (let w = 1; w < count; w++) {
    let d = idom[w];
    while (d > semi[w]) d = idom[d];
    idom[w] = d;
  }
};

/** Whether a node may hold what the globals reach: they reach it, too. */
const mayHold = (userOwned: Uint32Array, node: number): boolean => ((userOwned[node >>> 5] >>> (node & 31)) & 1) === 1;

const twice = (stack: Uint32Array): Uint32Array<ArrayBuffer> => {
  const wider = new Uint32Array(stack.length * 2);
  wider.set(stack);
  return wider;
};

const toNodes = (graph: HeapGraph, walk: Walk, scratch: ArrayBuffer): Dominators => {
  const { nodeOf, parent: idom } = walk;
  const { nodeCount, selfBytes } = graph;
  const immediate = walk.numberOf; // no longer needed as numbers
  const retainedBytes = new Float64Array(scratch);
  retainedBytes.set(selfBytes);
  // Descending numbers: a node comes before its dominator, so what it retains is complete when it is handed on.
  for (let w = nodeCount - 1; w > 0; w--) {
    const node = nodeOf[w];
    const dominator = nodeOf[idom[w]];
    immediate[node] = dominator;
    retainedBytes[dominator] += retainedBytes[node];
  }
  immediate[0] = 0;
  return { immediate, retainedBytes };
};
