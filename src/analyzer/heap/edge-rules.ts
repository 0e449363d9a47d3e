/**
 * The rules for retaining edges that need only the edge itself, and the program's own roots. In: a graph. Out: one bit per
 * edge. The one rule that needs a walk (what the globals reach) is applied in walk.ts; all other code uses `retains` of
 * edges.ts.
 */
import { sharedWords } from '../model/columns.js';
import { edgeTypes, type HeapGraph } from '../model/heap-graph.js';

const weak = edgeTypes.indexOf('weak');
const shortcut = edgeTypes.indexOf('shortcut');
const internal = edgeTypes.indexOf('internal');
const element = edgeTypes.indexOf('element');
const root = 0;

export interface RuledEdges {
  /** One bit per edge. */
  readonly bits: Uint32Array;
  /** Edges whose bit is not set although they are not weak, as source, target, source, target… */
  readonly others: readonly number[];
}

/** The edge names that belong to entries of WeakMaps. */
interface EphemeronNames {
  /** By name, the id of the WeakMap's table. */
  readonly tableOf: ReadonlyMap<number, number>;
  /** By name, 1 if it is such a name: a lookup in the map for each of millions of edges would be slow. */
  readonly isOne: Uint8Array;
}

export const ruleEdges = (graph: HeapGraph): RuledEdges => {
  const { tableOf, isOne } = findEphemeronNames(graph);
  const { nodeCount, edgeCount, firstEdge, edgeType, edgeName, edgeTarget, nodeId } = graph;
  const bits = sharedWords((edgeCount + 31) >>> 5);
  const others: number[] = [];
  for (let node = 0; node < nodeCount; node++) {
    const end = firstEdge[node + 1];
    for (let edge = firstEdge[node]; edge < end; edge++) {
      const type = edgeType[edge];
      const target = edgeTarget[edge];
      if (type === weak || target === node) continue;
      if (
        (type === shortcut && node !== root) ||
        (type === internal && isOne[edgeName[edge]] === 1 && tableOf.get(edgeName[edge]) === nodeId[node])
      )
        others.push(node, target);
      else bits[edge >>> 5] |= 1 << (edge & 31);
    }
  }
  return { bits, others };
};

export const isWeak = (graph: HeapGraph, edge: number): boolean => graph.edgeType[edge] === weak;

/** The program's own roots: the targets of the root's shortcut edges (globals), and a page's DOM trees. */
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
 * V8 writes a WeakMap's entry as two edges with the same name, from the key and from the table: `3 / part of key (Key @11)
 * -> value (Value @13) pair in WeakMap (table @15)`. Returns the table's id by name.
 */
const findEphemeronNames = (graph: HeapGraph): EphemeronNames => {
  const tableOf = new Map<number, number>();
  const isOne = new Uint8Array(graph.strings.count);
  for (const index of graph.strings.containing(' pair in WeakMap (table @')) {
    const match = ephemeronName.exec(graph.strings.get(index));
    if (match === null) continue;
    tableOf.set(index, Number(match[1]));
    isOne[index] = 1;
  }
  return { tableOf, isOne };
};
const ephemeronName = /^\d+ \/ part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\)$/s;
