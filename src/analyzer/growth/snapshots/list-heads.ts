/**
 * Finds the head of a ring: links that lead from one to the next by a field of one name, through one object of another class, and
 * back. Node's lists of timers are such. Anything may hold one link, so the path to it says little of the list. In: a graph.
 * Out: for a link or a head, the head of its ring.
 */
import { edgeName, edgeTypes, type HeapGraph } from '../../model/heap-graph.js';
import { hasOwnClass } from './own-class.js';

const property = edgeTypes.indexOf('property');
const none = -1;
/** An object with more edges than this is not a link of a list. */
const maxEdges = 64;

/** Each link is walked over once for each field, and each node is looked at once, however often they are asked for. */
export const createListHeads = (graph: HeapGraph): ((node: number) => number | undefined) => {
  const headsByField = new Map<number, Map<number, number>>();
  const known = new Map<number, number>();
  const headOf = (node: number): number => {
    if (!hasOwnClass(graph, node)) return none;
    for (const edge of fieldsOf(graph, node)) {
      const field = graph.edgeName[edge] ?? 0;
      const heads = headsByField.get(field) ?? new Map<number, number>();
      headsByField.set(field, heads);
      const head = heads.get(node) ?? walkRing(graph, node, field, heads);
      if (head !== none) return head;
    }
    return none;
  };
  return (node) => {
    const head = known.get(node) ?? headOf(node);
    known.set(node, head);
    return head === none ? undefined : head;
  };
};

/** The head of the ring on which the node is; notes it for all links of the ring, or that there is none. */
const walkRing = (graph: HeapGraph, node: number, field: number, heads: Map<number, number>): number => {
  const second = next(graph, node, field);
  const start = second === none || isAlike(graph, node, second) ? node : second; // the node may be the head
  const ring = [start];
  let head = none;
  let at = next(graph, start, field);
  for (; at !== none && at !== start && !heads.has(at); at = next(graph, at, field)) {
    if (!isAlike(graph, at, start)) {
      if (head !== none) break;
      head = at;
    }
    ring.push(at);
    heads.set(at, none); // a walk that comes here again has found no ring through its start
  }
  const found = at === start ? head : none;
  for (const link of ring) heads.set(link, found);
  const isOnRing = node === start || node === head;
  if (!isOnRing) heads.set(node, none);
  return isOnRing ? found : none;
};

const next = (graph: HeapGraph, node: number, field: number): number => {
  const edge = fieldsOf(graph, node).find((one) => graph.edgeName[one] === field);
  return edge === undefined ? none : (graph.edgeTarget[edge] ?? none);
};

const fieldsOf = (graph: HeapGraph, node: number): number[] => {
  const [from, end] = [graph.firstEdge[node] ?? 0, graph.firstEdge[node + 1] ?? 0];
  if (end - from > maxEdges) return [];
  return Array.from({ length: end - from }, (_, i) => from + i).filter((edge) => isField(graph, edge));
};

const isField = (graph: HeapGraph, edge: number): boolean =>
  graph.edgeType[edge] === property && edgeName(graph, edge) !== '__proto__';

/** Objects of one class. */
export const isAlike = (graph: HeapGraph, a: number, b: number): boolean =>
  graph.nodeType[a] === graph.nodeType[b] && graph.nodeName[a] === graph.nodeName[b];
