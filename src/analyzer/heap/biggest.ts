/**
 * The objects with the largest retained sizes that a user can act on. In: a graph and its dominators. Out: nodes, biggest
 * first. An object that retains its bytes through other big objects adds nothing to what those show (a module holds its
 * exports, they hold a function, it holds two caches): it is listed only if it holds a share of its bytes directly. Of a
 * list whose links hold one another, only the first link is listed.
 */
import { nodeTypes, type HeapGraph } from '../model/heap-graph.js';
import type { Classes, Dominators, LargestOfClasses, Sizes } from '../model/heap-results.js';
import { findChains } from './chains.js';
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
/** What the links of a list hold is not listed separately if it is smaller than this share of the list. */
const shareOfList = 0.1;
const synthetic = nodeTypes.indexOf('synthetic');

export const findBiggest = (graph: HeapGraph, dominators: Dominators): number[] =>
  findHolders(graph, dominators, dominators.retainedBytes, dominators.retainedBytes[root] * smallestShare).toSorted(
    (a, b) => dominators.retainedBytes[b] - dominators.retainedBytes[a],
  );

/** The same for any figure of nodes, such as growth: nodes with at least `floor` of it. Those with most of it directly come first. */
export const findHolders = (graph: HeapGraph, { immediate }: Dominators, bytes: Sizes, floor: number): number[] => {
  const globals = new Set(userRoots(graph));
  const isCandidate = (node: number): boolean =>
    node !== root && graph.nodeType[node] !== synthetic && !globals.has(node) && !isMachinery(graph, node);
  const big: number[] = [];
  for (let node = 1; node < graph.nodeCount; node++) if (bytes[node] >= floor && isCandidate(node)) big.push(node);

  const own = new Map(big.map((node) => [node, bytes[node]]));
  const bigAbove = (node: number): number | undefined => {
    let above = immediate[node];
    while (above !== root && !own.has(above)) above = immediate[above];
    return above === root ? undefined : above;
  };
  for (const node of big) {
    const above = bigAbove(node);
    if (above !== undefined) own.set(above, (own.get(above) ?? 0) - bytes[node]);
  }
  const chains = findChains(graph, big, bytes, bigAbove);
  const isSaidByList = (node: number): boolean => {
    for (let above = bigAbove(node); above !== undefined; above = bigAbove(above)) {
      const head = chains.headOf(above);
      if (head !== -1) return bytes[node] < shareOfList * bytes[head];
    }
    return false;
  };
  const isWorthListing = (node: number): boolean => {
    if (chains.isHead(node)) return true;
    const held = own.get(node) ?? 0;
    if (held < ownShare * bytes[node] && (held < floor || held < ownShareOfAll * bytes[root])) return false;
    return !isSaidByList(node);
  };
  const ownBytes = (node: number): number => (chains.isHead(node) ? bytes[node] : (own.get(node) ?? 0));
  return big.filter(isWorthListing).toSorted((a, b) => ownBytes(b) - ownBytes(a));
};

/** For each class, the node of it that retains most. */
export const computeBiggestOfClass = ({ classOf, list }: Classes, { retainedBytes }: Dominators): Uint32Array => {
  const biggest = new Uint32Array(list.length);
  const most = new Float64Array(list.length).fill(-1);
  for (let node = 0; node < classOf.length; node++) {
    if (retainedBytes[node] <= most[classOf[node]]) continue;
    most[classOf[node]] = retainedBytes[node];
    biggest[classOf[node]] = node;
  }
  return biggest;
};

/** For each class, at most `limit` nodes that retain most, biggest first; of equal ones the first in the graph. */
export const computeLargestOfClasses = (
  { classOf, list }: Classes,
  { retainedBytes }: Dominators,
  limit: number,
): LargestOfClasses => {
  const largest: number[][] = list.map(() => []);
  const floor = new Float64Array(list.length).fill(-1); // what a node must exceed to be among them
  for (let node = 0; node < classOf.length; node++) {
    const bytes = retainedBytes[node];
    const ofClass = classOf[node];
    if (bytes <= floor[ofClass]) continue;
    const nodes = largest[ofClass];
    let at = nodes.length;
    while (at > 0 && retainedBytes[nodes[at - 1]] < bytes) at--;
    nodes.splice(at, 0, node);
    if (nodes.length > limit) nodes.pop();
    if (nodes.length === limit) floor[ofClass] = retainedBytes[nodes[limit - 1]];
  }
  const first = new Uint32Array(list.length + 1);
  for (const [index, nodes] of largest.entries()) first[index + 1] = first[index] + nodes.length;
  return { first, nodes: Uint32Array.from(largest.flat()) };
};
