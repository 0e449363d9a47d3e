/**
 * A heap as tables of numbers, which the database reads chunk by chunk; nothing is copied before it is asked for. In: a
 * heap, and the texts of all heaps that are asked about. Out: tables of columns. A text is a number in `Texts`.
 */
import type { Heap } from '../../analyzer/heap/heap.js';
import { retains } from '../../analyzer/heap/edges.js';
import type { HeapGraph } from '../../analyzer/model/heap-graph.js';
import type { Location } from '../../analyzer/model/location.js';
import { isNumbered, namesOfClasses, namesOfEdges, namesOfNodes, type SharedTexts } from './names.js';

export interface NumberColumn {
  readonly name: string;
  readonly type: 'integer' | 'double';
  /** The value of a row. Called once per row of a scan, only if the query needs the column. */
  readonly valueOf: (row: number) => number;
}

/** A list of texts, in a table of one row. */
export interface TextsColumn {
  readonly name: string;
  readonly type: 'texts';
  readonly value: () => readonly string[];
}

export type Column = NumberColumn | TextsColumn;

export interface RawTable {
  /** What DuckDB plans with: known before anything is computed. */
  readonly estimatedRows: number;
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
    let at = this.sources.length - 1;
    while (at > 0 && this.sources[at].first > number) at--;
    return this.sources[at].get(number - this.sources[at].first);
  }
}

const integer = (name: string, valueOf: NumberColumn['valueOf']): Column => ({ name, type: 'integer', valueOf });
const double = (name: string, valueOf: NumberColumn['valueOf']): Column => ({ name, type: 'double', valueOf });

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
  const ofNodes = lazily(() => namesOfNodes(heap.graph));
  const ofEdges = lazily(() => namesOfEdges(heap.graph));
  const ofClasses = lazily(() => namesOfClasses(heap));
  return {
    nodes: nodeTable(heap, texts, firstText, { places, ofNodes, ofClasses }),
    edges: edgeTable(heap, firstText, ofEdges),
    names: namesTable({ ofNodes, ofEdges, ofClasses }),
    classes: classTable(heap, texts),
    locations: locationTable(heap, texts, firstText, places),
  };
};

interface NodeParts {
  readonly places: Places;
  readonly ofNodes: () => SharedTexts;
  readonly ofClasses: () => SharedTexts;
}

const nodeTable = (
  heap: Heap,
  texts: Texts,
  firstText: number,
  { places: allPlaces, ofNodes, ofClasses }: NodeParts,
): RawTable => {
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
    estimatedRows: graph.nodeCount,
    rowCount: () => graph.nodeCount,
    columns: [
      integer('id', (node) => graph.nodeId[node]),
      integer('type', (node) => graph.nodeType[node]),
      integer('name', (node) => firstText + graph.nodeName[node]),
      integer('shared_name', (node) => ofNodes().placeOf[graph.nodeName[node]]),
      integer('class', (node) => classText()[heap.classes.classOf[node]]),
      integer('shared_class', (node) => ofClasses().placeOf[heap.classes.classOf[node]]),
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

const edgeTable = (heap: Heap, firstText: number, names: () => SharedTexts): RawTable => {
  const { graph } = heap;
  const source = lazily(() => {
    const { firstEdge, nodeId, nodeCount, edgeCount } = graph;
    const sources = new Uint32Array(edgeCount);
    for (let node = 0; node < nodeCount; node++)
      for (let edge = firstEdge[node]; edge < firstEdge[node + 1]; edge++) sources[edge] = nodeId[node];
    return sources;
  });
  return {
    estimatedRows: graph.edgeCount,
    rowCount: () => graph.edgeCount,
    columns: [
      integer('from_id', (edge) => source()[edge]),
      integer('to_id', (edge) => graph.nodeId[graph.edgeTarget[edge]]),
      integer('type', (edge) => graph.edgeType[edge]),
      integer('name', (edge) => graph.edgeName[edge]),
      integer('shared_name', (edge) => (isNumbered(graph, edge) ? 0 : names().placeOf[graph.edgeName[edge]])),
      integer('first_text', () => firstText),
      integer('retains', (edge) => Number(retains(heap.edges, edge))),
    ],
  };
};

/** One row of lists. */
const namesTable = (shared: Readonly<Record<'ofNodes' | 'ofEdges' | 'ofClasses', () => SharedTexts>>): RawTable => ({
  estimatedRows: 1,
  rowCount: () => 1,
  columns: [
    { name: 'node_names', type: 'texts', value: () => shared.ofNodes().list },
    { name: 'edge_names', type: 'texts', value: () => shared.ofEdges().list },
    { name: 'class_names', type: 'texts', value: () => shared.ofClasses().list },
  ],
});

const classTable = (heap: Heap, texts: Texts): RawTable => {
  const list = (): Heap['classes']['list'] => heap.classes.list;
  return {
    estimatedRows: 1000,
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
const locationTable = ({ graph }: Heap, texts: Texts, firstText: number, places: Places): RawTable => ({
  estimatedRows: graph.nodeCount / 50,
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
