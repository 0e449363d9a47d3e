/**
 * Growth that fills properties of objects that were there from the start: each keeps one thing at a time, so it stops when
 * each object has one. In: a region, the last graph, its paths. Out: how many of the objects got one, and how many there are; undefined if the growth is not of this kind.
 */
import { edgeTypes, type HeapGraph } from '../../model/heap-graph.js';
import type { Paths } from '../../model/heap-results.js';
import type { Region } from './regions.js';
import type { Transients } from './transients.js';

export interface Slots {
  readonly filled: number;
  readonly all: number;
}

/** Fewer objects say nothing. */
const leastObjects = 10;
/** Most of what the region holds must be held in this way. */
const minShare = 0.9;
/** What fills a property may not grow itself: by at most this factor, on average, from the first snapshot to the last. */
const mostGrowth = 1.25;

const property = edgeTypes.indexOf('property');

export const findSlots = (region: Region, last: Transients, paths: Paths): Slots | undefined => {
  const edges = edgesInto(region, last);
  const { graph } = last;
  const name = graph.edgeName[edges[0]?.edge ?? 0];
  const filled = edges.filter(({ edge }) => graph.edgeType[edge] === property && graph.edgeName[edge] === name);
  const owners = new Set(filled.map(({ owner }) => owner));
  if (owners.size < leastObjects || owners.size < minShare * edges.length || growsInside(region, owners.size))
    return undefined;
  const parent = mostCommon([...owners].map((owner) => paths.from[owner]));
  const [like] = owners;
  const all = parent === undefined || like === undefined ? 0 : countLike(graph, parent, like);
  const holdsItself = filled.some(({ edge, owner }) => isLike(graph, graph.edgeTarget[edge], owner)); // a tree
  return all > owners.size && !holdsItself ? { filled: owners.size, all } : undefined;
};

/** The edges from permanent objects to what the region gained. */
const edgesInto = ({ members }: Region, { graph, isPermanent, holder, frontier }: Transients) => {
  const isMember = new Set(members);
  const wanted = new Set(frontier.edges.filter((edge) => isMember.has(holder[graph.edgeTarget[edge]])));
  const found: { edge: number; owner: number }[] = [];
  for (let owner = 0; owner < graph.nodeCount && wanted.size > 0; owner++) {
    if (isPermanent[owner] === 0) continue;
    for (let edge = graph.firstEdge[owner]; edge < graph.firstEdge[owner + 1]; edge++)
      if (wanted.has(edge)) found.push({ edge, owner });
  }
  return found;
};

/** Whether the things themselves grow, or there are more of each class than there are objects that hold one. */
const growsInside = ({ bytes, classes }: Region, owners: number): boolean => {
  const main = classes.toSorted((a, b) => b.counts[b.counts.length - 1] - a.counts[a.counts.length - 1])[0];
  if (main === undefined) return true;
  if (main.counts[main.counts.length - 1] > owners / minShare) return true;
  const sizes = [...main.counts].flatMap((count, k) => (count > 0 ? [bytes[k] / count] : []));
  return sizes[sizes.length - 1] > mostGrowth * sizes[0];
};

const isLike = (graph: HeapGraph, node: number, other: number): boolean =>
  graph.nodeType[node] === graph.nodeType[other] && graph.nodeName[node] === graph.nodeName[other];

const countLike = (graph: HeapGraph, parent: number, like: number): number => {
  let count = 0;
  for (let edge = graph.firstEdge[parent]; edge < graph.firstEdge[parent + 1]; edge++)
    if (isLike(graph, graph.edgeTarget[edge], like)) count++;
  return count;
};

/** Undefined if no value makes up most of them. */
const mostCommon = (values: readonly number[]): number | undefined => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1]);
  return most !== undefined && most[1] >= minShare * values.length ? most[0] : undefined;
};
