/**
 * Which node of an earlier heap is the same object as a node of a later one. In: two heaps of one process. Out: a function
 * from the later node to the earlier one. By V8's id where both hold the same ids; V8 forgets its ids when an inspector
 * session ends, so that captures of two attachments are matched by the way that leads to the object from a root: the
 * same chain of edges and classes.
 */
import { edgeTypes, nodeName, type HeapGraph } from '../model/heap-graph.js';
import { noEdge } from '../model/heap-results.js';
import type { Heap } from './heap.js';
import type { IdIndex } from './ids.js';

/** The node of the earlier heap; -1 where it holds no such object. */
export type TwinOf = (node: number) => number;

const root = 0;
const missing = -1;
/** For each edge type: 1 where an edge of it is known by a number, not by a name. */
const numbered = Uint8Array.from(edgeTypes, (type) => (type === 'element' || type === 'hidden' ? 1 : 0));

export const twinsById =
  (later: HeapGraph, earlierIds: IdIndex): TwinOf =>
  (node) =>
    earlierIds.nodeOf(later.nodeId[node]);

/** Looks only at the nodes that are asked for and at those on the way to them. */
export const twinsByPath = (later: Heap, earlier: Heap): TwinOf => {
  const { edge: pathEdge, from } = later.paths;
  const known = new Map<number, number>([[root, root]]);
  const claimed = new Set<number>();
  const edgesByName = new Map<number, ReadonlyMap<string, number>>();
  const edgesOf = (node: number): ReadonlyMap<string, number> => {
    const found = edgesByName.get(node) ?? namedEdges(earlier.graph, node);
    edgesByName.set(node, found);
    return found;
  };
  const step = (node: number, parentTwin: number): number => {
    if (parentTwin === missing) return missing;
    const edge = edgesOf(parentTwin).get(edgeKey(later.graph, pathEdge[node]));
    if (edge === undefined) return missing;
    const twin = earlier.graph.edgeTarget[edge];
    if (claimed.has(twin) || !sameClass(later.graph, node, earlier.graph, twin)) return missing;
    claimed.add(twin);
    return twin;
  };
  return (node) => {
    const way: number[] = [];
    let at = node;
    for (; !known.has(at) && pathEdge[at] !== noEdge; at = from[at]) way.push(at);
    for (const next of way.toReversed()) known.set(next, step(next, known.get(from[next]) ?? missing));
    return known.get(node) ?? missing;
  };
};

/** The edges of a node by their key; the first one where several have the same. */
const namedEdges = (graph: HeapGraph, node: number): Map<string, number> => {
  const edges = new Map<string, number>();
  for (let edge = graph.firstEdge[node + 1] - 1; edge >= graph.firstEdge[node]; edge--)
    edges.set(edgeKey(graph, edge), edge);
  return edges;
};

const edgeKey = (graph: HeapGraph, edge: number): string => {
  const type = graph.edgeType[edge];
  const name = graph.edgeName[edge];
  return `${type} ${numbered[type] === 1 ? name : graph.strings.get(name)}`;
};

const sameClass = (one: HeapGraph, node: number, other: HeapGraph, twin: number): boolean =>
  one.nodeType[node] === other.nodeType[twin] && nodeName(one, node) === nodeName(other, twin);
