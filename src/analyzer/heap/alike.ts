/**
 * Objects that are alike: of one class, and held in the same way, such as the entries of one Map. In: a heap and some of its
 * nodes. Out: for each kind its largest node, how many there are, and what all of them retain together.
 */
import { nodeTypeName } from '../model/heap-graph.js';
import type { Heap } from './heap.js';
import { createWays } from './ways.js';

export interface Alike {
  /** The one that retains most. */
  readonly node: number;
  readonly count: number;
  /** Of all of them together; an object inside another is counted once. */
  readonly totalBytes: number;
}

/** How far up the dominator tree is looked for another of the same kind. */
const mostAbove = 10_000;

/** Kinds of objects, those that retain most together first. */
export const groupAlike = (heap: Heap, nodes: Iterable<number>): Alike[] => {
  const { graph, dominators } = heap;
  const wayOf = createWays(graph, heap.paths);
  const groups = new Map<string, Set<number>>();
  for (const node of nodes) {
    const type = nodeTypeName(graph, node);
    const key = `${wayOf(node)} ${type} ${type.endsWith('string') ? '' : graph.nodeName[node]}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, new Set([node]));
    else group.add(node);
  }
  const bytes = dominators.retainedBytes;
  const isInside = (node: number, group: ReadonlySet<number>): boolean => {
    let above = dominators.immediate[node];
    for (let steps = 0; above !== 0 && steps < mostAbove; steps++, above = dominators.immediate[above])
      if (group.has(above)) return true;
    return false;
  };
  return [...groups.values()]
    .map((group): Alike => {
      const outermost = [...group].filter((node) => group.size === 1 || !isInside(node, group));
      return {
        node: outermost.reduce((most, node) => (bytes[node] > bytes[most] ? node : most)),
        count: group.size,
        totalBytes: outermost.reduce((sum, node) => sum + bytes[node], 0),
      };
    })
    .toSorted((a, b) => b.totalBytes - a.totalBytes);
};
