/**
 * A heap as tables of numbers, which the database reads chunk by chunk; nothing is copied before it is asked for. In: a
 * heap, and the texts of all heaps that are asked about. Out: tables of columns. A text is a number in `Texts`.
 */
import type { Heap } from '../../analyzer/heap/heap.js';
import { retains } from '../../analyzer/heap/edges.js';
import type { HeapGraph } from '../../analyzer/model/heap-graph.js';
import type { Location } from '../../analyzer/model/location.js';

export interface Column {
  readonly name: string;
  readonly type: 'integer' | 'double';
  /** The value of a row. Called once per row of a scan, only if the query needs the column. */
  readonly valueOf: (row: number) => number;
}

export interface NumberTable {
  /** Called only if a query needs the table. */
  rowCount(): number;
  readonly columns: readonly Column[];
}

/** The number that means no text, and no node. */
export const none = 0xffff_ffff;

/** All texts that the tables name: the strings of each heap, then names of classes and files. */
export class Texts {
  private readonly sources: { readonly first: number; readonly get: (index: number) => string }[] = [];
  private readonly numberOf = new Map<string, number>();
  private readonly added: string[] = [];
  private count = 0;

  /** The number of the first of a heap's strings. */
  addStrings({ strings }: HeapGraph): number {
    const first = this.count;
    this.sources.push({ first, get: (index) => strings.get(index) });
    this.count += strings.count;
    return first;
  }

  /** Names of classes and files are few; their numbers count down, so that heaps can still be added. */
  add(text: string): number {
    let number = this.numberOf.get(text);
    if (number === undefined) {
      number = none - this.added.push(text);
      this.numberOf.set(text, number);
    }
    return number;
  }

  get(number: number): string | null {
    if (number === none) return null;
    if (number >= this.count) return this.added[none - 1 - number] ?? null;
    const source = this.sources.findLast(({ first }) => first <= number);
    return source?.get(number - source.first) ?? null;
  }
}

const integer = (name: string, valueOf: Column['valueOf']): Column => ({ name, type: 'integer', valueOf });
const double = (name: string, valueOf: Column['valueOf']): Column => ({ name, type: 'double', valueOf });

/** Computes a column's data when its first value is read. */
const lazily = <T>(compute: () => T): (() => T) => {
  let value: T | undefined;
  return () => (value ??= compute());
};

/** What is found at the first question that needs it, for all tables of a heap. */
type Places = () => readonly { readonly node: number; readonly place: Location }[];

/** Nothing is computed yet: a question about edges needs no dominators, and few need the places of functions. */
export const tablesOf = (heap: Heap, texts: Texts) => {
  const firstText = texts.addStrings(heap.graph);
  const places = lazily(() => placesOf(heap));
  return {
    nodes: nodeTable(heap, texts, firstText, places),
    edges: edgeTable(heap, firstText),
    classes: classTable(heap, texts),
    locations: locationTable(heap, texts, firstText, places),
  };
};

const nodeTable = (heap: Heap, texts: Texts, firstText: number, allPlaces: Places): NumberTable => {
  const { graph } = heap;
  const dominators = (): Heap['dominators'] => heap.dominators;
  const classText = lazily(() => Uint32Array.from(heap.classes.list, ({ name }) => texts.add(name)));
  const places = lazily(() => placeColumns(graph, texts, allPlaces()));
  const position = lazily(() => {
    const positions = new Uint32Array(graph.nodeCount);
    dominators().preorder.forEach((node, at) => (positions[node] = at));
    return positions;
  });
  return {
    rowCount: () => graph.nodeCount,
    columns: [
      integer('id', (node) => graph.nodeId[node]),
      integer('type', (node) => graph.nodeType[node]),
      integer('name', (node) => firstText + graph.nodeName[node]),
      integer('class', (node) => classText()[heap.classes.classOf[node]]),
      double('self_bytes', (node) => graph.selfBytes[node]),
      double('retained_bytes', (node) => dominators().retainedBytes[node]),
      integer('dominator_id', (node) => (node === 0 ? none : graph.nodeId[dominators().immediate[node]])),
      integer('file', (node) => places().file[node]),
      integer('line', (node) => places().line[node]),
      integer('position', (node) => position()[node]),
      integer('subtree', (node) => dominators().subtreeNodes[position()[node]]),
    ],
  };
};

const edgeTable = (heap: Heap, firstText: number): NumberTable => {
  const { graph } = heap;
  const source = lazily(() => {
    const sources = new Uint32Array(graph.edgeCount);
    for (let node = 0; node < graph.nodeCount; node++)
      sources.fill(graph.nodeId[node], graph.firstEdge[node], graph.firstEdge[node + 1]);
    return sources;
  });
  return {
    rowCount: () => graph.edgeCount,
    columns: [
      integer('from_id', (edge) => source()[edge]),
      integer('to_id', (edge) => graph.nodeId[graph.edgeTarget[edge]]),
      integer('type', (edge) => graph.edgeType[edge]),
      integer('name', (edge) => graph.edgeName[edge]),
      integer('first_text', () => firstText),
      integer('retains', (edge) => Number(retains(heap.edges, edge))),
    ],
  };
};

const classTable = (heap: Heap, texts: Texts): NumberTable => {
  const list = (): Heap['classes']['list'] => heap.classes.list;
  return {
    rowCount: () => list().length,
    columns: [
      integer('name', (row) => texts.add(list()[row].name)),
      integer('count', (row) => list()[row].count),
      double('self_bytes', (row) => list()[row].selfBytes),
      double('retained_bytes', (row) => list()[row].retainedBytes),
    ],
  };
};

/** Functions, classes and generators with their places in the source. */
const locationTable = ({ graph }: Heap, texts: Texts, firstText: number, places: Places): NumberTable => ({
  rowCount: () => places().length,
  columns: [
    integer('id', (row) => graph.nodeId[places()[row].node]),
    integer('name', (row) => firstText + graph.nodeName[places()[row].node]),
    integer('file', (row) => texts.add(places()[row].place.file)),
    integer('line', (row) => places()[row].place.line),
    integer('column', (row) => places()[row].place.column),
  ],
});

/** By node: the file and the line of functions and classes. */
const placeColumns = (
  { nodeCount }: HeapGraph,
  texts: Texts,
  places: ReturnType<Places>,
): { readonly file: Uint32Array; readonly line: Uint32Array } => {
  const file = new Uint32Array(nodeCount).fill(none);
  const line = new Uint32Array(nodeCount).fill(none);
  for (const { node, place } of places) {
    file[node] = texts.add(place.file);
    line[node] = place.line;
  }
  return { file, line };
};

const placesOf = (heap: Heap): ReturnType<Places> =>
  [...heap.graph.positions.nodes].flatMap((node) => {
    const place = heap.locationOf(node);
    return place === null ? [] : [{ node, place }];
  });
