/**
 * The depth-first walk from the roots, on which all other passes are based. In: a graph. Out: which edges retain, which
 * nodes the program's globals reach, and the preorder numbers in which dominators are computed.
 *
 * The order is part of the definition (Chrome DevTools'): first everything that the globals reach; then the last rule is
 * applied (an edge from a node that they do not reach to one that they do retains nothing); then the other roots; then, as
 * children of the root, nodes that nothing retains, with everything they hold; then what is left, rings whose nodes hold
 * one another.
 */
import { isMarked, sharedWords } from '../model/columns.js';
import type { HeapGraph } from '../model/heap-graph.js';
import type { RetainingEdges } from '../model/heap-results.js';
import { isWeak, ruleEdges, sourceOf, userRoots, type RuledEdges } from './edge-rules.js';

const root = 0;

export interface Walk {
  /** By node: its number in preorder; the root has number 0. */
  readonly numberOf: Uint32Array;
  /** By number: its node. */
  readonly nodeOf: Uint32Array;
  /**
   * By number w: at 2w, the number of the node from which the walk came. The words between are free: memory use peaks while
   * dominators are computed.
   */
  readonly parents: Uint32Array;
  /** Numbers up to this one belong to the root and to nodes that the globals reach (all but a few of them). */
  readonly lastOwned: number;
  /** Numbers from here on belong to nodes of rings that nothing outside holds. */
  readonly firstOfRings: number;
}

export interface Walked {
  readonly edges: RetainingEdges;
  readonly walk: Walk;
}

/** `ruled`: the bits are changed, the last rule is applied to them. */
export const walkHeap = (graph: HeapGraph, ruled: RuledEdges = ruleEdges(graph)): Walked => {
  const walker = new Walker(graph, ruled.bits);
  const { numberOf, nodeOf, parents } = walker;
  const roots = userRoots(graph);
  mark(walker.seen, root);
  walker.number(root);
  for (const node of roots) walker.walkFrom(node);
  const lastOwned = walker.count - 1;
  const userOwned = markOwned(graph, walker.seen.slice(), roots, ruled.others);
  dropForeignEdges(graph, ruled.bits, userOwned);
  walkRest(graph, walker);
  const firstOfRings = walker.count;
  for (let node = 0; node < graph.nodeCount; node++) if (mark(walker.seen, node)) walker.number(node);
  const walk = { numberOf, nodeOf, parents, lastOwned, firstOfRings };
  return { edges: { bits: ruled.bits, userOwned }, walk };
};

class Walker {
  count = 0;
  readonly numberOf: Uint32Array;
  readonly nodeOf: Uint32Array;
  /** By number w: at 2w its parent, at 2w + 1 the first edge that was not yet looked at, 0 if there is none. */
  readonly parents: Uint32Array;
  /** Which nodes have a number: one bit each, because millions of random reads of 4 bytes each would miss every cache. */
  readonly seen: Uint32Array;

  constructor(
    private readonly graph: HeapGraph,
    readonly bits: Uint32Array,
  ) {
    this.numberOf = sharedWords(graph.nodeCount);
    this.nodeOf = sharedWords(graph.nodeCount);
    this.parents = new Uint32Array(2 * graph.nodeCount);
    this.seen = new Uint32Array((graph.nodeCount + 31) >>> 5);
  }

  /** Numbers one node as a child of the root. */
  number(node: number): void {
    this.numberOf[node] = this.count;
    this.nodeOf[this.count++] = node;
  }

