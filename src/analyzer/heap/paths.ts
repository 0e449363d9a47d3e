/**
 * How the roots keep each node alive. In: a graph and its retaining edges. Out: a tree of the cheapest paths, and the path
 * to one node in steps. Cheapest, not shortest: of two paths of equal length a user wants the one through variables and
 * properties, not the one through hidden classes and compiled code. Paths from the program's own roots (globals) come
 * before all others, as in Chrome DevTools.
 */
import { release } from '../model/columns.js';
import { edgeTypes, nodeTypes, type HeapGraph } from '../model/heap-graph.js';
import { noEdge, type Paths, type RetainingEdges } from '../model/heap-results.js';
import { retains, userRoots } from './edges.js';
import type { PathStep } from '../model/path.js';
import { findModuleStart } from './modules.js';
import { describePath, type Link, type ModuleStart } from './words.js';

const root = 0;
const unreached = 0xffff_ffff;

/** The cost of a step, by the type of its edge, and by the type of the node that it leads to. */
const edgeCost = Uint8Array.from(edgeTypes, (type) => ({ internal: 2, hidden: 4, weak: 4 })[type as string] ?? 1);
const nodeCost = Uint8Array.from(
  nodeTypes,
  (type) => ({ hidden: 2, code: 8, 'object shape': 8, synthetic: 4 })[type as string] ?? 0,
);
const maxStepCost = Math.max(...edgeCost) + Math.max(...nodeCost);

/** Dijkstra's algorithm with one bucket for each cost that can be pending at a time (R. B. Dial, CACM 12(11), 1969). */
export const computePaths = (graph: HeapGraph, edges: RetainingEdges): Paths => {
  const search = new Search(graph, edges);
  for (const node of userRoots(graph)) search.reach(node, root, edgeBetween(graph, root, node), 0);
  search.run();
  search.reach(root, root, noEdge, 0);
  search.run();
  release([search.cost]);
  return { edge: search.edge, from: search.from };
};

/**
 * The nodes on the path from a root to this one, root first, including V8's machinery; at most so many, the last of them. Empty
 * if nothing reaches it.
 */
export const nodesOnPath = (paths: Paths, node: number, most = Infinity): number[] => {
  const way: number[] = [];
  for (let at = node; at !== root && paths.edge[at] !== noEdge && way.length < most; at = paths.from[at]) way.push(at);
  return way.toReversed();
};

/** At most this many steps of a path are shown. */
const maxSteps = 60;

/**
 * The path in words, from the module whose variable or exports lead to the node; without one, from a root. Its last step is
 * the node. `start` is the first node of the path to be shown.
 */
export const findPath = (graph: HeapGraph, paths: Paths, node: number, start?: number): PathStep[] => {
  const way = nodesOnPath(paths, node);
  const links = linksOf(paths, start === undefined ? way : way.slice(Math.max(0, way.indexOf(start))));
  return withinLimit(describePath(graph, links, findModuleStart(graph, links)));
};

/** The module at which the path to a node begins, and the nodes from there on; undefined if it begins elsewhere. */
export const moduleOnPath = (
  graph: HeapGraph,
  paths: Paths,
  node: number,
): { readonly module: ModuleStart; readonly nodes: readonly number[] } | undefined => {
  const way = nodesOnPath(paths, node);
  const module = findModuleStart(graph, linksOf(paths, way));
  return module === undefined ? undefined : { module, nodes: way.slice(module.at + 1) };
};

const linksOf = (paths: Paths, way: readonly number[]): Link[] => way.map((at) => ({ edge: paths.edge[at], node: at }));

const withinLimit = (described: readonly PathStep[]): PathStep[] => {
  const steps = withoutRepeats(described);
  const left = steps.length - maxSteps;
  return left <= 0 ? steps : withGap(steps, maxSteps / 2, left + 1);
};

/**
 * Of the links of a list and the parts of a string, which can be a million, only the first and the last are shown. A link may
 * be several steps, as in a chain of closures: `.before.close().before.close()`.
 */
const withoutRepeats = (steps: readonly PathStep[]): PathStep[] => {
  const shown: PathStep[] = [];
  for (let first = 0; first < steps.length;) {
    const { link, end } = longestRun(steps, first);
    const run = steps.slice(first, end);
    shown.push(...(run.length - 2 * link < 2 ? run : withGap(run, link, run.length - 2 * link)));
    first = end;
  }
  return shown;
};
const longestLink = 4;

