/**
 * One snapshot's transient nodes (those not in every snapshot), each labelled with the permanent object that holds it. In:
 * a graph, its retaining edges, which nodes are permanent, and the dominator tree of the permanent ones. Out: a label for
 * each transient node. Only the transient part of the heap is walked, so for a large heap that does not change the cost is
 * one look at each edge.
 */
import { edgeName, edgeTypes, nodeName, type HeapGraph } from '../../model/heap-graph.js';
import type { RetainingEdges } from '../../model/heap-results.js';
import type { Dominance } from './dominance.js';
import { types } from './growth-classes.js';
import type { IdSet, NodeLookup } from './id-set.js';
import { hasId } from './id-set.js';

export const noHolder = 0xffff_ffff;

export interface Transients {
  readonly graph: HeapGraph;
  readonly edges: RetainingEdges;
  /** For each node: 1 if it is in every snapshot. */
  readonly isPermanent: Uint8Array;
  /**
   * For each node: its holder (see dominance.ts); `noHolder` for permanent nodes and for nodes that only code or V8's own
   * roots reach.
   */
  readonly holder: Uint32Array;
  /** The edges from permanent nodes to transient ones, with the holder of each edge's source. */
  readonly frontier: { readonly holders: readonly number[]; readonly edges: readonly number[] };
}

export const permanentNodes = (graph: HeapGraph, permanent: IdSet): Uint8Array => {
  const flags = new Uint8Array(graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node++) flags[node] = hasId(permanent, graph.nodeId[node]) ? 1 : 0;
  return flags;
};

/** `last` finds nodes of the last graph by id; `dominance` is of that graph. */
export const computeTransients = (
  graph: HeapGraph,
  edges: RetainingEdges,
  isPermanent: Uint8Array,
  last: NodeLookup,
  dominance: Dominance,
): Transients => {
  const holder = new Uint32Array(graph.nodeCount).fill(noHolder);
  const spread = createSpread(graph, edges, isPermanent, holder, dominance);
  const frontier = { holders: [] as number[], edges: [] as number[] };
  const registry = symbolRegistryOf(graph);
  // The program's own objects are walked first; V8's handles and Node's native objects hold only what is left.
  for (const native of [false, true]) {
    for (let node = 0; node < graph.nodeCount; node++) {
      if (isPermanent[node] === 0 || !isSource(graph, node, native, registry)) continue;
      let label = noHolder;
      for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
        const target = graph.edgeTarget[edge];
        if (node === registry?.root && target !== registry.table) continue;
        if (isPermanent[target] === 1 || !spread.follows(edge, false)) continue;
        if (native && holder[target] !== noHolder && !spread.isOpen(target)) continue;
        if (label === noHolder) label = dominance.holderOf(last.nodeOf(graph.nodeId[node]));
        frontier.holders.push(label);
        frontier.edges.push(edge);
        spread.put(target, isNamed(graph, edge) ? dominance.slotOf(label, edgeName(graph, edge)) : label);
      }
    }
    spread.run();
    spread.close();
  }
  return { graph, edges, isPermanent, holder, frontier };
};

const isNamed = (graph: HeapGraph, edge: number): boolean =>
  graph.edgeType[edge] === property || graph.edgeType[edge] === context;
const property = edgeTypes.indexOf('property');
const context = edgeTypes.indexOf('context');

/** Whether that permanent node can hold growth: code and hidden classes hold only what V8 makes for itself. */
const isSource = (graph: HeapGraph, node: number, native: boolean, registry: SymbolRegistry | undefined): boolean => {
  const type = graph.nodeType[node];
  if (type === types.code || type === types.objectShape) return false;
  if (node === registry?.root || node === registry?.table) return native;
  const isNative = type === types.native || type === types.synthetic;
  return isNative === native && (!isNative || nativeRoots.test(graph.strings.get(graph.nodeName[node])));
};
/** Not the stack, the compiler's caches or the string table: those hold what is in use at the moment, or V8's own data. */
const nativeRoots = /^(\((Global|Traced|Eternal) handles\)|\(Micro tasks\)|Node \/|C\+\+ )/;

/** What Symbol.for() has registered: a table that V8's own roots hold, and the node of those roots. */
interface SymbolRegistry {
  readonly root: number;
  readonly table: number;
}

const symbolRegistryOf = (graph: HeapGraph): SymbolRegistry | undefined => {
  for (let node = 0; node < graph.nodeCount; node++) {
    if (!isSymbolRegistry(graph, node)) continue;
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
      if (edgeName(graph, edge) === 'public_symbol_table') return { root: node, table: graph.edgeTarget[edge] };
  }
  return undefined;
};

/** `(Strong roots)`, `(Strong root list)` since Node 22: of what they hold, only the registry belongs to the program. */
export const isSymbolRegistry = (graph: HeapGraph, node: number): boolean =>
  graph.nodeType[node] === types.synthetic && nodeName(graph, node).startsWith('(Strong root');

interface Spread {
  /** Whether growth is followed along that edge; `fromTransient`: code made by a transient function belongs to it. */
  follows(edge: number, fromTransient: boolean): boolean;
  put(node: number, label: number): void;
  /** Labels everything that is reachable from labelled transient nodes. */
  run(): void;
  /** Labels given so far are final from now on. */
  close(): void;
  isOpen(node: number): boolean;
}

const createSpread = (
  graph: HeapGraph,
  edges: RetainingEdges,
  isPermanent: Uint8Array,
  holder: Uint32Array,
  dominance: Dominance,
): Spread => {
  const { firstEdge, edgeTarget, nodeType } = graph;
  const { bits } = edges;
  const closed = new Uint8Array(graph.nodeCount);
  const queue: number[] = [];
  const follows = (edge: number, fromTransient: boolean): boolean => {
    if (((bits[edge >>> 5] >>> (edge & 31)) & 1) === 0) return false;
    const type = nodeType[edgeTarget[edge]];
    return type !== types.objectShape && (type !== types.code || fromTransient);
  };
  const put = (node: number, label: number): void => {
    if (closed[node] === 1) return;
    const before = holder[node];
    const after = before === noHolder ? label : dominance.commonHolder(before, label);
    if (after === before) return;
    holder[node] = after;
    queue.push(node);
  };
  const run = (): void => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const label = holder[next];
      for (let edge = firstEdge[next]; edge < firstEdge[next + 1]; edge++) {
        if (isPermanent[edgeTarget[edge]] === 0 && follows(edge, true)) put(edgeTarget[edge], label);
      }
    }
  };
  const close = (): void => {
    for (let node = 0; node < closed.length; node++) if (holder[node] !== noHolder) closed[node] = 1;
  };
  return { follows, put, run, close, isOpen: (node) => closed[node] === 0 };
};
