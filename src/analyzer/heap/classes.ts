/**
 * Nodes by class. In: a graph and its dominators. Out: for each class its count, its self size, and what all of its nodes
 * retain together, no byte counted twice. A class is a constructor's name; for a plain object it is the object's shape,
 * `{id, name}`, if at least two objects have that shape; nodes that are no objects get their kind in brackets, as in Chrome
 * DevTools.
 */
import { sharedWords } from '../model/columns.js';
import { edgeTypes, nodeTypes, type HeapGraph } from '../model/heap-graph.js';
import { detachedName } from './words.js';
import type { Classes, Dominators, HeapClass } from '../model/heap-results.js';

const property = edgeTypes.indexOf('property');
const objectType = nodeTypes.indexOf('object');
const nativeType = nodeTypes.indexOf('native');

/** Names of the kinds of nodes that have no name of their own, as in DevTools. */
const kindNames: Readonly<Record<string, string>> = {
  hidden: '(system)',
  code: '(compiled code)',
  closure: 'Function',
  regexp: 'RegExp',
};

/** A shape's name is cut at this length, followed by the count of what is left out. */
const shapeLength = 60;

/** How plain objects are divided into classes. */
export interface Shapes {
  /** Shapes that get a class even for one object, so that two heaps are divided into the same classes. */
  readonly alsoNamed: ReadonlySet<string>;
  /**
   * Objects that have the same properties in other orders are of one class, in all heaps for which this is the same map: its
   * name by its sorted properties. Two processes that do the same can add properties in another order.
   */
  readonly anyOrder?: Map<string, string>;
}

const ofOneHeap: Shapes = { alsoNamed: new Set() };

export const computeClasses = (graph: HeapGraph, dominators: Dominators, shapes: Shapes = ofOneHeap): Classes =>
  withRetained(countClasses(graph, shapes), dominators);

/** What is known about classes before dominators are computed: everything but retained sizes. */
export interface CountedClasses {
  readonly list: readonly Omit<HeapClass, 'retainedBytes'>[];
  readonly classOf: Uint32Array;
}

export const withRetained = ({ list, classOf }: CountedClasses, dominators: Dominators): Classes => {
  const retained = computeClassRetained(dominators, classOf, list.length);
  return { list: list.map((one, index) => ({ ...one, retainedBytes: retained[index] })), classOf };
};

export const countClasses = (graph: HeapGraph, shapes: Shapes = ofOneHeap): CountedClasses => {
  const { names, classOf } = nameClasses(graph, shapes);
  const { selfBytes, nodeCount } = graph;
  const count = new Float64Array(names.length);
  const self = new Float64Array(names.length);
  for (let node = 0; node < nodeCount; node++) {
    count[classOf[node]]++;
    self[classOf[node]] += selfBytes[node];
  }
  const list = names.map((name, index) => ({ name, count: count[index], selfBytes: self[index] }));
  return { list, classOf };
};

/** Assigns to every node the index of its class. */
const nameClasses = (graph: HeapGraph, shapes: Shapes): { names: string[]; classOf: Uint32Array } => {
  const names: string[] = [];
  const indexOf = new Map<string, number>();
  const classIndex = (name: string): number => {
    const known = indexOf.get(name);
    if (known !== undefined) return known;
    indexOf.set(name, names.length);
    return names.push(name) - 1;
  };
  const kinds = nodeTypes.map((type) => classIndex(kindNames[type] ?? `(${type})`));
  const byName = new Map<number, number>();
  const classOf = sharedWords(graph.nodeCount);
  const { nodeType, nodeName, strings } = graph;
  for (let node = 0; node < graph.nodeCount; node++) {
    const type = nodeType[node];
    if (type !== objectType && type !== nativeType) {
      classOf[node] = kinds[type];
      continue;
    }
    let index = byName.get(nodeName[node]);
    if (index === undefined) byName.set(nodeName[node], (index = classIndex(strings.get(nodeName[node]))));
    classOf[node] = index;
  }
  for (const node of graph.detached)
    if (nodeType[node] === nativeType)
      classOf[node] = classIndex(detachedName(graph, node, strings.get(nodeName[node])));
  nameShapes(graph, classOf, classIndex, shapes);
  return { names, classOf };
};