/** The run of equal links that begins at a step: how many steps a link has, and the end of its last whole one. */
const longestRun = (steps: readonly PathStep[], first: number): { link: number; end: number } => {
  let best = { link: 1, end: first + 1 };
  for (let link = 1; link <= longestLink; link++) {
    let next = first + link;
    while (next < steps.length && isRepeat(steps, next, link)) next++;
    const end = next - ((next - first) % link);
    if (end - first >= 2 * link && end > best.end) best = { link, end };
  }
  return best;
};

/** Whether the step at an index is the same as that one link before it. */
const isRepeat = (steps: readonly PathStep[], at: number, link: number): boolean => {
  const step = steps[at];
  const before = steps[at - link];
  if (step.type !== before.type) return false;
  if (step.type === 'concatenated string') return step.edge === before.edge;
  return step.name === before.name && (step.edge === before.edge || (link === 1 && isInTree(steps, at)));
};

/** Between nodes of one class any edge leads to the next link: `left` and `right` of a tree. */
const isInTree = (steps: readonly PathStep[], at: number): boolean => {
  const { type, name } = steps[at];
  const root = at > 1 ? steps[at - 2] : undefined;
  return type === 'object' && !/^(Object|Array|Map|Set)$/.test(name) && root?.type === type && root.name === name;
};

/** Replaces `count` steps from index `from` on by one that stands for the gap. */
const withGap = (steps: readonly PathStep[], from: number, count: number): PathStep[] => [
  ...steps.slice(0, from),
  { ...steps[from], edge: '…', label: '…', kind: 'word', name: `(${count} more steps)` },
  ...steps.slice(from + count),
];

const edgeBetween = (graph: HeapGraph, from: number, to: number): number => {
  for (let edge = graph.firstEdge[from]; edge < graph.firstEdge[from + 1]; edge++)
    if (graph.edgeTarget[edge] === to) return edge;
  return noEdge;
};

class Search {
  readonly edge: Uint32Array;
  readonly from: Uint32Array;
  readonly cost: Uint32Array;
  private readonly buckets: readonly Bucket[];

  constructor(
    private readonly graph: HeapGraph,
    private readonly edges: RetainingEdges,
  ) {
    this.edge = new Uint32Array(graph.nodeCount).fill(noEdge);
    this.from = new Uint32Array(graph.nodeCount);
    this.cost = new Uint32Array(graph.nodeCount).fill(unreached);
    const spare: Uint32Array[] = [];
    this.buckets = Array.from({ length: maxStepCost + 1 }, () => new Bucket(spare));
  }

  reach(node: number, from: number, edge: number, cost: number): void {
    if (cost >= this.cost[node]) return;
    this.cost[node] = cost;
    this.from[node] = from;
    this.edge[node] = edge;
    this.buckets[cost % this.buckets.length].push(node);
  }

  /** Settles everything that is reachable from the pending nodes, cheapest first. */
  run(): void {
    let idle = 0;
    for (let cost = 0; idle <= this.buckets.length; cost++) {
      const bucket = this.buckets[cost % this.buckets.length];
      idle = bucket.length === 0 ? idle + 1 : 0;
      while (bucket.length > 0) {
        const node = bucket.pop();
        if (this.cost[node] === cost) this.expand(node, cost);
      }
    }
  }

  private expand(node: number, cost: number): void {
    const { graph, edges } = this;
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
      const target = graph.edgeTarget[edge];
      if (cost + 1 >= this.cost[target] || !retains(edges, edge)) continue;
      this.reach(target, node, edge, cost + edgeCost[graph.edgeType[edge]] + nodeCost[graph.nodeType[target]]);
    }
  }
}

const chunkLength = 1 << 13;

/** A stack of nodes in chunks, which all stacks of a search share: none grows by being copied. */
class Bucket {
  length = 0;
  private readonly chunks: Uint32Array[] = [];

  constructor(private readonly spare: Uint32Array[]) {}

  push(node: number): void {
    const at = this.length++ % chunkLength;
    if (at === 0) this.chunks.push(this.spare.pop() ?? new Uint32Array(chunkLength));
    this.chunks[this.chunks.length - 1][at] = node;
  }

  pop(): number {
    const at = --this.length % chunkLength;
    const chunk = this.chunks[this.chunks.length - 1];
    if (at === 0) this.spare.push(...this.chunks.splice(-1));
    return chunk[at];
  }
}
