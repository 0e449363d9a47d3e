/** Nodes by class: how plain objects get the name of their shape, what a class retains, and how it changes over snapshots. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeClassHistory } from '#memwatch/analyzer/heap/class-history.js';
import { computeClasses, findShapes } from '#memwatch/analyzer/heap/classes.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { drawHeap } from '../../support/graph.js';

const heapOf = (text: string): Heap => new Heap(drawHeap(`root -shortcut:global-> global 16\n${text}`).graph);

/** Count, self size and retained size by class; classes without objects are left out. */
const classesOf = (text: string, alsoNamed: ReadonlySet<string> = new Set()): Record<string, readonly number[]> => {
  const heap = heapOf(text);
  const { list } = computeClasses(heap.graph, heap.dominators, { alsoNamed });
  return Object.fromEntries(list.filter(({ count }) => count > 0).map((one) => [one.name, [one.count, one.selfBytes, one.retainedBytes]])); // prettier-ignore
};

test('what is no object is named by its kind, in the words of DevTools', () => {
  const classes = classesOf(`
    global -a-> hello a:string 24
    global -b-> run b:closure 64
    global -c-> system_/_Context c:hidden 32
    global -d-> code d:code 80
    global -e-> e:number 16
    global -f-> re f:regexp 40`);
  assert.deepEqual(classes['(string)'], [1, 24, 24]);
  assert.deepEqual(classes['Function'], [1, 64, 64]);
  assert.deepEqual(classes['(system)'], [1, 32, 32]);
  assert.deepEqual(classes['(compiled code)'], [1, 80, 80]);
  assert.deepEqual(classes['(number)'], [1, 16, 16]);
  assert.deepEqual(classes['RegExp'], [1, 40, 40]);
});

test('plain objects of one shape are a class; a shape that only one object has stays Object', () => {
  const text = `
    global -a-> Object a 40
    a -id-> ia:number 16
    a -name-> na:string 24
    global -b-> Object b 40
    b -id-> ib:number 16
    b -name-> nb:string 24
    global -c-> Object c 40
    c -name-> nc:string 24
    c -id-> ic:number 16`;
  const classes = classesOf(text);
  assert.deepEqual(classes['{id, name}'], [2, 80, 80 + 2 * 40]);
  assert.deepEqual(classes['Object'], [1, 40, 80], 'the order of the properties is part of the shape');
  assert.deepEqual(classesOf(text, new Set(['{name, id}']))['{name, id}']?.[0], 1);
});

test('a long shape is cut, and says how many properties are left out', () => {
  const names = Array.from({ length: 12 }, (_, i) => `property${i}`);
  const object = (handle: string) => `global -${handle}-> Object ${handle} 120\n${names.map((name) => `${handle} -${name}-> t${handle}${name}:string 16`).join('\n')}`; // prettier-ignore
  const [name] = Object.keys(classesOf(`${object('a')}\n${object('b')}`)).filter((one) => one.startsWith('{'));
  assert.equal(name, '{property0, property1, property2, property3, property4, +7}');
});

test('of objects inside others of their class each byte is retained once', () => {
  const classes = classesOf(`
    global -a-> Node a 10
    a -next-> Node b 10
    b -next-> Node c 10
    global -d-> Node d 10
    d -text-> t:string 100`);
  assert.deepEqual(classes['Node'], [4, 40, 140]);
  assert.deepEqual(classes['(string)'], [1, 100, 100]);
});

test('every shape that two plain objects have is found', () => {
  const { graph } = heapOf(`
    global -a-> Object a 40
    a -id-> ia:number 16
    global -b-> Object b 40
    b -id-> ib:number 16
    global -c-> Object c 40
    c -once-> ic:number 16
    global -s-> Session s 40
    s -key-> ks:number 16
    global -t-> Session t 40
    t -key-> kt:number 16`);
  assert.deepEqual([...findShapes(graph)], ['{id}']);
});

test('the history of a class is its self size in each snapshot, also for a shape that only the last has twice', () => {
  const one = 'global -a-> Object a 40\na -id-> ia:number 16\nglobal -s-> Session s 64';
  const two = `${one}\nglobal -b-> Object b 40\nb -id-> ib:number 16`;
  const historyOf = computeClassHistory([heapOf('global -x-> Session x 32'), heapOf(one), heapOf(two)]);
  assert.deepEqual(historyOf('{id}'), [null, 40, 80]);
  assert.deepEqual(historyOf('Session'), [32, 64, 64]);
  assert.deepEqual(historyOf('Absent'), [null, null, null]);
});