/** Moves plain objects that have the same properties as another one to a class for their shape. */
const nameShapes = (
  graph: HeapGraph,
  classOf: Uint32Array,
  classIndex: (name: string) => number,
  { alsoNamed, anyOrder }: Shapes,
): void => {
  const plain = classIndex('Object');
  const first = new Map<number, number>(); // from the hash of a shape to the first object that has it, or to ~class
  for (let node = 0; node < graph.nodeCount; node++) {
    if (classOf[node] !== plain || graph.nodeType[node] !== objectType) continue;
    const hash = shapeHash(graph, node, anyOrder !== undefined);
    const known = first.get(hash);
    if (known === undefined) first.set(hash, node);
    else if (known >= 0) {
      classOf[known] = classOf[node] = classIndex(shapeName(graph, node, anyOrder));
      first.set(hash, ~classOf[node]);
    } else classOf[node] = ~known;
  }
  if (alsoNamed.size === 0) return;
  for (const node of first.values()) {
    if (node < 0) continue;
    const name = shapeName(graph, node, anyOrder);
    if (alsoNamed.has(name)) classOf[node] = classIndex(name);
  }
};

/** The names of all shapes that at least two plain objects of the heap have. */
export const findShapes = (graph: HeapGraph, anyOrder?: Map<string, string>): Set<string> => {
  const plain = graph.strings.indexOf('Object');
  const counts = new Map<number, number>(); // from the hash of a shape to the first object that has it, or -1 once it has a name
  const names = new Set<string>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.nodeName[node] !== plain || graph.nodeType[node] !== objectType) continue;
    const hash = shapeHash(graph, node, anyOrder !== undefined);
    const known = counts.get(hash);
    if (known === undefined) counts.set(hash, node);
    else if (known >= 0) {
      names.add(shapeName(graph, node, anyOrder));
      counts.set(hash, -1);
    }
  }
  return names;
};

/** A number that is the same for objects with the same property names, in the same order or in any. */
const shapeHash = (graph: HeapGraph, node: number, inAnyOrder: boolean): number => {
  let hash = 0;
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    if (graph.edgeType[edge] !== property) continue;
    const name = graph.edgeName[edge] + 1;
    hash = inAnyOrder ? (hash + Math.imul(name ^ (name >>> 7), 0x9e3779b1)) | 0 : (Math.imul(hash, 31) + name) | 0;
  }
  return hash;
};

/** `{id, name}`; the prototype is not an own property and left out. */
const shapeName = (graph: HeapGraph, node: number, anyOrder?: Map<string, string>): string => {
  const names: string[] = [];
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    if (graph.edgeType[edge] !== property) continue;
    const name = graph.strings.get(graph.edgeName[edge]);
    if (name !== '__proto__') names.push(name);
  }
  if (anyOrder === undefined) return nameOf(names);
  const sorted = names.toSorted().join('\n');
  const known = anyOrder.get(sorted) ?? nameOf(names);
  anyOrder.set(sorted, known);
  return known;
};

const nameOf = (names: readonly string[]): string => {
  if (names.length === 0) return 'Object';
  let shown = 0;
  for (let length = 0; shown < names.length && (shown === 0 || length + names[shown].length < shapeLength); shown++)
    length += names[shown].length + 2;
  return `{${names.slice(0, shown).join(', ')}${shown < names.length ? `, +${names.length - shown}` : ''}}`;
};

/**
 * The retained size of each class: the sum over its nodes that no other node of the class dominates. In the preorder of the
 * dominator tree, those are the nodes that come after the end of the previous one's subtree.
 */
const computeClassRetained = (dominators: Dominators, classOf: Uint32Array, classes: number): Float64Array => {
  const { preorder, subtreeNodes, retainedBytes } = dominators;
  const retained = new Float64Array(classes);
  const subtreeEnd = new Uint32Array(classes);
  for (let at = 0; at < preorder.length; at++) {
    const node = preorder[at];
    const ofClass = classOf[node];
    if (at < subtreeEnd[ofClass]) continue;
    retained[ofClass] += retainedBytes[node];
    subtreeEnd[ofClass] = at + subtreeNodes[at];
  }
  return retained;
};
