/**
 * One node of a graph as a row, and one node's retaining path. In: HeapData, node numbers. Out: rows, with names as
 * they are in the heap.
 */
import { findPath, nodesOnPath } from '../../../analyzer/heap/paths.js';
import { displayName } from '../../../analyzer/heap/words.js';
import { nodeTypeName } from '../../../analyzer/model/heap-graph.js';
import type { PathDetail } from '../../../tui/state/detail.js';
import type { ObjectRow } from '../../../tui/state/lists.js';
import type { HeapData } from './heap-data.js';

/** The position of a row in its tree. */
export interface RowPlace {
  readonly key: string;
  readonly edge: string | undefined;
  readonly depth: number;
  readonly branches: boolean;
  readonly open: boolean;
}

export const objectRow = ({ heap }: HeapData, node: number, place: RowPlace): ObjectRow => ({
  kind: 'object',
  ...place,
  node,
  id: heap.graph.nodeId[node],
  name: displayName(heap.graph, node),
  type: nodeTypeName(heap.graph, node),
  selfBytes: heap.graph.selfBytes[node],
  retainedBytes: heap.dominators.retainedBytes[node],
  place: heap.locationOf(node) ?? undefined,
});

export const pathDetail = ({ heap: { byNeed: heap } }: HeapData, node: number): PathDetail => {
  const nodes = new Map(nodesOnPath(heap.paths, node).map((at) => [heap.graph.nodeId[at], at]));
  return {
    detail: 'path',
    steps: findPath(heap.graph, heap.paths, node).map((step) => {
      const at = nodes.get(step.id) ?? 0;
      const place = heap.locationOf(at) ?? undefined;
      return { ...step, retainedBytes: heap.dominators.retainedBytes[at], place };
    }),
  };
};
