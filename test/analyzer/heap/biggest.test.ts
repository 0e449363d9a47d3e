/** The biggest objects of heaps whose bytes are in lists. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  assert.deepEqual(findBiggest(graph, new Heap(graph).dominators, 15), [node('o0')]);
});

test('objects of two classes in one another, fewer than a list has links, are no list', () => {
  const { graph, node } = drawHeap(closureChain(5));
  const biggest = findBiggest(graph, new Heap(graph).dominators, 15);
  assert.ok(biggest.includes(node('text0')) && biggest.includes(node('text4')));
});
