import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayName } from '#memwatch/analyzer/heap/words.js';
import { fieldsLevel } from '#memwatch/commands/tui/data/heap-levels.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { drawHeap } from '../../support/graph.js';

test('a string that was concatenated or cut out is called by its text', () => {
  const { graph, node } = drawHeap(`
    root -shortcut:global-> global
    global -greeting-> all:concatenated_string
    all -internal:first-> left:concatenated_string
    all -internal:second-> world:string
    left -internal:first-> hello:string
    left -internal:second-> comma:string
    global -cut-> part:sliced_string
    part -internal:parent-> hello`);
  assert.equal(displayName(graph, node('all')), '"hellocommaworld"');
  assert.equal(displayName(graph, node('left')), '"hellocomma"');
  assert.equal(displayName(graph, node('part')), 'part of "hello"');
});

test('a concatenation without end, or of many parts, is called by its beginning', () => {
  const lines = Array.from({ length: 2000 }, (_, at) => [
    `s${at}:concatenated_string -internal:first-> s${at + 1}:concatenated_string`,
    `s${at} -internal:second-> t${at}:string`,
  ]);
  const { graph, node } = drawHeap(
    [
      'root -shortcut:global-> global',
      'global -log-> s0:concatenated_string',
      ...lines.flat(),
      's2000 -internal:first-> s0',
      's2000 -internal:second-> end:string',
    ].join('\n'),
  );
  assert.ok(displayName(graph, node('s0')).length < 60);
});

test('what a store holds and the object also has under a name is listed once among its fields', () => {
  const { graph, node } = drawHeap(`
    root -shortcut:global-> global
    global -list-> Array list
    list -#0-> Session s0
    list -#1-> Session s1
    list -internal:elements-> elements:array
    elements -internal:0-> s0
    elements -internal:1-> s1
    elements -internal:2-> Session hidden`);
  const heap = new Heap(graph);
  const { items, textOf, nodeOf } = fieldsLevel(heap, node('list'));
  const shown = [...items].map((item) => `${textOf(item)} ${graph.nodeId[nodeOf(item)]}`);
  const id = (handle: string): number => graph.nodeId[node(handle)];
  assert.deepEqual(shown, [`[0] ${id('s0')}`, `[1] ${id('s1')}`, `[] ${id('hidden')}`]);
});

test('what a detached node of a page holds natively is detached too, unless the page shows it or JavaScript is between', () => {
  const { graph, node } = drawHeap(
    `
    root -shortcut:g-> Window window
    window -x-> HTMLDivElement wrapper
    wrapper -internal:native-> <div> div:native
    div -internal:child-> <span> span:native
    span -internal:child-> Text text:native
    span -internal:parent-> <body> body:native
    body -internal:child-> Text shown:native
    span -internal:shared-> Style style:native
    shown -internal:shared-> style
    text -property:handler-> Handler handler
    handler -internal:native-> Text other:native
    text -weak:cache-> Text cached:native
  `,
    { marks: { div: 'detached', body: 'attached' } },
  );
  const names = (...handles: string[]): string[] => handles.map((handle) => displayName(graph, node(handle)));
  assert.deepEqual(names('div', 'span', 'text'), ['Detached <div>', 'Detached <span>', 'Detached Text']);
  assert.deepEqual(names('shown', 'style', 'other', 'cached'), ['Text', 'Style', 'Text', 'Text']);
});
