/** The biggest objects of heaps whose bytes are in lists. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupAlike } from '#memwatch/analyzer/heap/alike.js';
import { findBiggest } from '#memwatch/analyzer/heap/biggest.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { drawHeap } from '../../support/graph.js';

/** Each object holds a text and a function, whose context holds the object before. */
const closureChain = (links: number): string => {
  const lines = ['root -shortcut:global-> global', 'global -keep-> Object o0 40'];
  for (let i = 0; i < links; i++) {
    lines.push(`o${i} -text-> text${i}:string 10000`);
    lines.push(`o${i} -method-> method f${i}:closure 64`);
    lines.push(`f${i} -internal:context-> system_/_Context c${i}:object 32`);
    if (i + 1 < links) lines.push(`c${i} -context:before-> Object o${i + 1} 40`);
  }
  return lines.join('\n');
};

test('a closure chain, whose links alternate between objects and functions, is one row: its first object', () => {
  const { graph, node } = drawHeap(closureChain(40));
  assert.deepEqual(findBiggest(graph, new Heap(graph).dominators), [node('o0')]);
});

test('objects of two classes in one another, fewer than a list has links, are no list', () => {
  const { graph, node } = drawHeap(closureChain(5));
  const biggest = findBiggest(graph, new Heap(graph).dominators);
  assert.ok(biggest.includes(node('text0')) && biggest.includes(node('text4')));
});

test('entries of one Map that are alike are one row with their count; another class in the Map is another row', () => {
  const entry = (i: number): string =>
    `table -internal:${3 + 3 * i}-> ${i % 4 === 0 ? 'Upload' : 'Session'} o${i} ${1000 + i}`;
  const { graph, node } = drawHeap(
    [
      'root -shortcut:global-> global',
      'global -cache-> Map cache 16',
      'cache -internal:table-> table:array 16',
      ...Array.from({ length: 40 }, (_, i) => entry(i)),
      'global -other-> Session other 1000',
    ].join('\n'),
  );
  const heap = new Heap(graph);
  const rows = groupAlike(heap, findBiggest(graph, heap.dominators));
  const sum = (wanted: (i: number) => boolean): number =>
    Array.from({ length: 40 }, (_, i) => (wanted(i) ? 1000 + i : 0)).reduce((a, b) => a + b);
  assert.deepEqual(rows, [
    { node: node('o39'), count: 30, totalBytes: sum((i) => i % 4 !== 0) },
    { node: node('o36'), count: 10, totalBytes: sum((i) => i % 4 === 0) },
    { node: node('other'), count: 1, totalBytes: 1000 },
  ]);
});

test('of objects of one class inside one another, each byte is counted once', () => {
  const { graph } = drawHeap(`
    root -shortcut:global-> global
    global -tree-> Node a 500
    a -#0-> Node b 500
    b -#0-> Node c 500
    c -#0-> Node d 500`);
  const heap = new Heap(graph);
  const nodes = findBiggest(graph, heap.dominators);
  assert.equal(
    groupAlike(heap, nodes).reduce((all, { totalBytes }) => Math.max(all, totalBytes), 0),
    2000,
  );
});

test('the strings that the links of a list hold a few steps away are no rows of their own', () => {
  const text = closureChain(40).replaceAll(/-text-> text(\d+):string 10000/g, '-text-> rope$1:concatenated_string 32');
  const leaves = Array.from({ length: 40 }, (_, i) => `rope${i} -internal:first-> text${i}:string 10000`);
  const { graph, node } = drawHeap([text, ...leaves].join('\n'));
  assert.deepEqual(findBiggest(graph, new Heap(graph).dominators), [node('o0')]);
});

test('what the nodes of a tree hold is one row, whether they are left or right of one another', () => {
  const nodes = 255;
  const lines = ['root -shortcut:global-> global', 'global -tree-> Branch b1 40'];
  for (let i = 1; i <= nodes; i++) {
    if (2 * i + 1 <= nodes) lines.push(`b${i} -left-> Branch b${2 * i} 40`, `b${i} -right-> Branch b${2 * i + 1} 40`);
    lines.push(`b${i} -value-> Leaf leaf${i} 1000`);
  }
  const { graph, node } = drawHeap(lines.join('\n'));
  const leaves = Array.from({ length: nodes }, (_, i) => node(`leaf${i + 1}`));
  const rows = groupAlike(new Heap(graph), leaves).map(({ count, totalBytes }) => [count, totalBytes]);
  assert.deepEqual(rows, [[nodes, nodes * 1000]]);
});
