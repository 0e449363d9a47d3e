/**
 * Which object holds a transient node. The permanent nodes (those in every snapshot) of the last graph form a tree by
 * dominance. A transient node belongs to the deepest permanent node through which all paths to it lead; if that is a
 * context or an object of a class, to the one variable or property through which they lead. In: the last graph and its
 * dominators. Out: questions about that tree; a holder is a number, of a node of the last graph or of a slot of one.
 */
import { edgeTypes, nodeName, type HeapGraph } from '../../model/heap-graph.js';
import { types } from './growth-classes.js';
import { createClimb } from './climb.js';
import { hasOwnClass } from './own-class.js';

export interface Dominance {
  /** The nearest permanent object at or above a node, never a store or another record of V8's. */
  holderOf(node: number): number;
  /** A variable of a context, or a property of an object of a class, as a separate holder; otherwise the node. */
  slotOf(node: number, name: string): number;
  /** The node that a holder is, or that has it as a slot. */
  nodeOf(holder: number): number;
  /** The deepest holder above both holders. */
  commonHolder(a: number, b: number): number;
  /** Whether it is no leak of the program's: memwatch's own guard and what that holds, and pools of Node's own, which have a bound. */
  isLeftOut(holder: number): boolean;
}

/** An object with more edges than this is treated as a dictionary: its keys are no slots. */
const maxSlots = 64;

/** Part of the object that holds it, and not a holder by itself. */
const isPart = (type: number): boolean =>
  type === types.array || type === types.hidden || type === types.code || type === types.objectShape;

export const createDominance = (graph: HeapGraph, immediate: Uint32Array, isPermanent: Uint8Array): Dominance => {
  const depth = depths(immediate);
  const { nodeType, nodeCount } = graph;
  const canHold = (node: number): boolean => isPermanent[node] === 1 && !isPart(nodeType[node]);
  const holderOf = (start: number): number => {
    let node = start;
    while (node !== 0 && !canHold(node)) node = immediate[node];
    return node;
  };
  const slots = createSlots(graph);
  const leftOut = new Set([...guardNodes(graph), ...poolNodes(graph)]);
  const leftOutAbove = createClimb((node) => (node === 0 || leftOut.has(node) ? undefined : immediate[node]));
  // A long list of permanent nodes makes the tree as deep as the list is long, and the same few pairs are asked for
  // repeatedly.
  const known = new Map<number, number>();
  const commonHolder = (one: number, other: number): number => {
    if (one === other) return one;
    const a = slots.nodeOf(one);
    const b = slots.nodeOf(other);
    if (a === b) return a;
    const key = Math.min(a, b) * nodeCount + Math.max(a, b);
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = holderOf(meet(a, b, immediate, depth));
    if (known.size > 100_000) known.clear();
    known.set(key, found);
    return found;
  };
  const isLeftOut = (holder: number): boolean => leftOutAbove(slots.nodeOf(holder)) !== 0;
  return { holderOf, commonHolder, isLeftOut, ...slots };
};

/** The nodes that a property named by memwatch's symbol leads to. */
const guardNodes = (graph: HeapGraph): Set<number> => {
  const name = graph.strings.indexOf('<symbol memwatch>');
  const guards = new Set<number>();
  if (name === -1) return guards;
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    if (graph.edgeName[edge] === name && graph.edgeType[edge] === property) guards.add(graph.edgeTarget[edge]);
  }
  return guards;
};
const property = edgeTypes.indexOf('property');

/** Node keeps the parsers of closed HTTP connections for reuse, at most 1,000, in a list of its class FreeList. */
const poolNodes = (graph: HeapGraph): number[] => {
  const name = graph.strings.indexOf('FreeList');
  const [list, ctor] = [graph.strings.indexOf('list'), graph.strings.indexOf('ctor')];
  const pools: number[] = [];
  if (name === -1) return pools;
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.nodeName[node] !== name || isPart(graph.nodeType[node])) continue;
    const fields = graph.edgeName.subarray(graph.firstEdge[node], graph.firstEdge[node + 1]);
    if (fields.includes(list) && fields.includes(ctor)) pools.push(node);
  }
  return pools;
};

/** Slots are numbered from the graph's node count upwards. */
const createSlots = (graph: HeapGraph): Pick<Dominance, 'slotOf' | 'nodeOf'> => {
  const numbers = new Map<string, number>();
  const nodes: number[] = [];
  const hasSlots = (node: number): boolean => {
    if (graph.firstEdge[node + 1] - graph.firstEdge[node] > maxSlots)
      return nodeName(graph, node) === 'system / Context';
    return nodeName(graph, node) === 'system / Context' || hasOwnClass(graph, node);
  };
  return {
    slotOf(node, name) {
      if (!hasSlots(node)) return node;
      const key = `${node}.${name}`;
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const number = graph.nodeCount + nodes.push(node) - 1;
      numbers.set(key, number);
      return number;
    },
    nodeOf: (holder) => (holder < graph.nodeCount ? holder : nodes[holder - graph.nodeCount]),
  };
};

const meet = (a: number, b: number, immediate: Uint32Array, depth: Uint32Array): number => {
  let x = a;
  let y = b;
  while (x !== y) {
    if (depth[x] >= depth[y]) x = immediate[x];
    else y = immediate[y];
  }
  return x;
};

/** For each node: its depth in the dominator tree. */
const depths = (immediate: Uint32Array): Uint32Array => {
  const depth = new Uint32Array(immediate.length);
  const way = new Uint32Array(immediate.length);
  for (let start = 1; start < immediate.length; start++) {
    let length = 0;
    let node = start;
    while (node !== 0 && depth[node] === 0) {
      way[length++] = node;
      node = immediate[node];
    }
    let above = depth[node];
    while (length > 0) depth[way[--length]] = ++above;
  }
  return depth;
};
