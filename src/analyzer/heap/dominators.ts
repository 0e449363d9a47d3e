/**
 * Immediate dominators and retained sizes of all nodes. In: a graph, its walk and its retainers. Out: two columns. A
 * published algorithm, longer than the usual function: Semi-NCA, from L. Georgiadis, R. E. Tarjan, R. F. Werneck, "Finding
 * Dominators in Practice", Journal of Graph Algorithms and Applications 10(1), 2006, 69-94; `semi`, `label`, `ancestor` and
 * `idom` are the paper's names. Everything inside uses the numbers of the depth-first walk. Nodes that the root does not
 * reach are children of the root, as the walk numbered them.
 */
import { release, sharedWords, twiceAsLong } from '../model/columns.js';
import type { HeapGraph } from '../model/heap-graph.js';
import type { Dominators } from '../model/heap-results.js';
import { packRetainers } from './packed-retainers.js';
import { createPredecessors, recordHead } from './predecessors.js';
import { createTreeReader, writeTree } from './tree-bits.js';
import { walkHeap, type Walk, type Walked } from './walk.js';

export const computeDominators = (graph: HeapGraph): Dominators => computeDominatorsOf(graph, walkHeap(graph));

/** The same for a walk that already exists; its columns are overwritten. */
export const computeDominatorsOf = (graph: HeapGraph, { edges, walk }: Walked): Dominators => {
  const memory = sharedWords(2 * graph.nodeCount);
  const retainers = packRetainers(graph, edges.bits, memory);
  const fill = createPredecessors({ ...walk, userOwned: edges.userOwned }, retainers);
  const block = new Uint32Array(1 << 15);
  return computeDominatorsFrom(graph, walk, () => block.subarray(0, fill(block)), memory);
};

/**
 * The same with the retainers in blocks, as predecessors.ts makes them; an empty block is the last one. `memory` is two words
 * per node: after the first block the second of them is used, after the last both, and the results stay in it.
 */
export const computeDominatorsFrom = (
  graph: HeapGraph,
  walk: Walk,
  nextBlock: () => Uint32Array,
  memory: Uint32Array,
): Dominators => {
  const idom = computeIdom(walk, nextBlock, memory);
  const results = toNodes(graph, walk, idom, memory);
  release([walk.parents]);
  return results;
};

/**
 * Turns walk.parents into immediate dominators, by number, in the first half of the same memory. Until then it is the forest,
 * with two words per node, side by side because they are read together: its ancestor, and its label, which is the smallest
 * semi on the compressed path up to the ancestor, excluding the ancestor. The semi of node w is at 2w + 1 of `memory`.
 */
const computeIdom = (walk: Walk, nextBlock: () => Uint32Array, memory: Uint32Array): Uint32Array => {
  const { parents: forest, firstOfRings } = walk;
  const count = forest.length / 2;
  const tree = writeTree(forest);
  // the nodes of a ring are children of the root only by number: what else they hold must not count as held by the root
  for (let w = 0; w < count; w++) forest[2 * w + 1] = w < firstOfRings ? forest[2 * w] : w;
  let block = nextBlock();
  for (let w = 0; w < count; w++) memory[2 * w + 1] = forest[2 * w];
  const search = createSemiSearch(memory, forest);
  for (; block.length > 0; block = nextBlock()) search(block);
  const idom = forest.subarray(0, count);
  const parentOf = createTreeReader(tree, memory);
  for (let w = 1; w < count; w++) {
    const semi = memory[2 * w + 1];
    let d = parentOf(w);
    while (d > semi) d = idom[d];
    idom[w] = d;
  }
  return idom;
};

/** Returns a function that computes the semi-dominators of the nodes in a block; that of w is at 2w + 1. */
const createSemiSearch = (semi: Uint32Array, forest: Uint32Array): ((block: Uint32Array) => void) => {
  let stack = new Uint32Array(1 << 12);
  return (block) => {
    for (let at = 0; at < block.length;) {
      const w = block[at];
      let best = Math.min(semi[2 * w + 1], block[at + 1]);
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
      semi[2 * w + 1] = best;
      forest[2 * w + 1] = best;
    }
  };
};

/** No sum is larger than this in a heap of fewer bytes. */
const maxWord = 0xffff_ffff;

/** Turns results by number into results by node. All memory of the search is used again, so that nothing is added to its peak. */
const toNodes = (graph: HeapGraph, walk: Walk, idom: Uint32Array, memory: Uint32Array): Dominators => {
  const { numberOf, nodeOf, parents } = walk;
  const { nodeCount, selfBytes } = graph;
  let total = 0;
  for (let node = 0; node < nodeCount; node++) total += selfBytes[node];
  const isSmall = total <= maxWord;
  const retainedBytes = isSmall ? memory.subarray(0, nodeCount) : new Float64Array(memory.buffer, 0, nodeCount);
  const size = parents.subarray(nodeCount).fill(1);
  retainedBytes.set(selfBytes);
  const immediate = numberOf; // its numbers are no longer needed
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
  const preorder = isSmall ? memory.subarray(nodeCount) : sharedWords(nodeCount);
  return { immediate, retainedBytes, ...inPreorder(nodeOf, idom, size, preorder) };
};

/** The dominator tree in preorder, from dominators and subtree sizes by number. */
const inPreorder = (
  nodeOf: Uint32Array,
  idom: Uint32Array,
  size: Uint32Array,
  preorder: Uint32Array,
): Pick<Dominators, 'preorder' | 'subtreeNodes'> => {
  const next = idom; // where the next subtree below goes; it overwrites a dominator that was already read
  const count = nodeOf.length;
  next[0] = 1;
  preorder[0] = 0;
  for (let w = 1; w < count; w++) {
    const at = next[idom[w]];
    next[idom[w]] = at + size[w];
    next[w] = at + 1;
    preorder[at] = nodeOf[w];
  }
  // now all subtrees below w have been placed: next[w] is the end of its own
  const subtreeNodes = nodeOf;
  for (let w = 0; w < count; w++) subtreeNodes[next[w] - size[w]] = size[w];
  return { preorder, subtreeNodes };
};
