/** From an object to what is named for it: lists, stores, dominators, classes, packages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChains } from '#memwatch/analyzer/growth/snapshots/chains.js';
import { isBackingStore } from '#memwatch/analyzer/growth/snapshots/entries.js';
import { className, isNameless, types } from '#memwatch/analyzer/growth/snapshots/growth-classes.js';
import { hasOwnClass } from '#memwatch/analyzer/growth/snapshots/own-class.js';
import { ownerOf } from '#memwatch/analyzer/model/owner.js';
import { anchorsOf, nameOf, pathTo, signatureOf, stepsTo } from '#memwatch/analyzer/growth/snapshots/steps.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { nodeName } from '#memwatch/analyzer/model/heap-graph.js';
import { drawHeap } from '../../../support/graph.js';

const draw = (text: string): { heap: Heap; node: (handle: string) => number } => {
  const { graph, node } = drawHeap(`root -shortcut:1-> global\n${text}`);
  return { heap: new Heap(graph), node };
};

test('a link of a list hangs on the owner of the list, and what ends the list is no link', () => {
  const { heap, node } = draw(`
    global -queue-> Queue queue
    queue -head-> Link a
    a -next-> Link b
    b -next-> Link c
    c -next-> Link d
    d -value-> Job job
  `);
  const ownerOfList = createChains(heap.graph, heap.paths);
  assert.deepEqual(
    ['a', 'b', 'd'].map((link) => ownerOfList(node(link))),
    [node('queue'), node('queue'), node('d')],
  );
  assert.equal(ownerOfList(node('job')), node('job'));
});

test('so does a node of a tree, by whichever fields; plain objects that hold one another are none', () => {
  const tree = (name: string): string =>
    `global -tree-> Tree tree\ntree -root-> ${name} a\na -left-> ${name} b\nb -right-> ${name} c\nc -left-> ${name} d`;
  const owners = (name: string): boolean[] => {
    const { heap, node } = draw(tree(name));
    const ownerOfList = createChains(heap.graph, heap.paths);
    return ['b', 'c', 'd'].map((one) => ownerOfList(node(one)) !== node(one));
  };
  assert.deepEqual(owners('Node'), [true, true, false]);
  assert.deepEqual(owners('Object'), [false, false, false]);
});

test('a name of very many steps is shortened: the path shows them', () => {
  const { heap, node } = draw(
    `global -c-> system / Context c\nc -context:v-> Object o0\n${Array.from({ length: 400 }, (_, i) => `o${i} -a${i + 1}-> ${i % 2 === 0 ? 'Array' : 'Object'} o${i + 1}`).join('\n')}`,
  );
  const name = nameOf(heap.graph, stepsTo(heap.graph, heap.paths, node('o400')));
  assert.equal(nameOf(heap.graph, stepsTo(heap.graph, heap.paths, node('o3'))), 'v.a1.a2.a3');
  assert.equal(name, 'v.a1.a2.a3.a4.….a398.a399.a400');
});

test('stores are arrays and the tables of properties, not objects', () => {
  const { heap, node } = draw(
    `
    global -o-> Object o
    o -internal:elements-> (object_elements) e:array
    o -internal:properties-> system_/_PropertyArray p:hidden
  `.replaceAll('system_/_', 'system / '),
  );
  assert.deepEqual(
    ['o', 'e', 'p'].map((handle) => isBackingStore(heap.graph, node(handle))),
    [false, true, true],
  );
});

test('classes are named as people name them; strings and numbers have no name of their own', () => {
  assert.equal(className(types.closure, ''), '(anonymous)()');
  assert.equal(className(types.closure, 'handler'), 'handler()');
  assert.equal(className(types.string, 'secret'), '(string)');
  assert.equal(className(types.object, 'Session'), 'Session');
  assert.equal(className(types.object, 'Window / '), 'Window');
  assert.equal(className(types.native, 'Node / TCPSocketWrap'), 'Node / TCPSocketWrap');
  assert.deepEqual(['(string)', '(anonymous)()', 'Session'].map(isNameless), [true, false, false]);
});

test("an own class is one that somebody wrote, and no class of the language's", () => {
  const { heap, node } = draw('global -a-> Session a\nglobal -b-> Map b\nglobal -c-> handler c:closure');
  assert.deepEqual(
    ['a', 'b', 'c'].map((handle) => hasOwnClass(heap.graph, node(handle))),
    [true, false, false],
  );
});

test('a file belongs to Node, to the innermost package, or to the application', () => {
  const known = (folder: string): { name: string; version: string } | undefined =>
    folder.endsWith('@scope/inner') ? { name: '@scope/inner', version: '2.0.0' } : undefined;
  assert.deepEqual(ownerOf('node:events', known), { kind: 'node' });
  assert.deepEqual(ownerOf('/app/src/a.js', known), { kind: 'application' });
  assert.deepEqual(ownerOf('/app/node_modules/lru/i.js', known), { kind: 'dependency', package: 'lru', version: null });
  assert.deepEqual(ownerOf('/app/node_modules/lru/node_modules/@scope/inner/lib/i.js', known), {
    kind: 'dependency',
    package: '@scope/inner',
    version: '2.0.0',
  });
});

const service = `
  global -handler-> handle fn:closure
  fn -internal:context-> Context ctx:object
  ctx -context:cache12-> Cache cache
  cache -items-> Map map
  map -internal:table-> table:array
  table -internal:7-> Session s1
`.replace('Context ctx', 'system / Context ctx');

test('steps leave out stores; the nearest class or variable is the anchor, name and signature follow from it', () => {
  const { heap, node } = draw(service);
  const steps = stepsTo(heap.graph, heap.paths, node('s1'));
  assert.deepEqual(
    steps.map((step) => nodeName(heap.graph, step.node)),
    ['global', 'handle', 'system / Context', 'Cache', 'Map', 'Session'],
  );
  const toMap = stepsTo(heap.graph, heap.paths, node('map'));
  assert.deepEqual(
    anchorsOf(heap.graph, toMap).map(({ kind, name }) => `${kind} ${name}`),
    ['class items', 'variable cache12', 'function context'],
  );
  assert.equal(nameOf(heap.graph, toMap), 'Cache.items');
  assert.equal(signatureOf(heap.graph, toMap, 'Session'), 'Cache.items > Map > Session');
});

test('the path of a finding contains no data of the program, and begins after code that is never the place to look', () => {
  const { heap, node } = draw(`
    global -check-> check check:closure
    check -internal:context-> check_context cc:array
    cc -context:body-> body fn:closure
    fn -internal:context-> Context ctx:array
    ctx -context:users-> Map map
    map -internal:table-> table:array 152
    table -internal:5-> secret-key key:string
    table -internal:6-> Array list
    list -#3-> secret-text text:string
  `);
  const path = pathTo(heap, node('text'), (closure) => nodeName(heap.graph, closure) === 'check');
  assert.deepEqual(
    path.map(({ label, name }) => `${label} ${name}`.trim()),
    ['body()', 'users Map', 'entry Array', '[3] (string)'],
  );
});

test('what process and its output hold has one name and one signature, whichever way leads there', () => {
  const draw = (text: string) => {
    const { graph, node } = drawHeap(`root -shortcut:1-> global\n${text}`);
    const steps = stepsTo(graph, new Heap(graph).paths, node('list'));
    return { name: nameOf(graph, steps), signature: signatureOf(graph, steps, 'onExit()') };
  };
  const events = `proc -_events-> Object ev\nev -exit-> Array list`;
  const named = { name: 'process._events.exit', signature: 'process._events > Object.exit > Array > onExit()' };
  const many = Array.from({ length: 70 }, (_, i) => `proc -k${i}-> K k${i}`).join('\n');
  assert.deepEqual(draw(`global -process-> process proc\n${events}`), named);
  assert.deepEqual(draw(`global -f-> f:closure\nf -internal:context-> system / Context c\nc -context:p-> process proc\n${many}\n${events}`), named); // prettier-ignore
  const stream = (name: string): string =>
    draw(`global -out-> ${name} out\nout -_isStdio-> true yes:hidden\nout -_events-> Object ev\nev -error-> Array list`)
      .signature;
  assert.equal(stream('Socket'), stream('SyncWriteStream'));
});
