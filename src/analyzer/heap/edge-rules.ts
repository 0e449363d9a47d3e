/**
 * The rules for retaining edges that need only the edge itself, and the program's own roots. In: a graph. Out: one bit per
 * edge. The one rule that needs a walk (what the globals reach) is applied in walk.ts; all other code uses `retains` of
 * edges.ts.
 */
import { sharedBytes, sharedWords } from '../model/columns.js';
import { edgeTypes, type HeapGraph } from '../model/heap-graph.js';

const weak = edgeTypes.indexOf('weak');
const shortcut = edgeTypes.indexOf('shortcut');
const internal = edgeTypes.indexOf('internal');
const element = edgeTypes.indexOf('element');
const root = 0;

/** One bit per edge in both: a second thread can set some of them. */
export interface RuledEdges {
  readonly bits: Uint32Array;
  /** Edges whose bit is not set although they are not weak. */
  readonly others: Uint32Array;
}

/** The edge names that belong to entries of WeakMaps. */
interface EphemeronNames {
  /** By name, the id of the WeakMap's table. */
  readonly tableOf: ReadonlyMap<number, number>;
  /** By name, 1 if it is such a name: a lookup in the map for each of millions of edges would be slow. */
  readonly isOne: Uint8Array;
}

/** Rules that are to be applied to some edges at a time, by any thread: plain values. */
export interface EdgeRules {
  readonly names: EphemeronNames;
  readonly ruled: RuledEdges;
}

export const createRules = (graph: HeapGraph): EdgeRules => {
  const words = (graph.edgeCount + 31) >>> 5;
  return { names: findEphemeronNames(graph), ruled: { bits: sharedWords(words), others: sharedWords(words) } };
};

export const ruleEdges = (graph: HeapGraph): RuledEdges => {
  const rules = createRules(graph);
  applyRules(graph, rules, 0, graph.edgeCount);
  return rules.ruled;
};

/** `from`: a multiple of 32, so that no other thread writes the same word. */
export const applyRules = (graph: HeapGraph, { names, ruled }: EdgeRules, from: number, to: number): void => {
  const { firstEdge, edgeType, edgeName, edgeTarget, nodeId } = graph;
  const { tableOf, isOne } = names;
  const { bits, others } = ruled;
  for (let node = sourceOf(graph, from), edge = from; edge < to; node++) {
    const end = Math.min(to, firstEdge[node + 1]);
    for (; edge < end; edge++) {
      const type = edgeType[edge];
      if (type === weak || edgeTarget[edge] === node) continue;
      const isOther =
        (type === shortcut && node !== root) ||
        (type === internal && isOne[edgeName[edge]] === 1 && tableOf.get(edgeName[edge]) === nodeId[node]);
      if (isOther) others[edge >>> 5] |= 1 << (edge & 31);
      else bits[edge >>> 5] |= 1 << (edge & 31);
    }
  }
};

/** The node that has an edge. */
export const sourceOf = ({ firstEdge, nodeCount }: HeapGraph, edge: number): number => {
  let low = 0;
  let high = nodeCount - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (firstEdge[middle] <= edge) low = middle;
    else high = middle - 1;
  }
  return low;
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
  const isOne = sharedBytes(graph.strings.count);
  for (const index of graph.strings.containing(' pair in WeakMap (table @')) {
    const match = ephemeronName.exec(graph.strings.get(index));
    if (match === null) continue;
    tableOf.set(index, Number(match[1]));
    isOne[index] = 1;
  }
  return { tableOf, isOne };
};
const ephemeronName = /^\d+ \/ part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\)$/s;
