import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { contentsOf, holdersOf, type Neighbours } from '#memwatch/analyzer/heap/neighbours.js';
import { describeObject } from '#memwatch/analyzer/heap/object-detail.js';
import { nodeName, nodeTypeName } from '#memwatch/analyzer/model/heap-graph.js';
import { fieldsLevel, retainersLevel } from '#memwatch/commands/tui/data/heap-levels.js';
import { snapshotFixture } from '../../support/fixtures.js';
import { drawHeap } from '../../support/graph.js';

const listed = (neighbours: Neighbours): [label: string, node: number][] =>
  Array.from({ length: neighbours.count }, (_, at) => [neighbours.labelAt(at), neighbours.nodeAt(at)]);

const drawn = (text: string): { contents(handle: string): unknown; holders(handle: string): unknown } => {
  const { graph, node } = drawHeap(text);
  const heap = new Heap(graph);
  const named = (neighbours: Neighbours): unknown =>
    listed(neighbours).map(([label, at]) => `${label}: ${nodeName(graph, at)}`);
  return {
    contents: (handle) => named(contentsOf(heap, node(handle))),
    holders: (handle) => named(holdersOf(heap, node(handle))),
  };
};

for (const major of [18, 24] as const) {
  test(`Node ${major}: what an object holds names it as a holder, under one name, once; command and screen agree`, async () => {
    const heap = await new Heap(await readHeapSnapshot(snapshotFixture(major))).prepare();
    const { graph, machinery } = heap;
    const isSeen = (node: number): boolean => node !== 0 && !machinery.isLayout(node) && !machinery.isStore(node);
    const objects = [...Array(graph.nodeCount).keys()].filter(isSeen);
    // one counter per pair: it ends at 0 only if both directions list the pair equally often
    const pairs = new Map<number, number>();
    const count = (holder: number, held: number, by: number): void => {
      const pair = holder * graph.nodeCount + held;
      if (isSeen(holder) && isSeen(held)) pairs.set(pair, (pairs.get(pair) ?? 0) + by);
    };
    for (const node of objects) {
      const [contents, holders] = [contentsOf(heap, node), holdersOf(heap, node)];
      for (let at = 0; at < contents.count; at++) count(node, contents.nodeAt(at), 1);
      for (let at = 0; at < holders.count; at++) count(holders.nodeAt(at), node, -1);
    }
    assert.ok(pairs.size > 30_000);
    assert.deepEqual([...pairs].filter(([, balance]) => balance !== 0).slice(0, 5), []);

    const shown = objects.filter((node) => nodeTypeName(graph, node) === 'object').slice(0, 150);
    for (const node of shown) {
      const object = describeObject(heap, node, Infinity);
      for (const { label } of [...object.contents, ...object.retainers]) assert.notEqual(label, '');
      const rows = (level: ReturnType<typeof fieldsLevel>): string[] =>
        Array.from(level.items, (item) => `${level.textOf(item)} @${graph.nodeId[level.nodeOf(item)]}`).toSorted();
      const links = (of: typeof object.contents): string[] => of.map(({ label, id }) => `${label} @${id}`).toSorted();
      assert.deepEqual(rows(fieldsLevel(heap, node)), links(object.contents));
      assert.deepEqual(rows(retainersLevel(heap, node)), links(object.retainers));
    }
  });
}

test('an array holds its elements once, although its store holds them too, however many there are', () => {
  const elements = Array.from({ length: 100 }, (_, at) => `list -#${at}-> Item i${at}\nstore -internal:${at}-> i${at}`);
  const heap = drawn(`
    root -shortcut:1-> global g
    g -list-> Array list
    list -internal:elements-> store:array
    ${elements.join('\n')}
  `);
  assert.equal((heap.contents('list') as string[]).length, 100);
  assert.deepEqual(heap.holders('i7'), ['[7]: Array']);
});

test('an object of many properties is still seen through its store', () => {
  const properties = Array.from({ length: 80 }, (_, at) => `big -p${at}-> Part p${at}`);
  const heap = drawn(`
    root -shortcut:1-> global g
    g -big-> Object big
    ${properties.join('\n')}
    big -internal:elements-> store:array
    store -internal:3-> Item item
  `);
  assert.ok((heap.contents('big') as string[]).includes('[]: Item'));
  assert.deepEqual(heap.holders('item'), ['[]: Object']);
});

test('a function holds the variables of all the scopes that it sees, not its code nor its hidden class', () => {
  const heap = drawn(
    `
    root -shortcut:1-> global g
    g -handler-> handle fn:closure
    fn -internal:map-> Map shape:object_shape
    fn -internal:shared-> code:code
    code -internal:constants-> Literal literal
    fn -internal:context-> system_/_Context inner
    inner -context:pending-> Array pending
    inner -internal:previous-> system_/_Context outer
    outer -context:cache-> Map cache
  `.replaceAll('system_/_Context', 'system / Context'),
  );
  assert.deepEqual(heap.contents('fn'), ['pending: Array', 'cache: Map']);
  assert.deepEqual(heap.holders('cache'), ['cache: handle']);
});

test('a timer is held by its list by the two ends of the list, and by nothing without a name', () => {
  const heap = drawn(`
    root -#1-> (GC_roots) gc:synthetic
    gc -#1-> TimersList list
    list -_idleNext-> Timeout timer
    list -_idlePrev-> timer
    timer -_idleNext-> list
    timer -_idlePrev-> list
    g -lists-> Object lists
    lists -60000-> list
    root -shortcut:1-> g
  `);
  assert.deepEqual(heap.holders('timer'), ['_idleNext: TimersList', '_idlePrev: TimersList']);
});
