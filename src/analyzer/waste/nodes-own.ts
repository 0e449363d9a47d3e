/**
 * What no program can change. What Node itself keeps: the state of its modules, emitters, streams and requests, the texts of
 * modules, and what its own variables hold. And the data that a package or a JSON file exports as it is, such as the types of
 * files in mime-db. In: a heap and a node. Out: yes or no.
 */
import { edgeName, nodeName, nodeTypeName } from '../model/heap-graph.js';
import { isProgramFile } from '../model/scripts.js';
import type { Heap } from '../heap/heap.js';
import { findPath, moduleOnPath, nodesOnPath } from '../heap/paths.js';

/** Fields that Node's classes give to objects of any class. */
const fields = /^(_events|rawHeaders|rawTrailers|<symbol kHeaders>|<symbol kTrailers>|<symbol node:module_source>)$/;
/** Fields of Node's own objects, as `class.field`. */
const fieldsOfClasses =
  /^(Module\.(paths|children)|NodeEnvironmentFlagsSet\.<symbol internal properties>|(ReadableState|WritableState)\..*)$/;
/** How far above the object such a field is looked for: it holds an array, which has a store, which has strings. */
const mostSteps = 4;

export const isNodesOwn = (heap: Heap, node: number): boolean =>
  isInField(heap, node) || isInVariable(heap, node) || isExportedData(heap, node);

const isInField = ({ graph, paths }: Heap, node: number): boolean => {
  const isListener = nodeTypeName(graph, node) === 'closure';
  return nodesOnPath(paths, node)
    .slice(1)
    .slice(-mostSteps)
    .some((at) => {
      const field = edgeName(graph, paths.edge[at]);
      if (fields.test(field)) return !isListener;
      return fieldsOfClasses.test(`${nodeName(graph, paths.from[at])}.${field}`);
    });
};

const isInVariable = ({ graph, paths }: Heap, node: number): boolean => {
  const [start] = findPath(graph, paths, node);
  return start?.type === 'module' && !isProgramFile(start.name);
};

/** Whether only plain objects and arrays are between what the module exports and the node. */
const isExportedData = ({ graph, paths }: Heap, node: number): boolean => {
  const found = moduleOnPath(graph, paths, node);
  if (found === undefined || found.module.variable !== undefined) return false;
  if (!/\.json$|[\\/]node_modules[\\/]/.test(found.module.url ?? '')) return false;
  return found.nodes.every((at) => {
    const type = nodeTypeName(graph, at);
    return (
      type === 'array' || type.endsWith('string') || (type === 'object' && /^(Object|Array)$/.test(nodeName(graph, at)))
    );
  });
};
