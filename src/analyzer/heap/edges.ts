/**
 * Which edges keep an object alive: the one predicate that every pass uses. In, a graph; out, one bit an edge.
 *
 * As Chrome DevTools has it, an edge retains unless
 *  - it is weak;
 *  - it is a shortcut and does not come from the root (there it marks the globals);
 *  - it leads from a node to itself;
 *  - it is the edge of a WeakMap's table to a value: the value is held by its key (the edge from the key stays);
 *  - it leads from a node that only V8's own roots reach to one that the program's globals reach (a debugger's or a
 *    compiler's hold on a page's object does not make it theirs).
 */
import { edgeTypes, type HeapGraph } from '../model/heap-graph.js';
import type { RetainingEdges } from '../model/heap-results.js';

const weak = edgeTypes.indexOf('weak');
const shortcut = edgeTypes.indexOf('shortcut');
const internal = edgeTypes.indexOf('internal');
const element = edgeTypes.indexOf('element');
const root = 0;

/** Whether that edge keeps its target alive. */
export const retains = (edges: RetainingEdges, edge: number): boolean =>
  ((edges.bits[edge >>> 5] >>> (edge & 31)) & 1) === 1;

/** Whether the program's own roots reach that node. */
export const isUserOwned = (edges: RetainingEdges, node: number): boolean =>
  ((edges.userOwned[node >>> 5] >>> (node & 31)) & 1) === 1;

export const computeRetainingEdges = (graph: HeapGraph): RetainingEdges => {
  const userOwned = computeUserOwned(graph);
  const tableOfName = ephemeronTables(graph);
  const { nodeCount, edgeCount, firstEdge, edgeType, edgeName, edgeTarget, nodeId } = graph;
  const bits = new Uint32Array((edgeCount + 31) >>> 5);
  for (let node = 0; node < nodeCount; node++) {
    const isRoot = node === root;
    const owned = isRoot || ((userOwned[node >>> 5] >>> (node & 31)) & 1) === 1;
    for (let edge = firstEdge[node]; edge < firstEdge[node + 1]; edge++) {
      const type = edgeType[edge];
      if (type === weak || (type === shortcut && !isRoot)) continue;
      const target = edgeTarget[edge];
      if (target === node) continue;
      if (!owned && ((userOwned[target >>> 5] >>> (target & 31)) & 1) === 1) continue;
      if (type === internal && tableOfName.size > 0 && tableOfName.get(edgeName[edge]) === nodeId[node]) continue;
      bits[edge >>> 5] |= 1 << (edge & 31);
    }
  }
  return { bits, userOwned };
};

/** What the globals reach by any edge but weak ones; everything, where the snapshot names no globals. */
const computeUserOwned = (graph: HeapGraph): Uint32Array => {
  const { nodeCount, firstEdge, edgeType, edgeTarget } = graph;
  const owned = new Uint32Array((nodeCount + 31) >>> 5);
  const stack = new Uint32Array(nodeCount);
  let depth = 0;
  for (const node of userRoots(graph)) {
    if (((owned[node >>> 5] >>> (node & 31)) & 1) === 1) continue;
    owned[node >>> 5] |= 1 << (node & 31);
    stack[depth++] = node;
  }
  while (depth > 0) {
    const node = stack[--depth];
    for (let edge = firstEdge[node]; edge < firstEdge[node + 1]; edge++) {
      if (edgeType[edge] === weak) continue;
      const target = edgeTarget[edge];
      if (((owned[target >>> 5] >>> (target & 31)) & 1) === 1) continue;
      owned[target >>> 5] |= 1 << (target & 31);
      stack[depth++] = target;
    }
  }
  return owned;
};

/** The program's own roots: what the root points to by shortcut edges (globals), and a page's DOM trees. */
export const userRoots = (graph: HeapGraph): number[] => {
  const roots: number[] = [];
  for (let edge = graph.firstEdge[root]; edge < graph.firstEdge[root + 1]; edge++) {
    const target = graph.edgeTarget[edge];
    const type = graph.edgeType[edge];
    if (type === shortcut || (type === element && graph.strings.get(graph.nodeName[target]) === '(Document DOM trees)'))
      roots.push(target);
  }
  return roots;
};

/**
 * V8 writes a WeakMap's entry as two edges of one name, from the key and from the table:
 * `3 / part of key (Key @11) -> value (Value @13) pair in WeakMap (table @15)`. Answers the table's id by name.
 */
const ephemeronTables = (graph: HeapGraph): Map<number, number> => {
  const tables = new Map<number, number>();
  for (const index of graph.strings.containing(' pair in WeakMap (table @')) {
    const match = ephemeronName.exec(graph.strings.get(index));
    if (match !== null) tables.set(index, Number(match[1]));
  }
  return tables;
};
const ephemeronName = /^\d+ \/ part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\)$/s;
