/**
 * Lists among big objects, whose links hold one another: a linked list, or a chain of closures from object to function to
 * object. In: a graph, the big nodes, and for each of them the nearest big node above it. Out: the heads.
 */
import type { HeapGraph } from '../model/heap-graph.js';
import type { Sizes } from '../model/heap-results.js';

export interface Chains {
  /** Whether it is the first link of a list, not just one object inside another of its class. */
  isHead(node: number): boolean;
  /** The first link of the list that the node belongs to; -1 if it belongs to none. */
  headOf(node: number): number;
}

/** At most this many objects of other classes may be between two links. */
const mostBetween = 3;
const fewestLinks = 10;

export const findChains = (
  graph: HeapGraph,
  big: readonly number[],
  bytes: Sizes,
  bigAbove: (node: number) => number | undefined,
): Chains => {
  const nextLink = new Map<number, number>(); // for a node, the object of its class through which it holds most
  const before = new Map<number, number>(); // for a node of a list that is not its head, the link above it
  for (const node of big) {
    const { link, between } = linkAbove(graph, node, bytes, bigAbove);
    if (link === undefined) continue;
    nextLink.set(link, node);
    for (const inside of [node, ...between]) before.set(inside, link);
  }
  const isHead = (node: number): boolean => nextLink.has(node) && !before.has(node) && isLong(node, nextLink);
  const headOf = (node: number): number => {
    let head = node;
    for (let link = before.get(head); link !== undefined; link = before.get(head)) head = link;
    return isHead(head) ? head : -1;
  };
  return { isHead, headOf };
};

/** The nearest object of the same class that holds most of its bytes through the node, and what is between the two. */
const linkAbove = (
  graph: HeapGraph,
  node: number,
  bytes: Sizes,
  bigAbove: (node: number) => number | undefined,
): { link: number | undefined; between: readonly number[] } => {
  const between: number[] = [];
  for (let link = bigAbove(node); link !== undefined && between.length <= mostBetween; link = bigAbove(link)) {
    if (bytes[node] < bytes[link] / 2) break;
    if (graph.nodeName[link] === graph.nodeName[node] && graph.nodeType[link] === graph.nodeType[node])
      return { link, between };
    between.push(link);
  }
  return { link: undefined, between };
};

const isLong = (head: number, nextLink: ReadonlyMap<number, number>): boolean => {
  let length = 0;
  for (let node = nextLink.get(head); node !== undefined && length < fewestLinks; node = nextLink.get(node)) length++;
  return length >= fewestLinks;
};
