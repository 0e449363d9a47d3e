/**
 * How V8 lays objects out in a 64-bit Node, and how a snapshot shows it. In: a graph and a node. Out: stores, words and
 * names. Small integers are not in a snapshot: a field, an element or an entry that holds one has no edge.
 */
import type { Heap } from '../heap/heap.js';
import { edgeTypes, nodeTypes, type HeapGraph } from '../model/heap-graph.js';

export const wordBytes = 8;
/** The header before the elements of a store and before the characters of a string. */
export const headerBytes = 16;
/** The header before the fields of an object: hidden class, properties, elements. */
export const objectHeaderBytes = 24;
/** Objects of one kind are a habit of the program if there are this many; fewer may be alike by chance. */
export const fewestRows = 10;
/** V8 cuts the texts of strings in snapshots at this length. */
export const longestText = 1024;

export const nodeKinds = {
  object: nodeTypes.indexOf('object'),
  closure: nodeTypes.indexOf('closure'),
  string: nodeTypes.indexOf('string'),
  rope: nodeTypes.indexOf('concatenated string'),
  slice: nodeTypes.indexOf('sliced string'),
  number: nodeTypes.indexOf('number'),
  array: nodeTypes.indexOf('array'),
  hidden: nodeTypes.indexOf('hidden'),
  code: nodeTypes.indexOf('code'),
  symbol: nodeTypes.indexOf('symbol'),
} as const;
export const edgeKinds = {
  context: edgeTypes.indexOf('context'),
  element: edgeTypes.indexOf('element'),
  property: edgeTypes.indexOf('property'),
  internal: edgeTypes.indexOf('internal'),
  hidden: edgeTypes.indexOf('hidden'),
} as const;

/** All objects of V8's class of that name, such as Map. */
export function* objectsNamed(graph: HeapGraph, name: string): Generator<number> {
  const index = graph.strings.indexOf(name);
  for (let node = 0; node < graph.nodeCount; node++)
    if (graph.nodeName[node] === index && graph.nodeType[node] === nodeKinds.object) yield node;
}

/** What the elements of an array are, without those that are small integers. */
export const elementsIn = (graph: HeapGraph, array: number): number[] => {
  const elements: number[] = [];
  for (let edge = graph.firstEdge[array]; edge < graph.firstEdge[array + 1]; edge++)
    if (graph.edgeType[edge] === edgeKinds.element) elements.push(graph.edgeTarget[edge]);
  return elements;
};

/** The object that holds the node in a field of its own; -1 if the node is held in another way. */
export const fieldHolder = ({ graph, paths }: Heap, node: number): number =>
  graph.edgeType[paths.edge[node]] === edgeKinds.property ? paths.from[node] : -1;

/** Nodes by the key that the function gives them; those with the key -1 are left out. */
export const nodesByKey = (graph: HeapGraph, keyOf: (node: number) => number): Map<number, number[]> => {
  const groups = new Map<number, number[]>();
  for (let node = 0; node < graph.nodeCount; node++) {
    const key = keyOf(node);
    if (key === -1) continue;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [node]);
    else known.push(node);
  }
  return groups;
};

/** How many elements or words a store has room for. */
export const capacityOf = (graph: HeapGraph, store: number): number =>
  (graph.selfBytes[store] - headerBytes) / wordBytes;
