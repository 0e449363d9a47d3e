/** Retaining paths in drawn heaps: which of several ways is shown, what long ones leave out, and where they begin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { findPath, nodesOnPath } from '#memwatch/analyzer/heap/paths.js';
import { createWays } from '#memwatch/analyzer/heap/ways.js';
import type { PathStep } from '#memwatch/analyzer/model/path.js';
import { upTo } from '../../support/drawn-growth.js';
import { drawHeap } from '../../support/graph.js';

const heapOf = (text: string) => {
  const { graph, node } = drawHeap(`root -shortcut:global-> global\nroot -#1-> (GC_roots) gc:synthetic 0\n${text}`);
  return { graph, node, heap: new Heap(graph) };
};

const words = (steps: readonly PathStep[]): string => steps.map(({ label, name }) => (label === '' ? name : `${label} ${name}`)).join(' → '); // prettier-ignore

const pathTo = (text: string, handle: string): string => {
  const { graph, node, heap } = heapOf(text);
  return words(findPath(graph, heap.paths, node(handle)));
};

test('a way through globals comes before a shorter one through V8’s own roots', () => {
  const text = `
    gc -#7-> wanted
    global -app-> App app
    app -state-> State state
    state -wanted-> Wanted wanted`;
  assert.equal(pathTo(text, 'wanted'), 'global → app App → state State → wanted Wanted');
});

test('a longer way through properties comes before a shorter one through compiled code', () => {
  const text = `
    global -run-> run:closure 64
    run -internal:code-> compiled:code 64
    compiled -internal:1-> Wanted wanted
    global -app-> App app
    app -cache-> Cache cache
    cache -wanted-> wanted`;
  assert.equal(pathTo(text, 'wanted'), 'global → app App → cache Cache → wanted Wanted');
});

test('stores are left out, and what they hold is named as seen from their owner', () => {
  const text = `
    global -list-> Array list 32
    list -internal:elements-> store:array 64
    list -#3-> Item item 16
    store -internal:5-> item
    global -index-> Map index 32
    index -internal:table-> table:array ${16 + 8 * 17}
    table -internal:5-> alice key:string 24
    table -internal:6-> User user 16`;
  assert.equal(pathTo(text, 'item'), 'global → list Array → [3] Item');
  assert.equal(pathTo(text, 'user'), 'global → index Map → entry "alice" User');
});

test('what nothing reaches has no path, and the path of a root is itself', () => {
  const { graph, node, heap } = heapOf('lost -next-> Other other\nglobal -a-> A a');
  assert.deepEqual([nodesOnPath(heap.paths, node('other')), findPath(graph, heap.paths, node('other'))], [[], []]);
  assert.deepEqual(nodesOnPath(heap.paths, node('a')), [node('global'), node('a')]);
});

test('the links of a list are cut to the first and the last', () => {
  const text = `global -head-> Link l1\n${upTo(30, (i) => `l${i} -next-> Link l${i + 1}`)}`;
  const steps = pathTo(text, 'l31');
  assert.equal(steps, 'global → head Link → next Link → … (28 more steps) → next Link');
});

test('a link of a list can be several steps, as in a chain of closures', () => {
  const chain = upTo(30, (i) => `l${i} -close-> closure:close c${i}\nc${i} -before-> Link l${i + 1}`);
  const steps = pathTo(`global -head-> Link l1\n${chain}\nl31 -text-> Text text`, 'text');
  const cut =
    'global → head Link → close closure:close → before Link → … (56 more steps) → close closure:close → before Link → text Text';
  assert.equal(steps, cut);
  assert.equal(pathTo('global -a-> A a\na -b-> B b\nb -a-> A c\nc -b-> B d', 'd'), 'global → a A → b B → a A → b B');
});

test('the nodes of a tree are cut as the links of a list are', () => {
  const tree = upTo(9, (i) => `n${i} -${i % 3 === 0 ? 'left' : 'right'}-> Branch n${i + 1}`);
  const steps = pathTo(`global -root-> Branch n1\n${tree}\nn10 -value-> Leaf leaf`, 'leaf');
  assert.equal(steps, 'global → root Branch → right Branch → … (7 more steps) → left Branch → value Leaf');
});

test('of a path of different steps the middle is left out beyond sixty', () => {
  const text = `global -p0-> C0 o0\n${upTo(80, (i) => `o${i - 1} -p${i}-> C${i} o${i}`)}`;
  const { graph, node, heap } = heapOf(text);
  const steps = findPath(graph, heap.paths, node('o80'));
  assert.equal(steps.length, 60);
  assert.deepEqual([steps[29]?.name, steps[30]?.name, steps[31]?.name, steps.at(-1)?.name], ['C28', '(23 more steps)', 'C52', 'C80']); // prettier-ignore
});

test('a path can begin at any node that is on it', () => {
  const { graph, node, heap } = heapOf('global -app-> App app\napp -state-> State state\nstate -x-> X x');
  assert.equal(words(findPath(graph, heap.paths, node('x'), node('app'))), 'App → state State → x X');
});

test('a path from a module begins at the file whose variable leads on', () => {
  const text = `
    global -record-> record:closure 64
    record -internal:context-> system_/_Context scope:object 32
    scope -context:seen-> Map seen 32
    seen -internal:table-> table:array 152
    table -internal:6-> Visit visit 16
    record -internal:shared-> record_info:code 64
    record_info -internal:script-> /srv/lib/audit.js script:code 64
    script -internal:source-> text source:string 24`.replaceAll('system_/_Context', 'system / Context');
  const { graph, node, heap } = heapOf(text);
  assert.match(words(findPath(graph, heap.paths, node('visit'))), /^audit\.js → seen Map → \S+ Visit$/);
});

/** The numbers of the ways in which these nodes are held. */
const waysOf = (text: string, handles: readonly string[]): number[] => {
  const { graph, node, heap } = heapOf(text);
  return handles.map(node).map(createWays(graph, heap.paths));
};
const areSame = (ways: readonly number[]): boolean => new Set(ways).size === 1;

test('all elements, and all entries of a Map, are held in the same way; two fields are not', () => {
  const text = `
    global -list-> Array list
    list -#0-> A a0
    list -#1-> A a1
    global -map-> Map map
    map -internal:table-> table:array 400
    table -internal:5-> B b0
    table -internal:8-> B b1
    global -left-> C left
    global -right-> C right`;
  assert.ok(areSame(waysOf(text, ['a0', 'a1'])));
  assert.ok(areSame(waysOf(text, ['b0', 'b1'])));
  assert.ok(!areSame(waysOf(text, ['left', 'right'])));
  assert.ok(!areSame(waysOf(text, ['a0', 'b0'])));
});

test('the keys of an object of many properties are data; functions keep their names, and so do a few properties', () => {
  const keys = (count: number) => `global -dictionary-> Object dictionary 800\n${upTo(count, (i) => `dictionary -key${i}-> V v${i}`)}`; // prettier-ignore
  assert.ok(areSame(waysOf(keys(70), ['v1', 'v70'])));
  assert.ok(!areSame(waysOf(keys(10), ['v1', 'v10'])));
  const functions = `${keys(70)}\ndictionary -run-> run:closure 64\ndictionary -stop-> stop:closure 64`;
  assert.ok(!areSame(waysOf(functions, ['run', 'stop'])));
});

test('the links of a long list are held in the same way', () => {
  const text = `global -head-> Link l1\n${upTo(20, (i) => `l${i} -next-> Link l${i + 1}`)}`;
  assert.ok(areSame(waysOf(text, ['l10', 'l20'])));
  assert.ok(!areSame(waysOf(text, ['l1', 'l20'])));
});
