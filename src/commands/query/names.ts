/**
 * Names that many rows of a table share. In: a heap. Out: a list of them, and where in it each name is. DuckDB takes them from
 * the list by itself: to be asked for the text of each row takes it ten times as long.
 */
import type { Heap } from '../../analyzer/heap/heap.js';
import { edgeTypes, nodeTypes, type HeapGraph } from '../../analyzer/model/heap-graph.js';

export const stringTypes = ['string', 'concatenated string', 'sliced string'] as const;

/** Elements and hidden edges have numbers, all others names. */
export const numberedEdges = [edgeTypes.indexOf('element'), edgeTypes.indexOf('hidden')];
export const isNumbered = ({ edgeType }: HeapGraph, edge: number): boolean => {
  const type = edgeType[edge];
  return type === numberedEdges[0] || type === numberedEdges[1];
};

/** Texts that many rows share, and for each text its place among them, from 1 on; 0 if it is not one of them. */
export interface SharedTexts {
  readonly list: readonly string[];
  readonly placeOf: Uint32Array;
}

/** How many texts are shared at most: DuckDB needs some nanoseconds for each of them in every chunk of rows. */
const mostShared = 10_000;

/** Names of all but strings, whose texts are their names and seldom shared. */
export const namesOfNodes = ({ nodeCount, nodeType, nodeName, strings }: HeapGraph): SharedTexts => {
  const isText = nodeTypes.map((type) => stringTypes.some((one) => one === type));
  const counts = new Uint32Array(strings.count);
  for (let node = 0; node < nodeCount; node++) if (!isText[nodeType[node]]) counts[nodeName[node]]++;
  return sharedTexts(counts, nodeCount, (text) => strings.get(text));
};

export const namesOfEdges = (graph: HeapGraph): SharedTexts => {
  const { edgeCount, edgeName, strings } = graph;
  const counts = new Uint32Array(strings.count);
  for (let edge = 0; edge < edgeCount; edge++) if (!isNumbered(graph, edge)) counts[edgeName[edge]]++;
  return sharedTexts(counts, edgeCount, (text) => strings.get(text));
};

export const namesOfClasses = ({ classes: { list }, graph }: Heap): SharedTexts =>
  sharedTexts(
    Uint32Array.from(list, ({ count }) => count),
    graph.nodeCount,
    (index) => list[index].name,
  );

/** `counts`: how many of the rows have each text. */
const sharedTexts = (counts: Uint32Array, rows: number, textOf: (text: number) => string): SharedTexts => {
  const list: string[] = [];
  const least = Math.max(1, rows / mostShared);
  const placeOf = counts.map((count, text) => (count >= least ? list.push(textOf(text)) : 0));
  return { list, placeOf };
};
