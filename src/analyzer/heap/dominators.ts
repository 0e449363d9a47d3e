/**
 * Immediate dominators and retained sizes of all nodes. In: a graph, its walk and its retainers. Out: two columns. A
 * published algorithm, longer than the usual function: Semi-NCA, from L. Georgiadis, R. E. Tarjan, R. F. Werneck, "Finding
 * Dominators in Practice", Journal of Graph Algorithms and Applications 10(1), 2006, 69-94; `semi`, `label`, `ancestor` and
 * `idom` are the paper's names. Everything inside uses the numbers of the depth-first walk. Nodes that the root does not
 * reach are children of the root, as the walk numbered them.
 */
import { twiceAsLong } from '../model/columns.js';
import type { HeapGraph } from '../model/heap-graph.js';
import type { Dominators, Retainers, RetainingEdges } from '../model/heap-results.js';
import { createPredecessors, recordHead } from './predecessors.js';
import { walkHeap, type Walk, type Walked } from './walk.js';

export const computeDominators = (graph: HeapGraph, edges: RetainingEdges, retainers: Retainers): Dominators =>
  computeDominatorsOf(graph, { edges, walk: walkHeap(graph).walk }, retainers);

/** The same for a walk that already exists; its columns are overwritten. */
export const computeDominatorsOf = (graph: HeapGraph, { edges, walk }: Walked, retainers: Retainers): Dominators => {
  const fill = createPredecessors({ ...walk, userOwned: edges.userOwned }, retainers);
  const block = new Uint32Array(1 << 15);
  return computeDominatorsFrom(graph, walk, () => block.subarray(0, fill(block)));
};

/** The same with the retainers in blocks, as predecessors.ts makes them; an empty block is the last one. */
export const computeDominatorsFrom = (graph: HeapGraph, walk: Walk, nextBlock: () => Uint32Array): Dominators => {
  const scratch = new ArrayBuffer(graph.nodeCount * 8);
  computeIdom(walk, nextBlock, new Uint32Array(scratch));
  return toNodes(graph, walk, scratch);
};

/**
 * Turns walk.parent into immediate dominators, by number. `forest` holds two words per node, side by side because they are
 * read together: its ancestor, and its label, which is the smallest semi on the compressed path up to the ancestor,
 * excluding the ancestor.
 */
const computeIdom = (walk: Walk, nextBlock: () => Uint32Array, forest: Uint32Array): void => {
  const { parent: idom, spare: semi, firstOfRings } = walk;
  const count = idom.length;
  semi.set(idom);
  for (let w = 0; w < count; w++) {
    forest[2 * w] = idom[w];
    // the nodes of a ring are children of the root only by number: what else they hold must not count as held by the root
    forest[2 * w + 1] = w < firstOfRings ? idom[w] : w;
  }
  const search = createSemiSearch(semi, forest);
  for (let block = nextBlock(); block.length > 0; block = nextBlock()) search(block);
  for (let w = 1; w < count; w++) {
    let d = idom[w];
    while (d > semi[w]) d = idom[d];
    idom[w] = d;
  }
};

/** Returns a function that computes the semi-dominators of the nodes in a block. */
const createSemiSearch = (semi: Uint32Array, forest: Uint32Array): ((block: Uint32Array) => void) => {
  let stack = new Uint32Array(1 << 12);
  return (block) => {
    for (let at = 0; at < block.length;) {
      const w = block[at];
      let best = Math.min(semi[w], block[at + 1]);
      const end = at + recordHead + block[at + 2];
      for (at += recordHead; at < end; at++) {
        // eval(v): compress the path from v up to the root of its tree, which is w or a child of w's ancestors
        let depth = 0;
        let u = block[at];
        let ancestor = forest[2 * u];
        while (ancestor > w) {
          if (depth === stack.length) stack = twiceAsLong(stack);
          stack[depth++] = u;
          u = ancestor;
          ancestor = forest[2 * u];
        }
        let smallest = forest[2 * u + 1];
        while (depth > 0) {
          u = stack[--depth];
          if (forest[2 * u + 1] < smallest) smallest = forest[2 * u + 1];
          else forest[2 * u + 1] = smallest;
          forest[2 * u] = ancestor;
        }
        if (smallest < best) best = smallest;
      }
      semi[w] = best;
      forest[2 * w + 1] = best;
    }
  };
};

/** Turns results by number into results by node; the walk's columns are overwritten. */
const toNodes = (graph: HeapGraph, walk: Walk, scratch: ArrayBuffer): Dominators => {
  const { nodeOf, parent: idom, spare: size } = walk;
  const { nodeCount, selfBytes } = graph;
  const immediate = walk.numberOf; // its numbers are no longer needed
  const retainedBytes = new Float64Array(scratch);
  retainedBytes.set(selfBytes);
  size.fill(1);
  // In descending order a node comes before its dominator, so its retained size is complete when it is added to the
  // dominator's.
  for (let w = nodeCount - 1; w > 0; w--) {
    const node = nodeOf[w];
    const dominator = nodeOf[idom[w]];
    immediate[node] = dominator;
    retainedBytes[dominator] += retainedBytes[node];
    size[idom[w]] += size[w];
  }
  immediate[0] = 0;
  return { immediate, retainedBytes, ...inPreorder(nodeOf, idom, size) };
};

/** The dominator tree in preorder, from dominators and subtree sizes by number. */
const inPreorder = (
  nodeOf: Uint32Array,
  idom: Uint32Array,
  size: Uint32Array,
): Pick<Dominators, 'preorder' | 'subtreeNodes'> => {
  const preorder = new Uint32Array(nodeOf.length);
  const subtreeNodes = new Uint32Array(nodeOf.length);
  const next = idom; // where the next subtree below goes; it overwrites a dominator that was already read
  subtreeNodes[0] = size[0];
  next[0] = 1;
  for (let w = 1; w < nodeOf.length; w++) {
    const at = next[idom[w]];
    next[idom[w]] = at + size[w];
    next[w] = at + 1;
    preorder[at] = nodeOf[w];
    subtreeNodes[at] = size[w];
  }
  return { preorder, subtreeNodes };
};
