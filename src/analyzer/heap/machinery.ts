/**
 * What V8 puts between the objects of a program, and which objects a user knows. In: a graph and a node. Out: yes or no.
 * Stores hold things on behalf of an object (a Map's table, an array's elements, a closure's contexts); layout (hidden
 * classes, compiled code) is shared by all objects of a kind.
 */
import { edgeTypes, nodeName, nodeTypeName, nodeTypes, type HeapGraph } from '../model/heap-graph.js';

/** Nodes that the program did not make: they are never shown between two other nodes of a path. */
export const isMachinery = (graph: HeapGraph, node: number): boolean => {
  const type = nodeTypeName(graph, node);
  if (type === 'hidden' || type === 'array' || type === 'code' || type === 'object shape') return true;
  const name = nodeName(graph, node);
  return (
    (type === 'synthetic' && name === '(GC roots)') ||
    name.startsWith('system / ') || // of type hidden in most versions; object or native in some
    (type === 'object' && name === 'TimersList')
  );
};

/** Whether a path may begin at this node, whatever leads to it: the globals, `process`, a timer that is due. */
export const isStart = (graph: HeapGraph, node: number): boolean => {
  if (nodeTypeName(graph, node) !== 'object') return false;
  const name = nodeName(graph, node);
  return name === 'process' || name === 'Timeout' || name === 'Immediate' || isGlobalName(name);
};

export const isGlobalName = (name: string): boolean =>
  name === 'global' || /^(global|Window)( \[\w+\])? (\/ |\()/.test(name);

/** What a walk from object to object needs to know about the nodes and edges between them. */
export interface Machinery {
  /** Whether it holds things on behalf of another object. A node that holds nothing is not a store: it is what is held. */
  isStore(node: number): boolean;
  /** Whether it is a hidden class or compiled code. */
  isLayout(node: number): boolean;
  /** Whether the edge describes its holder's layout, not what it holds. */
  isLayoutEdge(edge: number): boolean;
}

/** Node 18 gives hidden classes no node type of their own. */
const layoutNames = /^system \/ (Map|DescriptorArray|TransitionArray|PrototypeInfo|EnumCache)\b/;
/** Values (`undefined` is an oddball in Node 18), and a realm, whose hundreds of builtins no user wants to see as its contents. */
const otherNames = /^system \/ (Oddball|Hole|NativeContext)\b/;

const internal = edgeTypes.indexOf('internal');
const array = nodeTypes.indexOf('array');
const layoutTypes = nodeTypes.map((type) => type === 'code' || type === 'object shape');
/** The types of nodes whose names show what they are. */
const namedTypes = nodeTypes.map((type) => type === 'hidden' || type === 'object' || type === 'native');

/** The meaning of a node's name; 0 means that it was not yet looked at. */
const meanings = { other: 1, store: 2, layout: 3 };

export const createMachinery = (graph: HeapGraph): Machinery => {
  const { nodeType, firstEdge, edgeType, edgeTarget, strings } = graph;
  const known = new Uint8Array(strings.count);
  const map = strings.indexOf('map');
  const meaningOf = (node: number): number => {
    const index = graph.nodeName[node];
    if (known[index] === 0) known[index] = meaningOfName(strings.get(index));
    return known[index];
  };
  const isLayout = (node: number): boolean =>
    layoutTypes[nodeType[node]] || (namedTypes[nodeType[node]] && meaningOf(node) === meanings.layout);
  return {
    isStore: (node) =>
      firstEdge[node + 1] > firstEdge[node] &&
      (nodeType[node] === array || (namedTypes[nodeType[node]] && meaningOf(node) === meanings.store)),
    isLayout,
    isLayoutEdge: (edge) => (edgeType[edge] === internal && graph.edgeName[edge] === map) || isLayout(edgeTarget[edge]),
  };
};

const meaningOfName = (name: string): number => {
  if (layoutNames.test(name)) return meanings.layout;
  return name.startsWith('system / ') && !otherNames.test(name) ? meanings.store : meanings.other;
};
