/** One node of a graph as a row, and one node's retaining path. In: HeapData, node numbers. Out: rows, names raw. */
import { edgeName, edgeTypeName, nodeName, nodeTypeName, type HeapGraph } from '../../analyzer/model/heap-graph.js';
import type { Location } from '../../analyzer/model/location.js';
import { findPath } from '../../analyzer/heap/paths.js';
import type { ObjectRow, PathDetail } from '../../tui/provider.js';
import type { HeapData } from './heap-data.js';

/** What an object is called: a string by its text, a function by its name. */
export const displayName = (graph: HeapGraph, node: number): string => {
  const name = nodeName(graph, node);
  switch (nodeTypeName(graph, node)) {
    case 'string':
      return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
    case 'concatenated string':
    case 'sliced string':
      return `(${nodeTypeName(graph, node)})`;
    case 'closure':
      return `${name === '' ? '(anonymous)' : name}()`;
    case 'array':
    case 'code':
    case 'hidden':
      return name === '' ? `(${nodeTypeName(graph, node)})` : name;
    default:
      return name === '' ? `(${nodeTypeName(graph, node)})` : name;
  }
};

/** How a holder refers to what it holds: `sessions`, `[17]`, `(weak) target`. */
export const edgeLabel = (graph: HeapGraph, edge: number): string => {
  const type = edgeTypeName(graph, edge);
  const name = edgeName(graph, edge);
  if (type === 'element' || type === 'hidden') return `[${name}]`;
  return type === 'weak' ? `(weak) ${name}` : name;
};

export interface RowPlace {
  readonly key: string;
  readonly edge: number | undefined;
  readonly depth: number;
  readonly branches: boolean;
  readonly open: boolean;
}

export const objectRow = (data: HeapData, node: number, place: RowPlace): ObjectRow => ({
  kind: 'object',
  key: place.key,
  node,
  id: data.graph.nodeId[node],
  edge: place.edge === undefined ? undefined : edgeLabel(data.graph, place.edge),
  name: displayName(data.graph, node),
  type: nodeTypeName(data.graph, node),
  selfBytes: data.graph.selfBytes[node],
  retainedBytes: data.dominators.retainedBytes[node],
  depth: place.depth,
  branches: place.branches,
  open: place.open,
  place: placeOfNode(data, node),
});

/** Where a function or class stands; undefined where the snapshot or the scripts table does not say. */
export const placeOfNode = (data: HeapData, node: number): Location | undefined => {
  const { nodes, scriptIds, lines, columns } = data.graph.positions;
  let low = 0;
  let high = nodes.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (nodes[middle] < node) low = middle + 1;
    else if (nodes[middle] > node) high = middle - 1;
    else return data.locator.atPosition(scriptIds[middle], '', lines[middle], columns[middle]);
  }
  return undefined;
};

export const pathDetail = (data: HeapData, node: number): PathDetail => ({
  detail: 'path',
  steps: findPath(data.graph, data.paths, node).map((step, at) => ({
    edge: at === 0 || step.edge === '' ? undefined : step.edge.replace(/^\d+$/, '[$&]'),
    name: displayName(data.graph, step.node),
    id: step.id,
    retainedBytes: data.dominators.retainedBytes[step.node],
    place: placeOfNode(data, step.node),
  })),
});
