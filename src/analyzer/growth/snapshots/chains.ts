/**
 * Finds the list that a link belongs to. A list's old links are permanent, so each would count as a holder of what comes
 * after it; instead the list counts. In: the last graph and its retaining paths. Out: for a holder, the owner of the list
 * that it is a link of, or the holder itself.
 */
import { edgeName, edgeTypes, type HeapGraph } from '../../model/heap-graph.js';
import { noEdge, type Paths } from '../../model/heap-results.js';
import { createClimb } from './climb.js';
import type { GrowthClasses } from './growth-classes.js';
import { isAlike } from './list-heads.js';
import { hasOwnClass } from './own-class.js';
import type { Transients } from './transients.js';

const property = edgeTypes.indexOf('property');
const context = edgeTypes.indexOf('context');

/** Returns a function from a node to the owner of the list (or tree) that it is a link of, or to the node itself. */
export const createChains = (graph: HeapGraph, paths: Paths): ((node: number) => number) =>
  createClimb((node) =>
    node !== 0 && paths.edge[node] !== noEdge && isLink(graph, paths, node) ? paths.from[node] : undefined,
  );

/** An object with more edges than this is not a link of a list. */
const maxEdges = 64;

/**
 * A link has a field that leads to an object of the same class, which has that field too or leads back: `next.next`,
 * `next.prev`; or, as in a tree, it is reached from an object of the same class: `left.right`. Plain objects
 * hold one another everywhere.
 */
const isLink = (graph: HeapGraph, paths: Paths, node: number): boolean => {
  if (graph.firstEdge[node + 1] - graph.firstEdge[node] > maxEdges) return false;
  const isInside =
    hasOwnClass(graph, node) && isField(graph, paths.edge[node]) && isAlike(graph, paths.from[node], node);
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    const target = graph.edgeTarget[edge];
    if (
      target !== node &&
      isField(graph, edge) &&
      isAlike(graph, node, target) &&
      (isInside || isLinked(graph, target, edge, node))
    )
      return true;
  }
  return false;
};

/** Whether an object refers back, or on to the next one by the same field. */
const isLinked = (graph: HeapGraph, node: number, edge: number, back: number): boolean => {
  if (graph.firstEdge[node + 1] - graph.firstEdge[node] > maxEdges) return false;
  for (let own = graph.firstEdge[node]; own < graph.firstEdge[node + 1]; own++) {
    const target = graph.edgeTarget[own];
    if (!isField(graph, own) || target === node || !isAlike(graph, node, target)) continue;
    if (target === back || graph.edgeName[own] === graph.edgeName[edge]) return true;
  }
  return false;
};

const isField = (graph: HeapGraph, edge: number): boolean => {
  const type = graph.edgeType[edge];
  return (type === property && edgeName(graph, edge) !== '__proto__') || type === context;
};

/** Whether most of what came into the region hangs on objects of the same class, as in a tree. */
export const holdOneAnother = (
  members: ReadonlySet<number>,
  { graph, holder, frontier }: Transients,
  classNumber: number,
  classes: GrowthClasses,
): boolean => {
  const holders = frontier.holders.filter((_, i) => members.has(holder[graph.edgeTarget[frontier.edges[i]]]));
  const alike = holders.filter((node) => classes.of(graph, node) === classNumber);
  return alike.length > holders.length / 2;
};