  /** Numbers every node that is reachable from this one and was not yet seen; the start node becomes a child of the root. */
  // oxlint-disable-next-line max-lines-per-function -- a published algorithm (depth-first search): every column in a local, no call
  walkFrom(start: number): void {
    const { bits, numberOf, nodeOf, parents, seen } = this;
    const { firstEdge, edgeTarget } = this.graph;
    if (!mark(seen, start)) return;
    let count = this.count;
    numberOf[start] = count;
    nodeOf[count] = start;
    let current = count++;
    let edge = firstEdge[start];
    let end = firstEdge[start + 1];
    for (;;) {
      let target = 0;
      for (; edge < end; edge++) {
        if (((bits[edge >>> 5] >>> (edge & 31)) & 1) === 0) continue;
        target = edgeTarget[edge];
        if (((seen[target >>> 5] >>> (target & 31)) & 1) === 0) break;
      }
      if (edge < end) {
        seen[target >>> 5] |= 1 << (target & 31);
        numberOf[target] = count;
        nodeOf[count] = target;
        parents[2 * count] = current;
        const first = firstEdge[target];
        const last = firstEdge[target + 1];
        edge++;
        if (first < last) {
          parents[2 * current + 1] = edge === end ? 0 : edge; // 0: coming back, no column has to be looked at
          current = count;
          edge = first;
          end = last;
        }
        count++;
      } else {
        do current = parents[2 * current];
        while (current !== 0 && parents[2 * current + 1] === 0);
        if (current === 0) break;
        edge = parents[2 * current + 1];
        end = firstEdge[nodeOf[current] + 1];
      }
    }
    this.count = count;
  }
}

/**
 * Marks what the globals reach by any edge that is not weak. The walk followed retaining edges; the few nodes that it
 * missed are behind the others (from a WeakMap's table to a value whose key nothing holds).
 */
const markOwned = (
  graph: HeapGraph,
  owned: Uint32Array,
  roots: readonly number[],
  others: Uint32Array,
): Uint32Array => {
  owned[0] &= ~1; // the root itself was seen, but is owned only if an edge leads back to it
  const open = [...roots].filter((node) => mark(owned, node));
  for (let word = 0; word < others.length; word++) {
    for (let rest = others[word]; rest !== 0; rest &= rest - 1) {
      const edge = word * 32 + 31 - Math.clz32(rest & -rest);
      const target = graph.edgeTarget[edge];
      if (isMarked(owned, sourceOf(graph, edge)) && mark(owned, target)) open.push(target);
    }
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
      const target = graph.edgeTarget[edge];
      if (!isWeak(graph, edge) && mark(owned, target)) open.push(target);
    }
  }
  return owned;
};

/** Marks a node; returns false if it was already marked. */
const mark = (marks: Uint32Array, node: number): boolean => {
  if (isMarked(marks, node)) return false;
  marks[node >>> 5] |= 1 << (node & 31);
  return true;
};

/** Clears the bit of edges from nodes that the globals do not reach to nodes that they reach. */
const dropForeignEdges = (graph: HeapGraph, bits: Uint32Array, owned: Uint32Array): void => {
  const { nodeCount, firstEdge, edgeTarget } = graph;
  for (let node = 1; node < nodeCount; node++) {
    if (isMarked(owned, node)) continue;
    const end = firstEdge[node + 1];
    for (let edge = firstEdge[node]; edge < end; edge++)
      if (isMarked(owned, edgeTarget[edge])) bits[edge >>> 5] &= ~(1 << (edge & 31));
  }
};

/** Walks the other roots, and then what nothing retains. */
const walkRest = (graph: HeapGraph, walker: Walker): void => {
  const { nodeCount, firstEdge, edgeTarget } = graph;
  const { seen, bits } = walker;
  for (let edge = firstEdge[root]; edge < firstEdge[root + 1]; edge++)
    if (((bits[edge >>> 5] >>> (edge & 31)) & 1) === 1) walker.walkFrom(edgeTarget[edge]);
  // Nothing that was seen retains an unseen node: only the unseen ones show whether a node is retained at all.
  const held = new Uint32Array((nodeCount + 31) >>> 5);
  for (let node = 0; node < nodeCount; node++) {
    if (isMarked(seen, node)) continue;
    for (let edge = firstEdge[node]; edge < firstEdge[node + 1]; edge++)
      if (((bits[edge >>> 5] >>> (edge & 31)) & 1) === 1) mark(held, edgeTarget[edge]);
  }
  for (let node = 0; node < nodeCount; node++)
    if (!isMarked(seen, node) && !isMarked(held, node)) walker.walkFrom(node);
};
