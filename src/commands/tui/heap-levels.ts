/** The trees of the Heap tab: fields, what holds an object, what it dominates. In: HeapData. Out: levels of a tree. */
import { retains } from '../../analyzer/heap/edges.js';
import type { Heap } from '../../analyzer/heap/heap.js';
import { isPersons, labelOf, type Label } from '../../analyzer/heap/words.js';
import { edgeName, edgeTypes, nodeTypes } from '../../analyzer/model/heap-graph.js';
import { noEdge, type Dominators } from '../../analyzer/model/heap-results.js';
import type { Level } from './tree-list.js';

const weak = edgeTypes.indexOf('weak');
const internal = edgeTypes.indexOf('internal');
const property = edgeTypes.indexOf('property');
const codeType = nodeTypes.indexOf('code');
const shapeType = nodeTypes.indexOf('object shape');

/**
 * What a node points to: items are edges. V8's machinery is stepped over: a Map shows its entries, an array its
 * elements, a function the variables it closes over.
 */
export const fieldsLevel = (heap: Heap, node: number): Level => {
  const { firstEdge, edgeTarget } = heap.graph;
  const fields = fieldsOf(heap, node);
  return {
    items: fields.edges,
    nodeOf: (edge) => edgeTarget[edge],
    textOf: (edge) => {
      const via = fields.via.find((one) => edge >= firstEdge[one.node] && edge < firstEdge[one.node + 1]);
      const label = labelOf(heap.graph, via?.node ?? node, edge, via?.label).text || `[${edgeName(heap.graph, edge)}]`;
      return heap.graph.edgeType[edge] === weak ? `(weak) ${label}` : label;
    },
    below: (edge) => fieldsLevel(heap, edgeTarget[edge]),
    hasBelow: (edge) => firstEdge[edgeTarget[edge] + 1] > firstEdge[edgeTarget[edge]],
  };
};

/** Backing stores and contexts whose edges stand in place of the edge to them, and how they were reached. */
interface Fields {
  readonly edges: Uint32Array;
  readonly via: readonly { readonly node: number; readonly label: Label }[];
}

const mostVia = 8;

const fieldsOf = (heap: Heap, node: number): Fields => {
  const { graph } = heap;
  const via: { node: number; label: Label }[] = [];
  const own = range(graph.firstEdge[node], graph.firstEdge[node + 1]);
  if (own.length > 64) return { edges: own, via }; // an object with so many is no wrapper of a store
  const named = new Set<number>();
  for (const edge of own) if (!isStore(heap, edge)) named.add(graph.edgeTarget[edge]);
  const parts: Uint32Array[] = [];
  for (const edge of own) {
    const target = graph.edgeTarget[edge];
    if (via.length >= mostVia || !isStore(heap, edge)) parts.push(Uint32Array.of(edge));
    else {
      via.push({ node: target, label: labelOf(graph, node, edge) });
      const stored = range(graph.firstEdge[target], graph.firstEdge[target + 1]);
      parts.push(stored.filter((one) => !named.has(graph.edgeTarget[one]))); // V8 names elements and properties as well
    }
  }
  return { edges: joined(parts), via };
};

/** An edge to machinery that itself holds something: worth stepping over. Hidden classes and code are not. */
const isStore = ({ graph, edges }: Heap, edge: number): boolean => {
  const target = graph.edgeTarget[edge];
  const type = graph.nodeType[target];
  if (type === codeType || type === shapeType || !retains(edges, edge) || isPersons(graph, target)) return false;
  return graph.firstEdge[target + 1] > graph.firstEdge[target];
};

const range = (from: number, to: number): Uint32Array => {
  const numbers = new Uint32Array(to - from);
  for (let at = 0; at < numbers.length; at++) numbers[at] = from + at;
  return numbers;
};

const joined = (parts: readonly Uint32Array[]): Uint32Array => {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** Those nodes as they stand; below each its fields. */
export const nodesLevel = (heap: Heap, items: Uint32Array): Level => {
  const { firstEdge } = heap.graph;
  return {
    items,
    nodeOf: (node) => node,
    textOf: () => undefined,
    below: (node) => fieldsLevel(heap, node),
    hasBelow: (node) => firstEdge[node + 1] > firstEdge[node],
  };
};

/** The same, each with the name by which it is reached: `sessions: Map`. */
export const namedLevel = (heap: Heap, items: Uint32Array): Level => ({
  ...nodesLevel(heap, items),
  textOf: (node) => {
    const edge = heap.paths.edge[node];
    const text = edge === noEdge ? '' : labelOf(heap.graph, heap.paths.from[node], edge).text;
    return text === '' ? undefined : text;
  },
});

export const nodesOfClass = ({ classes }: Heap, className: string): Uint32Array => {
  const index = classes.list.findIndex((one) => one.name === className);
  const { classOf } = classes;
  const nodes = new Uint32Array(classes.list[index]?.count ?? 0);
  let count = 0;
  for (let node = 0; node < classOf.length && count < nodes.length; node++) {
    if (classOf[node] === index) nodes[count++] = node;
  }
  return nodes;
};

/** What a node alone keeps alive; the top is what the root dominates. Items are places in the preorder of dominators. */
export const dominatedLevel = (dominators: Dominators, at = 0): Level => {
  const { preorder, subtreeNodes } = dominators;
  return {
    items: placesBelow(subtreeNodes, at),
    nodeOf: (place) => preorder[place],
    textOf: () => undefined,
    below: (place) => dominatedLevel(dominators, place),
    hasBelow: (place) => subtreeNodes[place] > 1,
  };
};

const placesBelow = (subtreeNodes: Uint32Array, at: number): Uint32Array => {
  const end = at + subtreeNodes[at];
  let count = 0;
  for (let place = at + 1; place < end; place += subtreeNodes[place]) count++;
  const places = new Uint32Array(count);
  for (let place = at + 1, index = 0; place < end; place += subtreeNodes[place]) places[index++] = place;
  return places;
};

/**
 * What holds a node: items are the edges that lead to it and keep it alive. First the one on the way to the root, then
 * properties and variables, last V8's own.
 */
export const retainersLevel = (heap: Heap, node: number): Level => {
  const { graph, retainers } = heap;
  const holder = (edge: number): number => ownerOf(graph.firstEdge, edge);
  const holders = new Set(retainers.node.subarray(retainers.first[node], retainers.first[node + 1]));
  const edges = [...holders].flatMap((from) => edgesBetween(heap, from, node));
  return {
    items: Uint32Array.from(edges.sort((a, b) => remoteness(heap, node, a) - remoteness(heap, node, b) || a - b)),
    nodeOf: holder,
    textOf: (edge) => labelOf(graph, holder(edge), edge).text || `[${edgeName(graph, edge)}]`,
    below: (edge) => retainersLevel(heap, holder(edge)),
    hasBelow: (edge) => retainers.first[holder(edge) + 1] > retainers.first[holder(edge)],
  };
};

const remoteness = ({ paths, graph }: Heap, node: number, edge: number): number => {
  if (paths.edge[node] === edge) return 0;
  return graph.edgeType[edge] === property ? 1 : graph.edgeType[edge] === internal ? 3 : 2;
};

const edgesBetween = ({ graph, edges }: Heap, from: number, to: number): number[] => {
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
