/**
 * What an object holds and what holds it. In: a heap and a node. Out: neighbours by number, each with the name by which it
 * is held; computed on demand, because there can be millions.
 *
 * Both directions follow the same rule, so that B is among what A holds exactly when A is among what holds B: only
 * retaining edges count; stores between two objects are skipped; layout is left out; an object that is held under a name is
 * not listed again for a store that holds it too.
 */
import { isMarked } from '../model/columns.js';
import { edgeName, edgeTypes } from '../model/heap-graph.js';
import { retains } from './edges.js';
import type { Heap } from './heap.js';
import { labelOf, noLabel, type Label } from './words.js';

/** At most this many stores in a row are skipped; the next one is shown. */
const maxStores = 8;

export interface Neighbours {
  readonly count: number;
  /** The object at the other end of the edge. */
  nodeAt(at: number): number;
  /** The holder's name for what it holds: `sessions`, `[3]`, `entry "user-7"`. */
  labelAt(at: number): string;
  /** Whether the retaining path of the held object goes this way. */
  isOnPath(at: number): boolean;
  /** Whether the name is from the program (a property, a variable, an element) and not from V8. */
  isNamed(at: number): boolean;
}

/** One edge on the path from the holder to a store (contents) or from a store to the held object (holders). */
interface Hop {
  readonly edge: number;
  readonly from: number;
  readonly depth: number;
  /** The hop before it in the search: above it for contents, below it for holders. */
  readonly before: Hop | undefined;
}

/** The results: the last edge of each path and the hops before it, in two columns instead of an object each. */
class Found implements Neighbours {
  readonly edges: number[] = [];
  readonly hops: (Hop | undefined)[] = [];
  readonly nodes: number[] = [];

  constructor(
    private readonly heap: Heap,
    readonly start: number,
    private readonly isUpward: boolean,
  ) {}

  add(node: number, edge: number, before: Hop | undefined): void {
    this.nodes.push(node);
    this.edges.push(edge);
    this.hops.push(before);
  }
  get count(): number {
    return this.nodes.length;
  }
  nodeAt(at: number): number {
    return this.nodes[at];
  }
  labelAt(at: number): string {
    let label: Label = noLabel;
    for (const { edge, from } of this.wayOf(at)) label = labelOf(this.heap.graph, from, edge, label);
    return label.text || `(${edgeName(this.heap.graph, this.edges[at])})`;
  }
  isOnPath(at: number): boolean {
    const { edge, from } = this.heap.paths;
    const { edgeTarget } = this.heap.graph;
    return this.wayOf(at).every((hop) => edge[edgeTarget[hop.edge]] === hop.edge && from[edgeTarget[hop.edge]] === hop.from); // prettier-ignore
  }
  isNamed(at: number): boolean {
    return isName(this.heap, this.edges[at]);
  }
  /** The path from the holder down. */
  private wayOf(at: number): Pick<Hop, 'edge' | 'from'>[] {
    const before: Hop[] = [];
    for (let hop = this.hops[at]; hop !== undefined; hop = hop.before) before.push(hop);
    if (this.isUpward) return [{ edge: this.edges[at], from: this.nodes[at] }, ...before];
    const from = before.length === 0 ? this.start : this.heap.graph.edgeTarget[before[0].edge];
    return [...before.toReversed(), { edge: this.edges[at], from }];
  }
}

export const contentsOf = (heap: Heap, node: number): Neighbours => {
  const { graph, machinery } = heap;
  const found = new Found(heap, node, false);
  const named = namedBy(heap, node);
  const seen = new Set([node]);
  const open: Hop[] = [];
  const look = (from: number, before: Hop | undefined): void => {
    const depth = (before?.depth ?? 0) + 1;
    for (let edge = graph.firstEdge[from]; edge < graph.firstEdge[from + 1]; edge++) {
      const target = graph.edgeTarget[edge];
      if (!retains(heap.edges, edge) || (machinery.isLayoutEdge(edge) && !machinery.isLayout(node))) continue;
      if (depth > maxStores || !machinery.isStore(target)) {
        if (target !== node && (before === undefined || !named(target))) found.add(target, edge, before);
      } else if (!seen.has(target)) {
        seen.add(target);
        open.push({ edge, from, depth, before });
      }
    }
  };
  look(node, undefined);
  for (const hop of open) look(graph.edgeTarget[hop.edge], hop);
  return found;
};

export const holdersOf = (heap: Heap, node: number): Neighbours => {
  const { machinery } = heap;
  const found = new Found(heap, node, true);
  const counts = (edge: number): boolean => machinery.isLayout(node) || !machinery.isLayoutEdge(edge);
  const direct = [...holdersByEdge(heap, node)].flatMap((from) =>
    edgesBetween(heap, from, node).flatMap((edge) => (from !== node && counts(edge) ? [{ edge, from }] : [])),
  );
  const naming = new Set(direct.flatMap(({ edge, from }) => (isName(heap, edge) ? [from] : [])));
  for (const { edge, from } of direct) {
    if (machinery.isStore(from)) addHoldersOfStore(heap, { edge, from, depth: 1, before: undefined }, naming, found);
    else found.add(from, edge, undefined);
  }
  return found;
};

/** Adds each holder of the store at the upper end of a hop once; those in `naming` hold the object under a name as well. */
const addHoldersOfStore = (heap: Heap, hop: Hop, naming: ReadonlySet<number>, found: Found): void => {
  const seen = new Set([hop.from]);
  const open = [hop];
  for (const before of open) {
    for (const from of holdersByEdge(heap, before.from)) {
      if (seen.has(from)) continue;
      seen.add(from);
      const edge = edgesBetween(heap, from, before.from)[0]; // several edges to a store lead to the same result
      if (before.depth < maxStores && heap.machinery.isStore(from))
        open.push({ edge, from, depth: before.depth + 1, before });
      else if (!naming.has(from) && from !== found.start) found.add(from, edge, before);
    }
  }
};

/** Whether a node holds anything that can be shown. */
export const hasContents = ({ graph, edges, machinery }: Heap, node: number): boolean => {
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
    if (retains(edges, edge) && (!machinery.isLayoutEdge(edge) || machinery.isLayout(node))) return true;
  return false;
};

/** Whether an edge has a name from the program: a property, a variable, an element. */
const isName = ({ graph }: Heap, edge: number): boolean => nameTypes[graph.edgeType[edge]];
const nameTypes = edgeTypes.map((type) => type === 'property' || type === 'context' || type === 'element');

/** Returns a test whether this node leads to another one by name. */
const namedBy = (heap: Heap, node: number): ((target: number) => boolean) => {
  const { nodeCount, firstEdge, edgeTarget } = heap.graph;
  const marks = new Uint32Array((nodeCount + 31) >>> 5);
  for (let edge = firstEdge[node]; edge < firstEdge[node + 1]; edge++) {
    const target = edgeTarget[edge];
    if (isName(heap, edge) && retains(heap.edges, edge)) marks[target >>> 5] |= 1 << (target & 31);
  }
  return (target) => isMarked(marks, target);
};

const holdersByEdge = (heap: Heap, node: number): Set<number> => new Set(heap.retainersOf(node));

const edgesBetween = ({ graph, edges }: Heap, from: number, to: number): number[] => {
  const found: number[] = [];
  for (let edge = graph.firstEdge[from]; edge < graph.firstEdge[from + 1]; edge++)
    if (graph.edgeTarget[edge] === to && retains(edges, edge)) found.push(edge);
  return found;
};
