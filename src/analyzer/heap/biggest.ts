/**
 * The objects with the largest retained sizes that a user can act on. In: a graph and its dominators. Out: nodes, biggest
 * first. An object that retains its bytes through other big objects adds nothing to what those show (a module holds its
 * exports, they hold a function, it holds two caches): it is listed only if it holds a share of its bytes directly. Of a
 * list whose links hold one another, only the first link is listed.
 */
import { nodeTypes, type HeapGraph } from '../model/heap-graph.js';
import type { Dominators } from '../model/heap-results.js';
import { userRoots } from './edges.js';
import { isMachinery } from './machinery.js';

const root = 0;
/** Objects that retain less than this share of the heap are not listed. */
const smallestShare = 1 / 2000;
/**
 * An object that holds less than this share of its bytes, and of all bytes, directly is only a step on the way to bigger
 * ones.
 */
const ownShare = 0.1;
const ownShareOfAll = 0.01;
const synthetic = nodeTypes.indexOf('synthetic');

export const findBiggest = (graph: HeapGraph, dominators: Dominators, limit: number): number[] =>
  findHolders(graph, dominators, dominators.retainedBytes, dominators.retainedBytes[root] * smallestShare)
    .toSorted((a, b) => dominators.retainedBytes[b] - dominators.retainedBytes[a])
    .slice(0, limit);

/** The same for any figure by node, such as growth: nodes with at least `floor` of it, those that hold most directly first. */
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
  const nextLink = new Map<number, number>(); // for a node, the object of its class through which it holds most
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

/** Whether it is the head of a list, not just one object inside another of its class. */
const isLong = (head: number, nextLink: ReadonlyMap<number, number>): boolean => {
  let length = 0;
  for (let node = nextLink.get(head); node !== undefined && length < 10; node = nextLink.get(node)) length++;
  return length >= 10;
};
