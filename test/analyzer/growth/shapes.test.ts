/** The kind of a growing thing, and the advice for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceOf, kindOf, type Shape } from '#memwatch/analyzer/growth/shapes.js';
import { stepsTo } from '#memwatch/analyzer/growth/snapshots/steps.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import type { FindingKind } from '#memwatch/analyzer/model/finding.js';
import { drawHeap } from '../../support/graph.js';

/** The shape of growth in `box`; its entry is `entry`, if it is drawn. */
const shapeOf = (text: string, values: Partial<Shape>): [Heap, Shape] => {
  const { graph, node } = drawHeap(`root -shortcut:1-> global\n${text}`);
  const heap = new Heap(graph);
  const stepsOf = (handle: string) => (node(handle) === -1 ? [] : stepsTo(graph, heap.paths, node(handle)));
  const steps = { steps: stepsOf('box'), entrySteps: stepsOf('entry') };
  return [heap, { container: node('box'), entryClass: 'Session', classes: [], ...steps, chained: false, ...values }];
};

const kind = (text: string, values: Partial<Shape> = {}): FindingKind => {
  const [{ graph }, shape] = shapeOf(text, values);
  return kindOf(graph, shape);
};

const plainArray = 'global -box-> Array box';

test('collections are known by their table, by their name, and by the built-in class that they extend', () => {
  assert.equal(kind('global -box-> Map box\nbox -internal:table-> t:array'), 'map');
  assert.equal(kind('global -box-> Set box\nbox -internal:table-> t:array'), 'set');
  assert.equal(kind(plainArray), 'array');
  const extending = (name: string): string => `global -box-> Own box\nbox -__proto__-> Own p\np -__proto__-> Object q\nq -constructor-> ${name} c:closure`; // prettier-ignore
  assert.equal(kind(extending('Array')), 'array');
  assert.equal(kind(`${extending('Set')}\nbox -internal:table-> t:array`), 'set');
  assert.equal(kind(extending('Map')), 'class');
});

test('a plain object, or one of a class with many properties, is a dictionary', () => {
  const properties = Array.from({ length: 17 }, (_, i) => `box -k${i}-> V v${i}`).join('\n');
  assert.equal(kind('global -box-> Object box'), 'dictionary');
  assert.equal(kind(`global -box-> Registry box\n${properties}`), 'dictionary');
  assert.equal(kind('global -box-> Registry box\nbox -k-> V v'), 'class');
});

test("listeners are known by Node's names for them on the path, timers by their class or list", () => {
  assert.equal(kind('global -e-> Emitter e\ne -_events-> Object ev\nev -end-> Array box'), 'listeners');
  assert.equal(kind('global -e-> EventTarget e\ne -<symbol kEvents>-> Map box'), 'listeners');
  assert.equal(kind(plainArray, { entryClass: 'Timeout' }), 'timers');
  assert.equal(kind('global -box-> TimersList box'), 'timers');
});

test('strings, buffers, weak references and native memory are kinds of their own', () => {
  assert.equal(kind('global -box-> text box:string', { entryClass: '(string)' }), 'string');
  assert.equal(kind(plainArray, { entryClass: '(string)' }), 'array');
  assert.equal(kind(plainArray, { entryClass: 'system / JSArrayBufferData' }), 'buffer');
  assert.equal(kind(plainArray, { entryClass: 'WeakRef' }), 'weak-set');
  assert.equal(kind('global -box-> Node / Handle box:native'), 'native');
});

test('what is chained is a list, a chain of closures, or reactions on a promise', () => {
  const chained = (values: Partial<Shape>): FindingKind => kind(plainArray, { chained: true, ...values });
  assert.equal(chained({}), 'linked-list');
  assert.equal(chained({ entryClass: 'wrap()', classes: ['system / Context'] }), 'closure-chain');
  assert.equal(chained({ entryClass: 'wrap()' }), 'linked-list');
  assert.equal(chained({ classes: ['system / PromiseReaction'] }), 'promise-reactions');
  assert.equal(kind('global -box-> Promise box', { classes: ['system / PromiseReaction'] }), 'promise-reactions');
});

test('promises of which each waits for the one before it are a chain', () => {
  const waiting = (count: number): string =>
    Array.from(
      { length: count },
      (_, i) =>
        `p${i} -internal:reactions_or_result-> system / PromiseReaction r${i}:hidden\nr${i} -internal:3-> Promise ${i === count - 1 ? 'box' : `p${i + 1}`}`,
    ).join('\n');
  const kindOfChain = (count: number) =>
    kind(`global -p-> Promise p0\n${waiting(count)}`, { chained: true, classes: ['system / PromiseReaction'] });
  assert.deepEqual([2, 3, 20].map(kindOfChain), ['promise-reactions', 'promise-chain', 'promise-chain']);
});

const advice = (kindFound: FindingKind, text = plainArray): string => {
  const [{ graph }, shape] = shapeOf(text, {});
  return adviceOf(graph, kindFound, shape) ?? '';
};

test('advice is that of the kind; a class has none', () => {
  assert.match(advice('map'), /never deleted.*LRU.*WeakMap/);
  assert.match(advice('listeners'), /removeEventListener/);
  assert.equal(advice('class'), '');
});

test('signals of AbortSignal.any and async context have advice of their own, whatever the kind', () => {
  const signals = `${plainArray}\nbox -<symbol kDependantSignals>-> Set s\ns -#0-> Signal entry`;
  assert.match(advice('set', signals), /AbortSignal\.any/);
  const context = `${plainArray}\nbox -#0-> Timeout t\nt -<symbol kResourceStore>-> Store entry`;
  assert.match(advice('array', context), /Async context is kept alive/);
  assert.match(advice('map', context), /never deleted/);
});

test('a WebAssembly memory has advice of its own', () => {
  const bytes = (holder: string): string => `global -m-> ${holder} m\nm -internal:2-> ArrayBuffer box`;
  assert.match(advice('buffer', bytes('Memory')), /^A WebAssembly memory only grows/);
  assert.match(advice('buffer', bytes('Pool')), /^A buffer grows/);
});

test('what stays in a FinalizationRegistry is alive, by its held value if by nothing else', () => {
  const advice = (entryClass: string): string | null => {
    const [{ graph }, shape] = shapeOf('global -box-> FinalizationRegistry box', { entryClass });
    return adviceOf(graph, 'weak-set', shape);
  };
  assert.match(advice('system / WeakCell') ?? '', /still alive.*held value/);
  assert.match(advice('WeakRef') ?? '', /^Weak references do not retain/);
});
