/** Whether the parts of a snapshot fit together. In: the header, the columns, the strings. Out: the first thing that is wrong. */
import type { StringPages } from '../../model/heap-graph.js';
import type { EdgeColumns } from './edges.js';
import type { SnapshotHeader } from './header.js';
import type { NodeColumns } from './nodes.js';

export const findInconsistency = (
  header: SnapshotHeader,
  nodes: NodeColumns,
  edges: EdgeColumns,
  strings: StringPages,
): string | undefined => {
  const maxName = Math.max(nodes.maxName, edges.maxName);
  if (nodes.count !== header.nodeCount)
    return `the header counts ${header.nodeCount} nodes, the file holds ${nodes.count}`;
  if (edges.count !== header.edgeCount)
    return `the header counts ${header.edgeCount} edges, the file holds ${edges.count}`;
  if (nodes.edges !== edges.count) return `the nodes claim ${nodes.edges} edges, the file contains ${edges.count}`;
  if (maxName >= strings.count) return `a name is string ${maxName} of ${strings.count}`;
  return nodes.count === 0 ? 'it contains no nodes' : undefined;
};
