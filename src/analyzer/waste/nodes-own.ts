/**
 * What Node itself keeps, which no program can change: the state of its modules, emitters, streams and requests, and what its
 * own variables hold. In: a heap and a node. Out: yes or no.
 */
import { edgeName, nodeName, nodeTypeName } from '../model/heap-graph.js';
import { isProgramFile } from '../model/scripts.js';
import type { Heap } from '../heap/heap.js';
import { findPath, nodesOnPath } from '../heap/paths.js';

/** Fields that Node's classes give to objects of any class. */
const fields = /^(_events|rawHeaders|rawTrailers|<symbol kHeaders>|<symbol kTrailers>)$/;
/** Fields of Node's own objects, as `class.field`. */
const fieldsOfClasses = /^(Module\.(paths|children)|(ReadableState|WritableState)\..*)$/;
/** How far above the object such a field is looked for: it holds an array, which has a store, which has strings. */
const mostSteps = 4;

export const isNodesOwn = (heap: Heap, node: number): boolean => isInField(heap, node) || isInVariable(heap, node);

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
