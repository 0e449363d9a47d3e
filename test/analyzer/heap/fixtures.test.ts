import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { nodeName, nodeTypeName } from '#memwatch/analyzer/model/heap-graph.js';
import { renderPath } from '#memwatch/report/path-text.js';
import { chromeFixture, devtoolsAnswer, snapshotFixture } from '../../support/fixtures.js';

/** For one object of each class, how the program of the fixtures holds it, in words. */
const paths: Readonly<Record<string, string>> = {
  Session: 'global.app.sessions → Map → entry "user-7" → Session',
  InSet: 'global.app.members → Set → member → InSet',
  InArray: 'global.app.list[0] → InArray',
  InObject: 'global.app.nested.deep.object → InObject',
  InClosure: 'global.app.closure → closure().held → InClosure',
  InTimer: 'Timeout._onTimeout → (anonymous)().held → InTimer',
  InListener: 'global.app.emitter → EventEmitter._events.tick → (anonymous)().held → InListener',
  InPrivate: 'global.app.holder → Holder.#hidden → InPrivate',
  InWeakMap: 'global.app.key → value in a WeakMap → InWeakMap',
};

for (const major of [18, 20, 22, 24, 26] as const) {
  test(`a snapshot of Node ${major}: each object's path in the words of the program, and classes by shape`, async () => {
    const heap = await new Heap(await readHeapSnapshot(snapshotFixture(major))).prepare();
    const { graph } = heap;
    const found = new Map<string, string[]>();
    for (let node = 0; node < graph.nodeCount; node++) {
      const name = nodeName(graph, node);
      if (nodeTypeName(graph, node) === 'object' && Object.hasOwn(paths, name))
        found.set(name, [...(found.get(name) ?? []), renderPath(heap.object(node).path)]);
    }
    for (const [name, path] of Object.entries(paths)) {
      const said = found.get(name)?.map((text) => text.replace(/\(anonymous\)\(\)|closure\(\)/g, '()')) ?? [];
      assert.ok(
        said.includes(path.replace(/\(anonymous\)\(\)|closure\(\)/g, '()')),
        `${name}: ${said.slice(0, 3).join('\n')}`,
      );
    }
    const shape = heap.classes.list.find(({ name }) => name === '{title, author}');
    assert.equal(shape?.count, 21); // with V8's own copy of the literal
    assert.equal(heap.classes.list.find(({ name }) => name === 'Session')?.count, 300);
    assert.ok(graph.positions.nodes.length > 0);
  });
}

test('a snapshot of Chrome: a page has a window, its script variables, and elements that are in no document', async () => {
  const heap = await new Heap(await readHeapSnapshot(chromeFixture)).prepare();
  const { graph } = heap;
  const pathTo = (name: string): string => {
    for (let node = 0; node < graph.nodeCount; node++)
      if (nodeName(graph, node) === name && nodeTypeName(graph, node) === 'object')
        return renderPath(heap.object(node).path);
    return 'nowhere';
  };
  assert.match(pathTo('Session'), /^window\.app\.sessions → Map → entry "user-\d+" → Session$/);
  assert.match(pathTo('InDetached'), /^window\.app\.detached → Detached <section>\.note → InDetached$/);
  assert.match(pathTo('InListener'), /<li>.* → \(anonymous\)\(\)\.held → InListener$/);
  assert.equal(heap.classes.list.find(({ name }) => name === 'Session')?.count, 300);
});

test("dominators and retained sizes of every node are those of Chrome DevTools' engine", async () => {
  const { graph, dominators } = await new Heap(await readHeapSnapshot(snapshotFixture(24))).prepare();
  const devtools = devtoolsAnswer();
  let moved = 0;
  for (let node = 0; node < graph.nodeCount; node++) {
    const who = `@${graph.nodeId[node]} ${nodeName(graph, node)}`;
    assert.equal(dominators.immediate[node], devtools.dominator(node), who);
    if (dominators.retainedBytes[node] === devtools.retainedBytes(node)) continue;
    // DevTools adds the self size of arrays and of V8's own nodes to their only owner; the owner's total is the same
    assert.match(nodeTypeName(graph, node), /^(array|hidden|native)$/, who);
    assert.ok(dominators.retainedBytes[node] > devtools.retainedBytes(node), who);
    moved++;
  }
  assert.ok(moved < graph.nodeCount / 10);
});
