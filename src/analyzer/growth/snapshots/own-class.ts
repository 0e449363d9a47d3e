/** Which objects are of a class that someone wrote, and not of one of the language's or V8's own. */
import { nodeName, type HeapGraph } from '../../model/heap-graph.js';
import { types } from './growth-classes.js';

export const hasOwnClass = (graph: HeapGraph, node: number): boolean =>
  graph.nodeType[node] === types.object && isOwnClass(nodeName(graph, node));

export const isOwnClass = (name: string): boolean => !builtIn.has(name);

const builtIn = new Set(
  (
    'Object Array Map Set WeakMap WeakSet WeakRef Promise Date RegExp Error Arguments Generator AsyncGenerator ArrayBuffer ' +
    'DataView FinalizationRegistry Module global globalThis Window process'
  )
    .split(' ')
    .concat('system / Context'),
);
