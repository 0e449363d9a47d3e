/**
 * What a page's detached nodes hold natively is detached as well, as in Chrome DevTools: Chromium marks only the nodes that
 * JavaScript has touched. In: a graph's columns, and the nodes that are marked. Out: all that are detached.
 */
import { edgeTypes, nodeTypes, type HeapGraph } from '../../model/heap-graph.js';

/** Nodes by V8's mark; the marks of all others are unknown. */
export interface Marked {
  readonly attached: readonly number[];
  readonly detached: readonly number[];
}

const native = nodeTypes.indexOf('native');
const passes = edgeTypes.map((type) => type !== 'hidden' && type !== 'weak' && type !== 'unknown');

export const spreadDetached = (
  graph: Pick<HeapGraph, 'nodeType' | 'firstEdge' | 'edgeType' | 'edgeTarget'>,
  { attached, detached }: Marked,
): Set<number> => {
  if (detached.length === 0) return new Set();
  const known = new Set([...attached, ...detached]);
  spread(graph, attached, known);
  return new Set([...detached, ...spread(graph, detached, known)]);
};

/** The native nodes that these lead to and whose state was not known. */
const spread = (
  { nodeType, firstEdge, edgeType, edgeTarget }: Pick<HeapGraph, 'nodeType' | 'firstEdge' | 'edgeType' | 'edgeTarget'>,
  from: readonly number[],
  known: Set<number>,
): number[] => {
  const found: number[] = [];
  const look = (node: number): void => {
    if (nodeType[node] !== native) return; // JavaScript may hold both: each object that it holds has a mark of its own
    for (let edge = firstEdge[node]; edge < firstEdge[node + 1]; edge++) {
      const target = edgeTarget[edge];
      if (!passes[edgeType[edge]] || nodeType[target] !== native || known.has(target)) continue;
      known.add(target);
      found.push(target);
    }
  };
  for (const node of from) look(node);
  for (let at = 0; at < found.length; at++) look(found[at]);
  return found;
};
