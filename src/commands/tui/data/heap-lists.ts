/**
 * The lists of the Heap tab. In: HeapData, a query, an order, a window. Out: a page with only the rows of that window.
 * Objects are trees: an open row shows its children below it, in the order of the list.
 */
import { countClasses } from '../../../analyzer/heap/classes.js';
import type { Heap } from '../../../analyzer/heap/heap.js';
import { nodeTypes } from '../../../analyzer/model/heap-graph.js';
import { displayName } from '../../../analyzer/heap/words.js';
import type { ClassRow, ListOrder, ListQuery, ListWindow, Page } from '../../../tui/state/lists.js';
import type { HeapCache } from './cache.js';
import type { HeapData } from './heap-data.js';
import { dominatedLevel, fieldsLevel, namedLevel, nodesLevel, nodesOfClass, retainersLevel } from './heap-levels.js';
import { objectRow } from './heap-rows.js';
import { filtered, sorted, type Slices } from './ordering.js';
import { rowPage } from './row-list.js';
import { treePage, type Level } from './tree-list.js';
import { wastePage, type WasteQuery } from './waste-data.js';

export type HeapQuery = Extract<
  ListQuery,
  {
    list: 'classes' | 'biggest' | 'objects' | 'dominators' | 'fields' | 'retainers' | 'dominated' | 'waste' | 'wasteOf';
  }
>;

export const heapPage = async (
  whole: HeapData,
  query: HeapQuery,
  order: ListOrder,
  window: ListWindow,
  slices: Slices,
  cache: HeapCache,
): Promise<Page> => {
  // the first screen: of an index it reads only what it shows
  const data = query.list === 'biggest' ? { ...whole, heap: whole.heap.byNeed } : whole;
  if (query.list === 'classes') return classPage(data, order, window);
  if (query.list === 'waste' || query.list === 'wasteOf') return wastePage(data.heap, query, order, window);
  const ordered = (level: Level, key: string): Promise<Uint32Array> => {
    const filter = key === '' ? order.filter : '';
    const name = JSON.stringify([query, key, order.sort, filter]);
    return cache.order(name, () => orderedItems(data, level, order.sort, filter, slices));
  };
  const row = objectRow.bind(undefined, data);
  const top = cache.level(JSON.stringify(query), () => topLevel(whole, query));
  const page = await treePage({ top, order, window, ordered, row });
  return { ...page, whole: data.totalBytes };
};

const topLevel = (data: HeapData, query: Exclude<HeapQuery, { list: 'classes' } | WasteQuery>): Level => {
  switch (query.list) {
    case 'biggest':
      return { ...namedLevel(data.heap.byNeed, data.biggest), below: (node) => fieldsLevel(data.heap, node) };
    case 'objects':
      return nodesLevel(data.heap, nodesOfClass(data.heap, query.className));
    case 'dominators':
      return dominatedLevel(data.heap.dominators);
    case 'fields':
      return fieldsLevel(data.heap, query.node);
    case 'retainers':
      return retainersLevel(data.heap, query.node);
    case 'dominated':
      return dominatedLevel(data.heap.dominators, data.heap.dominators.preorder.indexOf(query.node));
  }
};

const classPage = (data: HeapData, order: ListOrder, window: ListWindow): Page => {
  const rows = data.heap.classes.list.flatMap((one, index): ClassRow[] =>
    isShown(one) ? [{ ...one, kind: 'class', biggest: data.biggestOfClass[index] }] : [],
  );
  return rowPage(rows, order, window, data.totalBytes);
};

/** Classes, before their retained sizes are known. */
export const countedClasses = ({ graph }: Heap): ClassRow[] =>
  countClasses(graph).list.flatMap((one): ClassRow[] =>
    isShown(one) ? [{ ...one, kind: 'class', retainedBytes: null, biggest: undefined }] : [],
  );

const isShown = ({ count, name }: Pick<ClassRow, 'count' | 'name'>): boolean => count > 0 && name !== '(synthetic)';

const orderedItems = async (
  data: HeapData,
  level: Level,
  sort: string,
  filter: string,
  slices: Slices,
): Promise<Uint32Array> => {
  const { selfBytes, nodeId } = data.heap.graph;
  const { retainedBytes } = data.heap.dominators;
  const { items, nodeOf } = level;
  const passing = filter === '' ? items : await filtered(items, nameFilter(data, level, filter), slices);
  switch (sort) {
    case 'self':
      return sorted(passing, (item) => selfBytes[nodeOf(item)], slices);
    case 'retained':
      return sorted(passing, (item) => retainedBytes[nodeOf(item)], slices);
    case 'name': // by V8's id, which increases with each new object: oldest first
      return sorted(passing, (item) => nodeId[nodeOf(item)], slices);
    default:
      return passing;
  }
};

/** Kinds of strings that are made of parts, so that their name in the snapshot is not their text. */
const madeOfParts = new Set([nodeTypes.indexOf('concatenated string'), nodeTypes.indexOf('sliced string')]);

/** Each name is checked only once, however many objects have it; `@1234` finds one object. */
const nameFilter = (data: HeapData, level: Level, filter: string): ((item: number) => boolean) => {
  const { graph } = data.heap;
  const wanted = filter.toLowerCase();
  const known = new Uint8Array(graph.strings.count); // 0: not checked, 1: matches, 2: does not match
  const id = /^@\d+$/.test(filter) ? Number(filter.slice(1)) : undefined;
  return (item) => {
    const node = level.nodeOf(item);
    if (id !== undefined) return graph.nodeId[node] === id;
    if (madeOfParts.has(graph.nodeType[node])) return displayName(graph, node).toLowerCase().includes(wanted);
    const name = graph.nodeName[node];
    if (known[name] === 0) known[name] = displayName(graph, node).toLowerCase().includes(wanted) ? 1 : 2;
    if (known[name] === 1) return true;
    return level.textOf(item)?.toLowerCase().includes(wanted) ?? false;
  };
};
