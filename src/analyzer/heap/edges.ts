/**
 * Which edges keep an object alive: the one predicate that every pass uses. In: a graph. Out: one bit per edge.
 *
 * As in Chrome DevTools, an edge retains unless
 *  - it is weak;
 *  - it is a shortcut and does not come from the root (there it marks the globals);
 *  - it leads from a node to itself;
 *  - it is the edge of a WeakMap's table to a value: the value is held by its key (the edge from the key stays);
 *  - it leads from a node that only V8's own roots reach to one that the program's globals reach (an object of
 *    the page does not belong to a debugger or a compiler that also holds it).
 */
import { isMarked } from '../model/columns.js';
import type { HeapGraph } from '../model/heap-graph.js';
import type { RetainingEdges } from '../model/heap-results.js';
import { walkHeap } from './walk.js';

export { userRoots } from './edge-rules.js';

export const computeRetainingEdges = (graph: HeapGraph): RetainingEdges => walkHeap(graph).edges;

/** Whether that edge keeps its target alive. */
export const retains = (edges: RetainingEdges, edge: number): boolean => isMarked(edges.bits, edge);

/** Whether the program's own roots reach that node. */
export const isUserOwned = (edges: RetainingEdges, node: number): boolean => isMarked(edges.userOwned, node);
