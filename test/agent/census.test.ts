import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { startCensus } from '#memwatch/agent/capture/census.js';
import { evaluate } from '#memwatch/agent/session/evaluate.js';
import { memwatchJson } from '../support/memwatch.js';
import { testedMajors } from '../support/nodes.js';
import { startSource } from '../support/targets.js';

/** Ends with exit code 9 as soon as the census runs any code of the program. */
const trapped = `
  const trap = () => process.exit(9);
  class Session { static get name() { return trap(); } get size() { return trap(); } }
  class User {} Object.defineProperty(User.prototype, 'constructor', { get: trap });
  class Tags extends Set { get size() { return trap(); } }
  class Row { constructor(i) { this.i = i; } }
  globalThis.kept = [new Session(), new User(), new Tags([1, 2, 3, 4, 5, 6, 7, 8, 9]),
    new Proxy({}, { get: trap, getPrototypeOf: trap, ownKeys: trap, getOwnPropertyDescriptor: trap }),
    new Proxy([1], { get: trap, getPrototypeOf: trap }), Object.create(new Proxy({}, { get: trap, getOwnPropertyDescriptor: trap }))];
  class Store { constructor() { this.rows = new Map(); } }
  const { rows } = (globalThis.store = new Store()); const list = []; const names = { get first() { return trap(); } };
  for (let i = 0; i < 40; i++) names["n" + i] = i;
  globalThis.grow = (n) => { for (let i = 0; i < n; i++) { rows.set(rows.size, new Row(i)); list.push(new Row(i)); names["name " + list.length] = i; } };
  grow(10);
  setInterval(() => {}, 1000); console.log('ready');`;

for (const node of testedMajors) {
  test(`a census counts classes and containers on Node ${node} and runs no code of the program`, async (t) => {
    const target = await startSource(t, trapped, { node });
    await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, async ({ session }) => {
      const census = await startCensus(session);
      const first = await census.count();
      await evaluate(session, 'grow(25)');
      const second = await census.count();
      const row = (reading: typeof first) => reading.classes.find(({ name }) => name === 'Row');
      assert.equal(row(first)?.count, 20);
      assert.deepEqual([row(second)?.count, row(second)?.delta], [70, 50]);
      const grown = second.containers.filter(({ delta }) => delta === 25).map(({ kind, size }) => `${kind} ${size}`);
      assert.deepEqual(grown.toSorted(), ['Array 35', 'Map 35', 'Object 76']);
      assert.ok(second.containers.some(({ kind, size }) => kind === 'Set' && size === 9));
      const map = second.containers.find(({ kind, size }) => kind === 'Map' && size === 35);
      assert.deepEqual([map?.holds, map?.heldBy], ['Row', 'Store.rows']);
      await evaluate(session, 'grow(5), store.rows.clear()');
      const ids = second.containers.filter(({ delta }) => delta === 25).map(({ id }) => id);
      const sizes = await census.sizes([...ids, 4711]);
      assert.deepEqual(sizes.map(({ size }) => size).toSorted(), [0, 40, 81]);
      await census.close();
      await census.close();
    });
    assert.equal(target.child.exitCode, null);
  });
}

test('memwatch census --json prints the document of the design', async (t) => {
  const target = await startSource(t, trapped);
  const census = await memwatchJson(['census', String(target.pid)]);
  assert.equal(census['schema'], 'memwatch/census@1');
  const { classes, containers } = census as { classes: { name: string }[]; containers: { id: number; kind: string }[] };
  assert.ok(classes.some(({ name }) => name === 'Row'));
  assert.ok(containers.every(({ id }) => id > 0));
});

test('a count leaves no objects in the target: V8 makes the prototype of a function when it is first read', async (t) => {
  const source = `globalThis.functions = Array.from({ length: 3000 }, () => function () {});
    setInterval(() => {}, 1000); console.log('ready');`;
  const target = await startSource(t, source);
  await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, async ({ session }) => {
    const census = await startCensus(session);
    const objects = async (): Promise<number> =>
      (await census.count()).classes.find(({ name }) => name === 'Object')?.count ?? 0;
    const first = await objects();
    const made = (await objects()) - first;
    assert.ok(made < 300, `${made} objects of the class Object were made by the first count`);
  });
});
