/**
 * Variables that no function uses any more. V8 keeps the variables of a scope in one context as soon as one of the scope's
 * functions uses them, and the context lives as long as any of these functions. In: a heap, and the texts of its scripts.
 * Out: contexts with variables that none of the functions which are still alive names.
 */
import { findFunction } from '../growth/code/functions.js';
import type { Heap } from '../heap/heap.js';
import { scriptUrlOf } from '../heap/modules.js';
import type { HeapGraph } from '../model/heap-graph.js';
import { isProgramFile } from '../model/scripts.js';
import { edgeKinds, followInternal, nodeKinds, nodesByKey } from './layout.js';
import type { Finder, TextOf } from './kinds.js';
import { preorderPlaces } from './subtree.js';

/** What a variable keeps must be worth the parsing of the script. */
const fewestBytes = 1024;
/** V8 has variables of its own, such as `.home_object`, and `this`. */
const isWritten = /^(?!this$)[\p{ID_Start}$_]/u;

export const unusedVariables: Finder = {
  kind: 'unused-variables',
  title: 'Variables that no function uses any more',
  advice:
    'set the variable to undefined after its last use, or create the function that lives long in a scope of its own: functions of one scope share all its variables',
  find: (heap, claims, add, textOf) => {
    const { graph, dominators } = heap;
    const seers = seersOf(heap);
    const names = createNames(graph, textOf);
    const places = preorderPlaces(heap);
    for (const [context, functions] of seers) {
      for (let edge = graph.firstEdge[context]; edge < graph.firstEdge[context + 1]; edge++) {
        const value = graph.edgeTarget[edge];
        if (graph.edgeType[edge] !== edgeKinds.context || dominators.immediate[value] !== context) continue;
        if (dominators.retainedBytes[value] < fewestBytes) continue;
        const variable = graph.strings.get(graph.edgeName[edge]);
        if (!isWritten.test(variable) || functions.some((one) => names(one, variable))) continue;
        let bytes = 0;
        for (const part of places.subtree(value)) bytes += claims.takeAll(part);
        add(value, bytes);
      }
    }
  },
};

/** For each context, the functions that can see its variables; without contexts that something else holds as well. */
const seersOf = (heap: Heap): Map<number, number[]> => {
  const { graph, retainers } = heap;
  const contextOf = followInternal(graph, 'context');
  const outerOf = followInternal(graph, 'previous');
  const isContext = (node: number): boolean => graph.strings.get(graph.nodeName[node]) === 'system / Context';
  const seers = nodesByKey(graph, (node) => (graph.nodeType[node] === nodeKinds.closure ? contextOf(node) : -1));
  const own = new Map(seers);
  for (const [context, functions] of own) {
    for (let outer = outerOf(context); outer !== -1 && isContext(outer); outer = outerOf(outer)) {
      const known = seers.get(outer);
      if (known === undefined) seers.set(outer, [...functions]);
      else known.push(...functions);
    }
  }
  const isSeenByOthers = (context: number): boolean =>
    retainers.node
      .subarray(retainers.first[context], retainers.first[context + 1])
      .some((by) => graph.nodeType[by] !== nodeKinds.closure && !(isContext(by) && seers.has(by)));
  return new Map([...seers].filter(([context]) => isContext(context) && !isSeenByOthers(context)));
};

/** Returns whether a function, or one that is written in it, names the variable; true if its text is not known. */
const createNames = (graph: HeapGraph, textOf: TextOf): ((closure: number, variable: string) => boolean) => {
  const positions = new Map<number, number>();
  graph.positions.nodes.forEach((node, at) => positions.set(node, at));
  const texts = new Map<string, string | undefined>();
  const bodyOf = (closure: number): string | undefined => {
    const url = scriptUrlOf(graph, closure);
    const at = positions.get(closure);
    if (url === undefined || at === undefined || !isProgramFile(url)) return undefined;
    const position = { line: graph.positions.lines[at], column: graph.positions.columns[at] };
    const key = `${url}:${position.line}:${position.column}`;
    if (!texts.has(key)) texts.set(key, findFunction(textOf(url) ?? '', position));
    return texts.get(key);
  };
  return (closure, variable) => {
    const body = bodyOf(closure);
    return body === undefined || /\beval\b/.test(body) || body.split(/[^\p{ID_Continue}$]+/u).includes(variable);
  };
};
