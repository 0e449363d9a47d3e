/**
 * Immediate dominators and retained sizes of all nodes: in, a graph, its retaining edges and its retainers; out, two
 * columns. A published algorithm, longer than our functions usually are: Semi-NCA, from L. Georgiadis, R. E. Tarjan,
 * R. F. Werneck, "Finding Dominators in Practice", Journal of Graph Algorithms and Applications 10(1), 2006, 69-94;
 * `semi`, `label`, `ancestor` and `idom` are the paper's names. Everything inside is numbered by the depth-first walk.
 *
 * What the root does not reach, as Chrome DevTools has it: a node that nothing retains hangs on the root with all it
 * holds; what is left then (rings that hold one another) hangs on the root, each node by itself.
 */
import type { HeapGraph } from '../model/heap-graph.js';
import type { Dominators, Retainers, RetainingEdges } from '../model/heap-results.js';

const root = 0;
const unseen = 0xffff_ffff;

export const computeDominators = (graph: HeapGraph, edges: RetainingEdges, retainers: Retainers): Dominators => {
  const walk = walkDepthFirst(graph, edges, retainers);
  const idom = computeIdom(walk, retainers);
  return toNodes(graph, walk, idom);
};

interface Walk {
  /** By node: its number in preorder. */
  readonly numberOf: Uint32Array;
  /** By number: the node. */
  readonly nodeOf: Uint32Array;
  /** By number: the number of the node from which the walk came. */
  readonly parent: Uint32Array;
  /** Numbers from here on are nodes of rings that nothing outside holds. */
  readonly firstOfRings: number;
}

const walkDepthFirst = (graph: HeapGraph, edges: RetainingEdges, retainers: Retainers): Walk => {
  const { nodeCount, firstEdge, edgeTarget } = graph;
  const { bits } = edges;
  const numberOf = new Uint32Array(nodeCount).fill(unseen);
  const nodeOf = new Uint32Array(nodeCount);
  const parent = new Uint32Array(nodeCount);
  const nextEdge = new Uint32Array(nodeCount); // by number
  let count = 0;

  const walkFrom = (start: number): void => {
    numberOf[start] = count;
    nodeOf[count] = start;
    nextEdge[count] = firstEdge[start];
    let current = count++;
    for (;;) {
      const node = nodeOf[current];
      const end = firstEdge[node + 1];
      let edge = nextEdge[current];
      while (edge < end) {
        const target = edgeTarget[edge];
        if (((bits[edge >>> 5] >>> (edge & 31)) & 1) === 1 && numberOf[target] === unseen) break;
        edge++;
      }
      nextEdge[current] = edge + 1;
      if (edge < end) {
        const target = edgeTarget[edge];
        numberOf[target] = count;
        nodeOf[count] = target;
        nextEdge[count] = firstEdge[target];
        parent[count] = current;
        current = count++;
      } else if (node === start) return;
      else current = parent[current];
    }
  };

  walkFrom(root);
  for (let node = 0; node < nodeCount; node++) {
    if (numberOf[node] === unseen && retainers.first[node] === retainers.first[node + 1]) walkFrom(node);
  }
  const firstOfRings = count;
  for (let node = 0; node < nodeCount; node++) {
    if (numberOf[node] !== unseen) continue;
    numberOf[node] = count;
    nodeOf[count++] = node;
  }
  return { numberOf, nodeOf, parent, firstOfRings };
};

const computeIdom = (walk: Walk, retainers: Retainers): Uint32Array => {
  const { numberOf, nodeOf, parent, firstOfRings } = walk;
  const { first, node: retainer } = retainers;
  const count = nodeOf.length;
  const ancestor = parent.slice();
  const idom = parent; // not needed as parents once semi is known
  const semi = new Uint32Array(count);
  const label = new Uint32Array(count); // the smallest semi on the compressed way up to, and without, the ancestor
  const stack = new Uint32Array(count);

  for (let w = count - 1; w > 0; w--) {
    let best = idom[w];
    const node = nodeOf[w];
    const end = w >= firstOfRings ? 0 : first[node + 1]; // the nodes of rings are children of the root, no more
    for (let i = first[node]; i < end; i++) {
      const v = numberOf[retainer[i]];
      if (v <= w) {
        if (v < best) best = v;
        continue;
      }
      // eval(v): compress the way from v up to the root of its tree, which is w or a child of w's ancestors
      let depth = 0;
      let u = v;
      while (ancestor[u] > w) {
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
  return idom;
};

const toNodes = (graph: HeapGraph, walk: Walk, idom: Uint32Array): Dominators => {
  const { nodeOf } = walk;
  const { nodeCount, selfBytes } = graph;
  const immediate = new Uint32Array(nodeCount);
  const retainedBytes = Float64Array.from(selfBytes);
  // Descending numbers: a node comes before its dominator, so what it retains is complete when it is handed on.
  for (let w = nodeCount - 1; w > 0; w--) {
    const node = nodeOf[w];
    const dominator = nodeOf[idom[w]];
    immediate[node] = dominator;
    retainedBytes[dominator] += retainedBytes[node];
  }
  return { immediate, retainedBytes };
};
