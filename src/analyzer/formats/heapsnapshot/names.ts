/**
 * V8 15 adds the scope of each closure's context to the name of its node: `system / Context / scope @7285`. In: a graph.
 * Out: the same graph with the name that all other versions of V8 write, on which classes, signatures and rules depend.
 */
import type { HeapGraph, StringPages, StringTable } from '../../model/heap-graph.js';
import { stringTable } from '../../model/string-table.js';

const contextName = 'system / Context';
const scoped = /^system \/ Context \/ scope @\d+$/;

export const withPlainContexts = (graph: HeapGraph): HeapGraph => {
  const named = graph.strings
    .containing(`${contextName} / scope @`)
    .filter((index) => scoped.test(graph.strings.get(index)));
  if (named.length === 0) return graph;
  const { strings, index: plain } = withString(graph.strings, contextName);
  const isScoped = new Set(named);
  const nodeName = graph.nodeName.map((index) => (isScoped.has(index) ? plain : index));
  return { ...graph, nodeName, strings };
};

const withZero = (starts: Uint32Array): Uint32Array => {
  const longer = new Uint32Array(starts.length + 1);
  longer.set(starts);
  return longer;
};

/** The table with that string added if it is missing, and the string's index. */
const withString = (strings: StringTable, text: string): { strings: StringTable; index: number } => {
  const index = strings.indexOf(text);
  if (index !== -1) return { strings, index };
  const { pages, firstOfPage, starts, count } = strings.written;
  const written: StringPages = {
    pages: [...pages, Buffer.from(JSON.stringify(text))],
    firstOfPage: [...firstOfPage, count],
    starts: withZero(starts.subarray(0, count)),
    count: count + 1,
  };
  return { strings: stringTable(written), index: count };
};
