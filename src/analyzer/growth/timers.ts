/**
 * What Node's timers run, by the snapshot. In: a graph, where its functions begin, a script. Out: whether a timer runs a
 * function of that script: itself, bound (`sweep.bind(store)`), or by a function that wraps it (`als.bind(sweep)`).
 */
import { targetOf } from '../heap/modules.js';
import type { HeapGraph } from '../model/heap-graph.js';
import type { TextPosition } from './code/declarations.js';
import { types } from './snapshots/growth-classes.js';
import { propertyOf } from './snapshots/properties.js';

interface Begins extends TextPosition {
  readonly scriptId: string;
}

export type RunsTimer = (scriptId: string, isWanted: (begins: TextPosition) => boolean) => boolean;

export const createTimers = (graph: HeapGraph, positionOf: (closure: number) => Begins | undefined): RunsTimer => {
  let callbacks: number[] | undefined;
  const runs = (closure: number, depth: number, scriptId: string, isWanted: (at: TextPosition) => boolean): boolean => {
    const at = positionOf(closure);
    if (at?.scriptId === scriptId) return isWanted(at);
    return depth > 0 && wrappedBy(graph, closure).some((inner) => runs(inner, depth - 1, scriptId, isWanted));
  };
  return (scriptId, isWanted) => {
    callbacks ??= callbacksOf(graph);
    return callbacks.some((closure) => runs(closure, mostWrappers, scriptId, isWanted));
  };
};

/** A wrapper in a wrapper in a wrapper: no further. */
const mostWrappers = 3;

const callbacksOf = (graph: HeapGraph): number[] => {
  const timeout = graph.strings.indexOf('Timeout');
  const callbacks: number[] = [];
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.nodeName[node] !== timeout || graph.nodeType[node] !== types.object) continue;
    const callback = propertyOf(graph, node, '_onTimeout');
    if (callback !== -1) callbacks.push(callback);
  }
  return callbacks;
};

/** The function that was bound, and those in the variables that a wrapper uses. */
const wrappedBy = (graph: HeapGraph, closure: number): number[] => {
  const bound = targetOf(graph, closure, /^bound_function$/);
  if (bound !== -1) return [bound];
  const found: number[] = [];
  let context = targetOf(graph, closure, /^context$/);
  for (let outer = 0; context !== -1 && outer < mostWrappers; outer++) {
    for (let edge = graph.firstEdge[context]; edge < graph.firstEdge[context + 1]; edge++)
      if (graph.nodeType[graph.edgeTarget[edge]] === types.closure) found.push(graph.edgeTarget[edge]);
    context = targetOf(graph, context, /^previous$/);
  }
  return found;
};
