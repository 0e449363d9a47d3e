/** Each kind of waste against the program that has it and its mended twin: the saving is what the twin really saves. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { findWaste } from '#memwatch/analyzer/waste/find-waste.js';
import { readSource } from '#memwatch/leaks/script-text.js';
import { nodeBinary, testedMajors, type NodeMajor } from '../../support/nodes.js';
import { temporaryFolder } from '../../support/targets.js';
import { planted, sourceOf, writesSnapshot } from './programs.js';

/** Node 20 and 24 in turn, since objects have the same layout in all; every kind on all four with MEMWATCH_ALL_NODES=1. */
const majorsOf = (at: number): readonly NodeMajor[] =>
  process.env['MEMWATCH_ALL_NODES'] === '1' ? testedMajors : [at % 2 === 0 ? 20 : 24];

const heapOf = async (t: TestContext, major: NodeMajor, source: string): Promise<Heap> => {
  const folder = temporaryFolder(t);
  const [program, snapshot] = [join(folder, 'program.mjs'), join(folder, 'program.heapsnapshot')];
  writeFileSync(program, source);
  // what V8 compiles in other threads meanwhile differs by some 30 KB from run to run on a busy machine
  execFileSync(nodeBinary(major), ['--single-threaded', program, snapshot], { timeout: 60_000 });
  return new Heap(await readHeapSnapshot(snapshot));
};

for (const [at, kind] of Object.keys(planted).entries()) {
  for (const major of majorsOf(at)) {
    test(`${kind} on Node ${major}: the saving is that of the mended twin, in which nothing is found`, async (t) => {
      const wasteful = findWaste(await heapOf(t, major, sourceOf(kind, false)), readSource);
      const mended = findWaste(await heapOf(t, major, sourceOf(kind, true)), readSource);
      const saved = wasteful.totalBytes - mended.totalBytes;
      const found = wasteful.kinds.find((one) => one.kind === kind);
      const figures = `${found?.bytes} found, ${saved} saved by mending; ${JSON.stringify(wasteful.kinds.map((one) => [one.kind, one.bytes]))}`;
      t.diagnostic(figures);
      assert.ok(found !== undefined && Math.abs(found.bytes - saved) <= 0.05 * saved, figures);
      assert.deepEqual(mended.kinds.map((one) => [one.kind, one.bytes]), []); // prettier-ignore
    });
  }
}

test('no byte is counted twice: empty Maps in rows that are held whole are counted as empty Maps alone', async (t) => {
  const rows = 'for (let i = 0; i < 5000; i++) rows.push({ id: i, headers: new Map() });';
  const heap = await heapOf(t, 24, writesSnapshot('const rows = [];', rows));
  const { kinds, wastedBytes } = findWaste(heap);
  const bytes = Object.fromEntries(kinds.map((one) => [one.kind, one.bytes]));
  assert.deepEqual(Object.keys(bytes).toSorted(), ['empty-collections', 'rows-held-whole']);
  assert.equal(bytes['empty-collections'], 5000 * 184);
  const array = kinds.find(({ kind }) => kind === 'rows-held-whole')?.examples[0];
  assert.equal(array?.path.at(-1)?.edge, 'rows');
  assert.equal(wastedBytes, heap.dominators.retainedBytes[heap.nodeWithId(array.id)]);
});

test('what Node itself keeps of modules, emitters and streams is no waste, but what the program adds is', async (t) => {
  const folder = temporaryFolder(t);
  const before = `import { createRequire } from 'node:module';
    import { EventEmitter } from 'node:events';
    import { writeFileSync } from 'node:fs';
    import { PassThrough } from 'node:stream';
    const require = createRequire(import.meta.url);
    const loaded = [];
    const emitters = [];
    const streams = [];
    const maps = new Map();`;
  const body = `for (let i = 0; i < 200; i++) {
      const file = ${JSON.stringify(folder)} + '/module' + i + '.cjs';
      writeFileSync(file, 'module.exports = ' + i);
      loaded.push(require(file));
      const emitter = new EventEmitter();
      for (let k = 0; k < 12; k++) emitter.on('event' + k + '-' + i, String);
      emitters.push(emitter);
      streams.push(new PassThrough());
      maps.set(i, new Map());
    }`;
  const { kinds } = findWaste(await heapOf(t, 24, writesSnapshot(before, body)));
  const held = kinds.flatMap(({ kind, examples }) => examples.map(({ path }) => [kind, ...path.map(({ name, edge }) => edge || name)].join(' '))); // prettier-ignore
  assert.deepEqual(
    held.filter((way) => !/ \(code\) /.test(way)), // texts of Node's compiled functions
    ['empty-collections program.mjs maps entry'],
  );
});

test('data that a package exports as it is, and texts that Node keeps, are no waste; the same in a variable is', async (t) => {
  const folder = temporaryFolder(t);
  const packaged = join(folder, 'node_modules', 'types');
  mkdirSync(packaged, { recursive: true });
  const types = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`text/x-${i}`, { from: ['a'], to: [] }]));
  writeFileSync(join(packaged, 'types.json'), JSON.stringify(types));
  writeFileSync(join(packaged, 'index.js'), "module.exports = { types: require('./types.json'), more: [] };\nfor (let i = 0; i < 400; i++) module.exports.more.push([]);"); // prettier-ignore
  const before = `import { createRequire } from 'node:module';
    const require = createRequire(${JSON.stringify(join(folder, 'program.mjs'))});
    require('types');
    const own = [];
    process.allowedNodeEnvironmentFlags.has('--x');`;
  const body = 'for (let i = 0; i < 400; i++) own.push([]);';
  const { kinds } = findWaste(await heapOf(t, 24, writesSnapshot(before, body)));
  const held = kinds.flatMap(({ kind, examples }) => examples.map(({ path }) => [kind, ...path.map(({ name, edge }) => edge || name)].join(' '))); // prettier-ignore
  assert.deepEqual(held, ['empty-collections program.mjs own []']);
});
