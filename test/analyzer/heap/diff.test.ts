import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeClassHistory } from '#memwatch/analyzer/heap/class-history.js';
import { diffHeaps } from '#memwatch/analyzer/heap/diff.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { drawHeap } from '../../support/graph.js';

/** Enough permanent objects for the two heaps to count as one process's. */
const steady = Array.from({ length: 100 }, (_, i) => `global -kept${i}-> Kept kept${i} 100`).join('\n');
const heapOf = (drawing: string, ids: Readonly<Record<string, number>>): Heap =>
  new Heap(drawHeap(`root -shortcut:global-> global\n${steady}\n${drawing}`, { ids }).graph);
/** The same ids whatever the handle: for heaps of two processes, whose ids disagree. */
const idsOf = (handle: string): Record<string, number> =>
  Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${handle}${i}`, 20_001 + 2 * i]));

test('an object that took over the id of one that died is another object, and no growth', () => {
  const first = heapOf('global -job-> Job job 50\nglobal -cache-> Cache cache 16', { job: 9001, cache: 9003 });
  const second = heapOf('global -page-> Page page 5000\nglobal -cache-> Cache cache 16\ncache -x-> Entry entry 900', {
    page: 9001,
    cache: 9003,
    entry: 9005,
  });
  const { matchedBy, objects, classes } = diffHeaps([first, second], 10);
  assert.equal(matchedBy, 'id');
  assert.deepEqual(
    objects.map(({ name, retainedDelta }) => [name, retainedDelta]),
    [['Cache', 900]],
  );
  const of = (wanted: string): unknown => {
    const { added, freed } = classes.find(({ name }) => name === wanted) ?? {};
    return { added, freed };
  };
  assert.deepEqual(of('Page'), { added: 1, freed: 0 });
  assert.deepEqual(of('Job'), { added: 0, freed: 1 });
});

test('ids that some objects took over from dead ones are still those of one process; newly given ids are not', () => {
  const classes = Array.from({ length: 400 }, (_, i) => `Class${i % 20}`);
  const heapWith = (ids: (i: number) => number, className: (i: number) => string): Heap =>
    heapOf(
      classes.map((_, i) => `global -field${i}-> ${className(i)} object${i} 50`).join('\n'),
      Object.fromEntries(classes.map((_, i) => [`object${i}`, ids(i)])),
    );
  const named = (i: number): string => classes[i] ?? '';
  const first = heapWith((i) => 9001 + 2 * i, named);
  const tenthOver = heapWith(
    (i) => 9001 + 2 * i,
    (i) => (i % 10 === 0 ? 'Newcomer' : named(i)),
  );
  const anew = heapWith((i) => 9001 + 2 * ((i + 7) % 400), named);
  assert.equal(diffHeaps([first, tenthOver], 10).matchedBy, 'id');
  assert.equal(diffHeaps([first, anew], 10).matchedBy, 'path');
});

test('between two processes objects with the same properties in another order are of one class', () => {
  const program = (first: string, second: string, count: number): string =>
    Array.from(
      { length: count },
      (_, i) => `global -o${i}-> Object o${i} 40\no${i} -${first}-> v:string\no${i} -${second}-> v`,
    ).join('\n');
  const before = heapOf(program('id', 'name', 4), idsOf('kept'));
  const after = heapOf(program('name', 'id', 6), idsOf('other'));
  const { classes, sameProcess } = diffHeaps([before, after], 10);
  assert.equal(sameProcess, false);
  const changed = classes.map(({ name, countDelta }): [string, number] => [name, countDelta]);
  assert.deepEqual(changed.filter(([name]) => name.startsWith('{')), [['{id, name}', 2]]); // prettier-ignore
  const historyOf = computeClassHistory([before, after], sameProcess);
  assert.deepEqual(historyOf('{id, name}'), [160, 240]);
});

test('before and after a deployment: the Map that grew is named, and one that only the new code has', () => {
  const program = (sessions: number, rest: string): string =>
    [
      'global -start-> start:closure',
      'start -internal:context-> system_/_Context scope:object 40',
      'scope -context:sessions-> Map sessions 32',
      'sessions -internal:table-> table:array 100',
      ...Array.from({ length: sessions }, (_, i) => `table -internal:${4 + 3 * i}-> Session session${i} 200`),
      rest,
    ].join('\n');
  const before = heapOf(program(3, ''), idsOf('kept'));
  const after = heapOf(
    program(40, 'scope -context:audits-> Map audits 5000\nroot -#9-> nothing:synthetic 0'),
    idsOf('session'),
  );
  const { objects, classes, sameProcess } = diffHeaps([before, after], 10);
  assert.equal(sameProcess, false);
  assert.deepEqual(
    objects.map(({ path, retainedDelta }) => [path.map(({ edge }) => edge).at(-1), retainedDelta]),
    [
      ['sessions', 37 * 200],
      ['audits', 5000],
    ],
  );
  assert.ok(!classes.some(({ name }) => name === '(synthetic)'));
  assert.equal(classes.find(({ name }) => name === 'Session')?.countDelta, 37);
});

test('in another process a new field is named by the object in it that holds most of it', () => {
  const program = (more: string): string => `global -start-> start:closure\nstart -state-> Object state 40\n${more}`;
  const kept = Array.from({ length: 40 }, (_, i) => `state -kept${i}-> Old old${i} 16`).join('\n');
  const held = [
    'state -timer-> Timeout timer 100',
    'timer -_onTimeout-> tick:closure 64',
    'tick -internal:context-> system_/_Context scope:object 40',
    'scope -context:grown-> Map grown 32',
    'grown -internal:table-> table:array 100',
    ...Array.from({ length: 40 }, (_, i) => `table -internal:${4 + 3 * i}-> Session session${i} 2000`),
  ].join('\n');
  const before = heapOf(program(kept), idsOf('old'));
  const after = heapOf(program(held), idsOf('session'));
  const { objects, sameProcess } = diffHeaps([before, after], 10);
  assert.equal(sameProcess, false);
  assert.deepEqual(
    objects.map(({ name, retainedDelta }) => [name, retainedDelta]),
    [['Map', 32 + 100 + 40 * 2000]],
  );
});
