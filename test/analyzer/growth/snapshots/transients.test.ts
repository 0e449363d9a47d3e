/** Each transient node of a snapshot, labelled with the permanent object, variable or property that holds it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDominance } from '#memwatch/analyzer/growth/snapshots/dominance.js';
import { createNodeLookup } from '#memwatch/analyzer/growth/snapshots/id-set.js';
import { computeTransients, noHolder } from '#memwatch/analyzer/growth/snapshots/transients.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { edgeName } from '#memwatch/analyzer/model/heap-graph.js';
import { drawHeap } from '../../../support/graph.js';

/** Nodes whose handle begins with `new` are transient. Names the holder of each: `store` or, for a slot, `store.`. */
const label = (text: string): { holderOf: (handle: string) => string; frontier: string[] } => {
  const { graph, node } = drawHeap(`root -shortcut:1-> global\n${text}`);
  const permanent = new Uint8Array(graph.nodeCount).fill(1);
  for (const handle of text.match(/\bnew\w+/g) ?? []) permanent[node(handle)] = 0;
  const heap = new Heap(graph);
  const dominance = createDominance(graph, heap.dominators.immediate, permanent);
  const { holder, frontier } = computeTransients(graph, heap.edges, permanent, createNodeLookup(graph), dominance);
  const handles = ['global', ...(text.match(/\b[a-z]\w*(?=( \d+)?(:\w+)?$)/gm) ?? [])];
  const nameOf = (at: number): string => handles.find((handle) => node(handle) === at) ?? `${at}`;
  return {
    holderOf: (handle) => {
      const at = holder[node(handle)] ?? noHolder;
      if (at === noHolder) return 'none';
      return `${nameOf(dominance.nodeOf(at))}${at < graph.nodeCount ? '' : '.'}`;
    },
    frontier: frontier.edges.map((edge, i) => `${nameOf(frontier.holders[i] ?? -1)}: ${edgeName(graph, edge)}`),
  };
};

test('everything below a permanent object is its own, through stores and from object to object', () => {
  const { holderOf, frontier } = label(`
    global -cache-> Map cache
    cache -internal:table-> newTable:array
    newTable -internal:1-> Session newA
    newA -user-> User newB
    newB -session-> newA
  `);
  assert.deepEqual(['newTable', 'newA', 'newB', 'cache'].map(holderOf), ['cache', 'cache', 'cache', 'none']);
  assert.deepEqual(frontier, ['cache: table']);
});

test('what only one variable or property leads to belongs to that one', () => {
  const { holderOf } = label(`
    global -store-> Store store
    store -items-> Array newItems
    store -log-> Array newLog
    newItems -#0-> Job newJob
    newLog -#0-> newJob
  `);
  assert.deepEqual(['newItems', 'newLog', 'newJob'].map(holderOf), ['store.', 'store.', 'store']);
});

test('what two permanent objects hold belongs to their common dominator, and each edge to its own', () => {
  const { holderOf, frontier } = label(`
    global -service-> Service service
    service -one-> Array one
    service -two-> Array two
    one -#0-> Job newJob
    two -#0-> newJob
    one -#1-> Job newOwn
  `);
  assert.deepEqual(['newJob', 'newOwn'].map(holderOf), ['service', 'one']);
  assert.deepEqual(frontier.toSorted(), ['one: 0', 'one: 1', 'two: 0']);
});

test("V8's handles hold only what no object of the program's holds; the stack holds nothing", () => {
  const { holderOf } = label(`
    global -cache-> Map cache
    cache -a-> A newA
    root -#2-> (Global handles) handles:synthetic
    handles -#0-> newA
    handles -#1-> B newB
    root -#3-> (Stack roots) stack:synthetic
    stack -#0-> C newC
  `);
  assert.deepEqual(['newA', 'newB', 'newC'].map(holderOf), ['cache', 'handles', 'none']);
});

test('code and hidden classes hold no growth, but code that a new function made is its own', () => {
  const { holderOf } = label(`
    global -f-> f:closure
    f -internal:code-> code:code
    code -internal:1-> Literal newLiteral
    f -internal:shared-> newCode:code
    global -on-> Array on
    on -#0-> newListener:closure
    newListener -internal:code-> newOwn:code
  `);
  assert.deepEqual(['newLiteral', 'newCode', 'newListener', 'newOwn'].map(holderOf), ['none', 'none', 'on', 'on']);
});
