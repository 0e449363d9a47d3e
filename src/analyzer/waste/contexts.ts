/**
 * Variables that no function uses any more. V8 keeps the variables of a scope in one context as soon as one of the scope's
 * functions uses them, and the context lives as long as any of these functions. In: a heap, and the texts of its scripts.
 * Out: contexts with variables that none of the functions which are still alive names.
 */
import type { TextPosition } from '../growth/code/declarations.js';
import { readFunctions } from '../growth/code/functions.js';
import type { Heap } from '../heap/heap.js';
import { scriptUrlOf } from '../heap/modules.js';
import type { HeapGraph } from '../model/heap-graph.js';
import { isProgramFile } from '../model/scripts.js';
import { followInternal } from '../heap/follow.js';
import { edgeKinds, nodeKinds } from './layout.js';
import type { Finder, TextOf } from './kinds.js';
import { takeSubtree } from './subtree.js';

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
    for (const [context, functions] of seers) {
      for (let edge = graph.firstEdge[context]; edge < graph.firstEdge[context + 1]; edge++) {
        const value = graph.edgeTarget[edge];
        if (graph.edgeType[edge] !== edgeKinds.context || dominators.immediate[value] !== context) continue;
        if (dominators.retainedBytes[value] < fewestBytes) continue;
        const variable = graph.strings.get(graph.edgeName[edge]);
        if (!isWritten.test(variable) || functions.some((one) => names(one, variable))) continue;
        add(value, takeSubtree(heap, claims, value));
      }
    }
  },
};

/**
 * For each context, the functions that can see its variables, one for each piece of code; without contexts that something
 * else holds as well.
 */
const seersOf = (heap: Heap): Map<number, number[]> => {
  const { graph, retainers } = heap;
  const [contextOf, outerOf, codeOf] = ['context', 'previous', 'shared'].map((name) => followInternal(graph, name));
  const contextName = graph.strings.indexOf('system / Context');
  const isContext = (node: number): boolean => node !== -1 && graph.nodeName[node] === contextName;
  const seers = new Map<number, Map<number, number>>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.nodeType[node] !== nodeKinds.closure) continue;
    for (let at = contextOf(node); isContext(at); at = outerOf(at)) {
      const known = seers.get(at) ?? new Map<number, number>();
      seers.set(at, known);
      if (known.has(codeOf(node))) break; // then it is known in the outer ones, too
      known.set(codeOf(node), node);
    }
  }
  const isSeenByOthers = (context: number): boolean =>
    retainers.node
      .subarray(retainers.first[context], retainers.first[context + 1])
      .some((by) => graph.nodeType[by] !== nodeKinds.closure && !(isContext(by) && seers.has(by)));
  const alone = [...seers].filter(([context]) => !isSeenByOthers(context));
  return new Map(alone.map(([context, byCode]) => [context, [...byCode.values()]]));
};

/** Returns whether a function, or one that is written in it, names the variable; true if its text is not known. */
const createNames = (graph: HeapGraph, textOf: TextOf): ((closure: number, variable: string) => boolean) => {
  const positions = new Map<number, number>();
  graph.positions.nodes.forEach((node, at) => positions.set(node, at));
  const scripts = new Map<string, (begins: TextPosition) => string | undefined>();
  const wordsOfCode = new Map<string, ReadonlySet<string> | undefined>();
  const read = (url: string, begins: TextPosition): ReadonlySet<string> | undefined => {
    const functionAt = scripts.get(url) ?? readFunctions(textOf(url) ?? '');
    scripts.set(url, functionAt);
    const body = functionAt(begins);
    return body === undefined || /\beval\b/.test(body) ? undefined : new Set(body.split(/[^\p{ID_Continue}$]+/u));
  };
  const wordsOf = (closure: number): ReadonlySet<string> | undefined => {
    const url = scriptUrlOf(graph, closure);
    const at = positions.get(closure);
    if (url === undefined || at === undefined || !isProgramFile(url)) return undefined;
    const begins = { line: graph.positions.lines[at], column: graph.positions.columns[at] };
    const key = `${url}:${begins.line}:${begins.column}`;
    if (!wordsOfCode.has(key)) wordsOfCode.set(key, read(url, begins));
    return wordsOfCode.get(key);
  };
  return (closure, variable) => wordsOf(closure)?.has(variable) ?? true;
};
