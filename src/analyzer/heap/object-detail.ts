/** One object with its holders and what it holds, biggest first. In: a heap, a node, how many of each. Out: plain values. */
import { nodeTypeName } from '../model/heap-graph.js';
import type { HeapLink, HeapObjectDetail } from '../model/heap-results.js';
import type { Heap } from './heap.js';
import { contentsOf, holdersOf, type Neighbours } from './neighbours.js';
import { displayName } from './words.js';

export const describeObject = (heap: Heap, node: number, limit: number): HeapObjectDetail => {
  const holders = holdersOf(heap, node);
  const contents = contentsOf(heap, node);
  return {
    ...heap.object(node),
    retainers: linksOf(heap, holders, limit),
    retainerCount: holders.count,
    contents: linksOf(heap, contents, limit),
    contentCount: contents.count,
  };
};

const linksOf = (heap: Heap, neighbours: Neighbours, limit: number): HeapLink[] => {
  const { retainedBytes } = heap.dominators;
  const numbers = [...Array(neighbours.count).keys()];
  const bytes = Float64Array.from(numbers, (at) => retainedBytes[neighbours.nodeAt(at)]);
  return numbers
    .toSorted((a, b) => bytes[b] - bytes[a])
    .slice(0, limit)
    .map((at) => {
      const node = neighbours.nodeAt(at);
      return {
        label: neighbours.labelAt(at),
        id: heap.graph.nodeId[node],
        name: displayName(heap.graph, node),
        type: nodeTypeName(heap.graph, node),
        selfBytes: heap.graph.selfBytes[node],
        retainedBytes: retainedBytes[node],
      };
    });
};
