/**
 * Nodes by class: in, a graph and its dominators; out, for each class its count, its self bytes, and what all of it
 * retains together, no byte twice. A class is a constructor's name; a plain object's is its shape, `{id, name}`, where at
 * least two objects have that shape; what is no object goes by its kind in brackets, as in Chrome DevTools.
 */
import { twiceAsLong } from '../model/columns.js';
import { edgeTypes, nodeTypes, type HeapGraph } from '../model/heap-graph.js';
import type { Classes, Dominators, HeapClass } from '../model/heap-results.js';

const root = 0;
const property = edgeTypes.indexOf('property');
const objectType = nodeTypes.indexOf('object');
const nativeType = nodeTypes.indexOf('native');

/** Names of kinds of node that have no name of their own; the words are DevTools'. */
const kindNames: Readonly<Record<string, string>> = {
  hidden: '(system)',
  code: '(compiled code)',
  closure: 'Function',
  regexp: 'RegExp',
};

/** A shape's name is cut at this length, with the count of what is left out. */
const shapeLength = 60;

/** `alsoNamed`: shapes that get a class even for one object, so that two heaps are told apart in the same way. */
export const computeClasses = (
  graph: HeapGraph,
  dominators: Dominators,
  alsoNamed: ReadonlySet<string> = new Set(),
): Classes => {
  const { list, classOf } = countClasses(graph, alsoNamed);
  const retained = computeClassRetained(dominators, classOf, list.length);
  return { list: list.map((one, index) => ({ ...one, retainedBytes: retained[index] })), classOf };
};

/** What is known of classes before dominators are: all but what they retain. */
export const countClasses = (
  graph: HeapGraph,
  alsoNamed: ReadonlySet<string> = new Set(),
): { readonly list: readonly Omit<HeapClass, 'retainedBytes'>[]; readonly classOf: Uint32Array } => {
  const { names, classOf } = nameClasses(graph, alsoNamed);
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

/** Gives every node the index of its class. */
const nameClasses = (graph: HeapGraph, alsoNamed: ReadonlySet<string>): { names: string[]; classOf: Uint32Array } => {
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
  const classOf = new Uint32Array(graph.nodeCount);
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
  nameShapes(graph, classOf, classIndex, alsoNamed);
  return { names, classOf };
};

/** Moves plain objects that share their properties with another one to a class of their shape. */
const nameShapes = (
  graph: HeapGraph,
  classOf: Uint32Array,
  classIndex: (name: string) => number,
  alsoNamed: ReadonlySet<string>,
): void => {
  const plain = classIndex('Object');
  const first = new Map<number, number>(); // hash of a shape to the first object of it, or to ~class
  for (let node = 0; node < graph.nodeCount; node++) {
    if (classOf[node] !== plain || graph.nodeType[node] !== objectType) continue;
    const hash = shapeHash(graph, node);
    const known = first.get(hash);
    if (known === undefined) first.set(hash, node);
    else if (known >= 0) {
      classOf[known] = classOf[node] = classIndex(shapeName(graph, node));
      first.set(hash, ~classOf[node]);
    } else classOf[node] = ~known;
  }
  if (alsoNamed.size === 0) return;
  for (const node of first.values()) {
    if (node >= 0 && alsoNamed.has(shapeName(graph, node))) classOf[node] = classIndex(shapeName(graph, node));
  }
};

/** The names of all shapes that at least two plain objects of the heap have. */
export const findShapes = (graph: HeapGraph): Set<string> => {
  const plain = graph.strings.indexOf('Object');
  const counts = new Map<number, number>(); // hash of a shape to its first object, or -1 once it is named
  const names = new Set<string>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.nodeName[node] !== plain || graph.nodeType[node] !== objectType) continue;
    const hash = shapeHash(graph, node);
    const known = counts.get(hash);
    if (known === undefined) counts.set(hash, node);
    else if (known >= 0) {
      names.add(shapeName(graph, node));
      counts.set(hash, -1);
    }
  }
  return names;
};

/** A number that objects with the same property names, in the same order, share. */
const shapeHash = (graph: HeapGraph, node: number): number => {
  let hash = 0;
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    if (graph.edgeType[edge] === property) hash = (Math.imul(hash, 31) + graph.edgeName[edge] + 1) | 0;
  }
  return hash;
};

/** `{id, name}`; the prototype is no property of the object's own. */
const shapeName = (graph: HeapGraph, node: number): string => {
  const names: string[] = [];
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    if (graph.edgeType[edge] !== property) continue;
    const name = graph.strings.get(graph.edgeName[edge]);
    if (name !== '__proto__') names.push(name);
  }
  if (names.length === 0) return 'Object';
  let shown = 0;
  for (let length = 0; shown < names.length && (shown === 0 || length + names[shown].length < shapeLength); shown++)
    length += names[shown].length + 2;
  return `{${names.slice(0, shown).join(', ')}${shown < names.length ? `, +${names.length - shown}` : ''}}`;
};

/**
 * What each class retains: the sum over its nodes that no other node of the class dominates. A walk down the dominator
 * tree that counts, for each class, how many of it are open above. `openNodes` holds three words for each: the node's class,
 * where what it dominates ends, and where the node above goes on.
 */
const computeClassRetained = (dominators: Dominators, classOf: Uint32Array, classes: number): Float64Array => {
  const { immediate, retainedBytes } = dominators;
  const { first, child } = dominatedNodes(immediate);
  const retained = new Float64Array(classes);
  const open = new Uint32Array(classes);
  let openNodes = new Uint32Array(3 << 12);
  let top = 0;
  const rootClass = classOf[root];
  retained[rootClass] = retainedBytes[root];
  open[rootClass] = 1;
  openNodes.set([rootClass, first[root + 1], 0]);
  for (let at = first[root], end = first[root + 1]; top >= 0;) {
    if (at === end) {
      open[openNodes[top]]--;
      at = openNodes[top + 2];
      top -= 3;
      end = openNodes[top + 1];
      continue;
    }
    const node = child[at++];
    const ofClass = classOf[node];
    if (open[ofClass] === 0) retained[ofClass] += retainedBytes[node];
    if (first[node] === first[node + 1]) continue;
    open[ofClass]++;
    top += 3;
    if (top === openNodes.length) openNodes = twiceAsLong(openNodes);
    openNodes[top] = ofClass;
    openNodes[top + 1] = end = first[node + 1];
    openNodes[top + 2] = at;
    at = first[node];
  }
  return retained;
};

/** The dominator tree turned round: those that node n immediately dominates stand at first[n] … first[n + 1]. */
export const dominatedNodes = (immediate: Uint32Array): { first: Uint32Array; child: Uint32Array } => {
  const count = immediate.length;
  const first = new Uint32Array(count + 1);
  for (let node = 1; node < count; node++) first[immediate[node] + 1]++;
  for (let node = 0; node < count; node++) first[node + 1] += first[node];
  const child = new Uint32Array(Math.max(0, count - 1));
  // Filled from the last to the first, so that `first` of the next node, counted down, ends as `first` of this one.
  const next = first.subarray(1);
  for (let node = count - 1; node > 0; node--) child[--next[immediate[node]]] = node;
  first.copyWithin(0, 1);
  first[count] = child.length;
  return { first, child };
};
