/**
 * The objects that hold most: in, a graph and its dominators; out, nodes, biggest first, that a person can act on.
 * An object that holds its bytes through other big objects says nothing that they do not say better (a module holds its
 * exports, they hold a function, it holds two caches): it is kept only where a share of its bytes is held by it directly.
 * Of a list whose links hold one another, the first link is kept.
 */
import { nodeTypes, type HeapGraph } from '../model/heap-graph.js';
import type { Dominators } from '../model/heap-results.js';
import { userRoots } from './edges.js';
import { isMachinery } from './machinery.js';

const root = 0;
/** What holds less than this share of the heap is not asked for. */
const smallestShare = 1 / 2000;
/** An object that holds less than this share of its bytes, and of all, otherwise than through big ones is a step on the way. */
const ownShare = 0.1;
const ownShareOfAll = 0.01;
const synthetic = nodeTypes.indexOf('synthetic');

export const findBiggest = (graph: HeapGraph, dominators: Dominators, limit: number): number[] =>
  findHolders(graph, dominators, dominators.retainedBytes, dominators.retainedBytes[root] * smallestShare)
    .toSorted((a, b) => dominators.retainedBytes[b] - dominators.retainedBytes[a])
    .slice(0, limit);

/** The same for any figure by node, such as growth: nodes with at least `floor` of it, the most held directly first. */
export const findHolders = (
  graph: HeapGraph,
  { immediate }: Dominators,
  bytes: Float64Array,
  floor: number,
): number[] => {
  const globals = new Set(userRoots(graph));
  const isCandidate = (node: number): boolean =>
    node !== root && graph.nodeType[node] !== synthetic && !globals.has(node) && !isMachinery(graph, node);
  const big: number[] = [];
  for (let node = 1; node < graph.nodeCount; node++) if (bytes[node] >= floor && isCandidate(node)) big.push(node);

  const own = new Map(big.map((node) => [node, bytes[node]]));
  const nextLink = new Map<number, number>(); // a node to the one of its class that it holds most through
  const links = new Set<number>();
  for (const node of big) {
    let above = immediate[node];
    while (above !== root && !own.has(above)) above = immediate[above];
    const left = own.get(above);
    if (left === undefined) continue;
    own.set(above, left - bytes[node]);
    if (graph.nodeName[above] !== graph.nodeName[node] || bytes[node] < bytes[above] / 2) continue;
    nextLink.set(above, node);
    links.add(node);
  }
  const isHead = (node: number): boolean => nextLink.has(node) && !links.has(node) && isLong(node, nextLink);
  const says = (node: number): boolean => {
    if (isHead(node)) return true;
    const held = own.get(node) ?? 0;
    return held >= ownShare * bytes[node] || (held >= floor && held >= ownShareOfAll * bytes[root]);
  };
  const ownBytes = (node: number): number => (isHead(node) ? bytes[node] : (own.get(node) ?? 0));
  return big.filter(says).toSorted((a, b) => ownBytes(b) - ownBytes(a));
};

/** Whether it is the head of a list, and not one object inside another of its class. */
const isLong = (head: number, nextLink: ReadonlyMap<number, number>): boolean => {
  let length = 0;
  for (let node = nextLink.get(head); node !== undefined && length < 10; node = nextLink.get(node)) length++;
  return length >= 10;
};
