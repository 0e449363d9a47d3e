/** Which permanent object, variable or property holds something, by the dominator tree of the last graph. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDominance, type Dominance } from '#memwatch/analyzer/growth/snapshots/dominance.js';
import { types } from '#memwatch/analyzer/growth/snapshots/growth-classes.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { drawHeap } from '../../../support/graph.js';

/** All nodes are permanent but those whose handle begins with `new`. */
const draw = (text: string): { dominance: Dominance; node: (handle: string) => number } => {
  const { graph, node } = drawHeap(`root -shortcut:1-> global\n${text}`);
  const permanent = new Uint8Array(graph.nodeCount).fill(1);
  for (const handle of text.match(/\bnew\w+/g) ?? []) permanent[node(handle)] = 0;
  return { dominance: createDominance(graph, new Heap(graph).dominators.immediate, permanent), node };
};

const program = `
  global -cache-> Map cache
  cache -internal:table-> table:array
  table -internal:1-> Session newA
  newA -user-> User newB
  global -store-> Store store
  store -items-> Array items
  store -log-> Array log
  global -f-> f:closure
  f -internal:context-> system / Context ctx
  items -#0-> Job shared
  log -#0-> shared
`;

test('the holder is the nearest permanent object above, and never a store', () => {
  const { dominance, node } = draw(program);
  assert.deepEqual(
    ['newB', 'newA', 'table', 'cache', 'shared'].map((handle) => dominance.holderOf(node(handle))),
    ['cache', 'cache', 'cache', 'cache', 'shared'].map(node),
  );
});

test('two holders meet in the deepest object above both', () => {
  const { dominance, node } = draw(program);
  const common = (a: string, b: string): number => dominance.commonHolder(node(a), node(b));
  assert.equal(common('items', 'log'), node('store'));
  assert.equal(common('items', 'store'), node('store'));
  assert.equal(common('items', 'cache'), node('global'));
  assert.equal(common('items', 'items'), node('items'));
});

test('variables of a context and properties of an own class are holders of their own; keys of a plain object are not', () => {
  const { dominance, node } = draw(program);
  for (const handle of ['ctx', 'store']) {
    const one = dominance.slotOf(node(handle), 'one');
    assert.notEqual(one, node(handle));
    assert.equal(dominance.nodeOf(one), node(handle));
    assert.equal(dominance.slotOf(node(handle), 'one'), one);
    assert.equal(dominance.commonHolder(one, dominance.slotOf(node(handle), 'two')), node(handle));
  }
  assert.equal(dominance.slotOf(node('cache'), 'one'), node('cache'));
});

test('an object of a class with very many properties is a dictionary without slots; a context keeps its variables', () => {
  const many = (holder: string): string =>
    Array.from({ length: 65 }, (_, i) => `${holder} -k${i}-> Value ${holder}v${i}`).join('\n');
  const { dominance, node } = draw(
    `global -d-> Registry d\n${many('d')}\nglobal -c-> system / Context c\n${many('c')}`,
  );
  assert.equal(dominance.slotOf(node('d'), 'k1'), node('d'));
  assert.notEqual(dominance.slotOf(node('c'), 'k1'), node('c'));
});

test("a pool of Node's own has a bound and is no leak; a list of the same name is one", () => {
  const { dominance, node } = draw(
    'global -parsers-> FreeList pool\npool -list-> Array free\npool -ctor-> create ctor:closure\nglobal -own-> FreeList own\nown -list-> Array items',
  );
  const isLeftOut = (handle: string): boolean => dominance.isLeftOut(node(handle));
  assert.deepEqual(['free', 'pool', 'items', 'own'].map(isLeftOut), [true, true, false, false]);
});

test('what the guard holds is of memwatch', () => {
  const { dominance, node } = draw(
    'global -<symbol memwatch>-> Guard guard\nguard -beats-> Array beats\nglobal -a-> A a',
  );
  assert.deepEqual(
    ['beats', 'guard', 'a', 'global'].map((handle) => dominance.isLeftOut(node(handle))),
    [true, true, false, false],
  );
});

test('a permanent list of 100,000 links is as deep as it is long, and still has its common holders', () => {
  const links = Array.from({ length: 100_000 }, (_, i) => (i === 0 ? 0 : i - 1));
  const { graph } = drawHeap('root -a-> A a');
  const immediate = Uint32Array.from(links);
  const chain = { ...graph, nodeCount: links.length, nodeType: new Uint8Array(links.length).fill(types.object) };
  const dominance = createDominance(chain, immediate, new Uint8Array(links.length).fill(1));
  assert.equal(dominance.commonHolder(99_999, 50_000), 50_000);
});
