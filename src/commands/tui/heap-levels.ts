/** The trees of the Heap tab: fields, what holds an object, what it dominates. In: HeapData. Out: levels of a tree. */
import { edgeTypes } from '../../analyzer/model/heap-graph.js';
import { retains } from '../../analyzer/heap/edges.js';
import type { HeapData } from './heap-data.js';
import type { Level } from './tree-list.js';

const internal = edgeTypes.indexOf('internal');
const property = edgeTypes.indexOf('property');

/** What a node points to: items are edges. */
export const fieldsLevel = (data: HeapData, node: number): Level => {
  const { graph } = data;
  const count = (of: number): number => graph.firstEdge[of + 1] - graph.firstEdge[of];
  const target = (edge: number): number => graph.edgeTarget[edge];
  return {
    items: range(graph.firstEdge[node], graph.firstEdge[node + 1]),
    nodeOf: target,
    edgeOf: (edge) => edge,
    below: (edge) => fieldsLevel(data, target(edge)),
    hasBelow: (edge) => count(target(edge)) > 0,
  };
};

const range = (from: number, to: number): Uint32Array => {
  const numbers = new Uint32Array(to - from);
  for (let at = 0; at < numbers.length; at++) numbers[at] = from + at;
  return numbers;
};

/** Nodes of one class; below each its fields. */
export const objectsLevel = (data: HeapData, className: string): Level => {
  const index = data.classes.list.findIndex((one) => one.name === className);
  const { classOf } = data.classes;
  const items = new Uint32Array(data.classes.list[index]?.count ?? 0);
  let count = 0;
  for (let node = 0; node < classOf.length && count < items.length; node++) {
    if (classOf[node] === index) items[count++] = node;
  }
  const { firstEdge } = data.graph;
  return {
    items,
    nodeOf: (node) => node,
    edgeOf: () => undefined,
    below: (node) => fieldsLevel(data, node),
    hasBelow: (node) => firstEdge[node + 1] > firstEdge[node],
  };
};

/** What a node alone keeps alive; the top is what the root dominates. */
export const dominatedLevel = (data: HeapData, node = 0): Level => {
  const { first, child } = data.dominated;
  return {
    items: child.slice(first[node], first[node + 1]),
    nodeOf: (below) => below,
    edgeOf: () => undefined,
    below: (below) => dominatedLevel(data, below),
    hasBelow: (below) => first[below + 1] > first[below],
  };
};

/**
 * What holds a node: items are the edges that lead to it and keep it alive. First those on the way to the root, then
 * properties and variables, last V8's own.
 */
export const retainersLevel = (data: HeapData, node: number): Level => {
  const { graph, retainers } = data;
  const holder = (edge: number): number => ownerOf(graph.firstEdge, edge);
  const edges = [...new Set(retainers.node.subarray(retainers.first[node], retainers.first[node + 1]))].flatMap(
    (from) => edgesBetween(data, from, node),
  );
  return {
    items: Uint32Array.from(edges.sort((a, b) => remoteness(data, node, a) - remoteness(data, node, b) || a - b)),
    nodeOf: holder,
    edgeOf: (edge) => edge,
    below: (edge) => retainersLevel(data, holder(edge)),
    hasBelow: (edge) => retainers.first[holder(edge) + 1] > retainers.first[holder(edge)],
  };
};

const remoteness = ({ paths, graph }: HeapData, node: number, edge: number): number => {
  if (paths.edge[node] === edge) return 0;
  return graph.edgeType[edge] === property ? 1 : graph.edgeType[edge] === internal ? 3 : 2;
};

const edgesBetween = ({ graph, edges }: HeapData, from: number, to: number): number[] => {
  const found: number[] = [];
  for (let edge = graph.firstEdge[from]; edge < graph.firstEdge[from + 1]; edge++) {
    if (graph.edgeTarget[edge] === to && retains(edges, edge)) found.push(edge);
  }
  return found;
};

/** The node that an edge belongs to: the last one whose edges begin at or before it. */
const ownerOf = (firstEdge: Uint32Array, edge: number): number => {
  let low = 0;
  let high = firstEdge.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (firstEdge[middle] <= edge) low = middle;
    else high = middle - 1;
  }
  return low;
};
