import assert from 'node:assert/strict';
import { appendFileSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { crc32, gunzipSync } from 'node:zlib';
import { diffHeaps } from '../../dist/analyzer/heap/diff.js';
import type { Heap } from '../../dist/analyzer/heap/heap.js';
import { describeObject } from '../../dist/analyzer/heap/object-detail.js';
import { summarizeHeap } from '../../dist/analyzer/heap/summary.js';
import { nodeName } from '../../dist/analyzer/model/heap-graph.js';
import { findWaste } from '../../dist/analyzer/waste/find-waste.js';
import { openHeapFile } from '../../dist/heap-files/heap-file.js';
import { drawnSnapshot } from '../support/drawn-snapshot.js';
import { snapshotFixture } from '../support/fixtures.js';
import { memwatch } from '../support/memwatch.js';

/** A snapshot whose index, if it gets one, is in a folder of this test. */
const snapshotOf = (t: TestContext): { file: string; indexes: string } => {
  const file = drawnSnapshot(t, 'app.heapsnapshot');
  const folder = dirname(file);
  const before = process.env['XDG_CACHE_HOME'];
  process.env['XDG_CACHE_HOME'] = folder;
  t.after(() =>
    before === undefined ? delete process.env['XDG_CACHE_HOME'] : (process.env['XDG_CACHE_HOME'] = before),
  );
  return { file, indexes: join(folder, 'memwatch', 'indexes') };
};

/** Opens a file as a command does that has `--index`; `said` is what the user sees. */
const open = async (file: string): Promise<{ heap: Heap; said: string }> => {
  const said: string[] = [];
  const io = { signal: new AbortController().signal, progress: () => {}, warn: (text: string) => void said.push(text) };
  const { heap, keepIndex } = await openHeapFile(file, io, 'always');
  await heap.prepare();
  await keepIndex();
  return { heap, said: said.join('\n') };
};

/** Everything that a user can see of a heap. */
const seen = (heap: Heap): unknown => ({
  summary: summarizeHeap(heap, { limit: 100, classLimit: Infinity, sort: 'retained' }),
  objects: summarizeHeap(heap, { limit: 20, classLimit: 20, sort: 'count', className: 'Array' }),
  waste: findWaste(heap),
  diff: diffHeaps([heap, heap], 10),
  names: [0, 1, heap.graph.nodeCount - 1].map((node) => nodeName(heap.graph, node)),
  same: heap.graph.strings.indexOf('constructor') >= 0,
  counts: [heap.graph.nodeCount, heap.graph.edgeCount, heap.graph.detached.size, heap.graph.positions.nodes.length],
});

const onlyIndex = (folder: string): string => join(folder, readdirSync(folder)[0] ?? '');

test('a snapshot that is opened again comes from its index, and everything is as before', async (t) => {
  const { file, indexes } = snapshotOf(t);
  writeFileSync(file, gunzipSync(readFileSync(snapshotFixture(24))));
  const first = await open(file);
  assert.equal(first.heap.stored, undefined);
  assert.match(first.said, /kept an index of .*app\.heapsnapshot/);
  assert.equal(statSync(onlyIndex(indexes)).mode & 0o777, 0o600);
  const second = await open(file);
  assert.notEqual(second.heap.stored, undefined);
  assert.equal(second.said, '');
  assert.deepEqual(seen(second.heap), seen(first.heap));
});

/** Bytes that this process has read from files so far. */
const bytesRead = (): number => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]);

test('a few objects of an index are as in the whole heap, and only what they need is read', async (t) => {
  const { file, indexes } = snapshotOf(t);
  writeFileSync(file, gunzipSync(readFileSync(snapshotFixture(24))));
  await open(file);
  const { heap } = await open(file);
  const { byNeed } = heap;
  const before = bytesRead();
  const options = { limit: 3, classLimit: 20, sort: 'count', className: 'Array' } as const;
  const biggest = summarizeHeap(byNeed, options);
  const read = bytesRead() - before;
  assert.ok(read < statSync(onlyIndex(indexes)).size / 2, `read ${read} of ${statSync(onlyIndex(indexes)).size} bytes`);
  assert.deepEqual(biggest, summarizeHeap(heap, options));
  const { nodeCount } = heap.graph;
  const nodes = [1, 7, 1000, Math.floor(nodeCount / 2), nodeCount - 1, ...heap.biggest.subarray(0, 20)];
  for (const node of nodes) {
    assert.deepEqual(describeObject(byNeed, node, 10), describeObject(heap, node, 10));
    assert.equal(byNeed.nodeWithId(heap.graph.nodeId[node] ?? -1), node);
  }
  assert.equal(byNeed.nodeWithId(0xffff_ffff), -1);
});

test('an index keeps the largest objects of each class, as they are without it', async (t) => {
  const { file } = snapshotOf(t);
  writeFileSync(file, gunzipSync(readFileSync(snapshotFixture(26))));
  const first = await open(file);
  const second = await open(file);
  for (const { name } of first.heap.classes.list)
    for (const limit of [5, 100, 200]) {
      const options = { limit, classLimit: 1, sort: 'retained', className: name } as const;
      assert.deepEqual(summarizeHeap(second.heap, options), summarizeHeap(first.heap, options), `${name} ${limit}`);
    }
});

test('an index of other bytes, of another user, of another version, and a cut-off one are ignored with a word', async (t) => {
  const { file, indexes } = snapshotOf(t);
  await open(file);
  const index = onlyIndex(indexes);
  const whole = readFileSync(index);
  const ignored = async (said: RegExp): Promise<void> => {
    const opened = await open(file);
    assert.equal(opened.heap.stored, undefined);
    assert.match(opened.said, said);
    assert.notEqual((await open(file)).heap.stored, undefined, 'a new one is made');
  };
  if (process.getuid?.() === 0) {
    chownSync(index, 65_534, 65_534);
    await ignored(/belongs to another user: it is ignored/);
  }
  truncateSync(index, whole.length - 100);
  await ignored(/is cut off: it is ignored/);
  writeFileSync(index, '');
  await ignored(/is of another version: it is ignored/);
  writeFileSync(index, Buffer.concat([Buffer.from('mw-index 0 LE\n\n\n'), whole.subarray(16)]));
  await ignored(/is of another version: it is ignored/);
  writeFileSync(index, Buffer.from(whole).fill(0x7a, whole.length - 60, whole.length - 50));
  await ignored(/is damaged/);
  for (const directory of [
    'null',
    '{}',
    '{"file":{"path":"x"}}',
    '{"file":{"path":"x"},"pages":[],"columns":{"nodeId":{"at":16,"bytes":4}}}',
  ]) {
    const at = whole.length - 36;
    const end = Buffer.from(whole.subarray(at));
    const begin = end.readDoubleLE(0);
    end.writeDoubleLE(directory.length, 8);
    end.writeUInt32LE(crc32(directory), 16);
    writeFileSync(index, Buffer.concat([whole.subarray(0, begin), Buffer.from(directory), end]));
    await ignored(/^the index .* is damaged and was removed: it is ignored/);
  }
  appendFileSync(file, '\n');
  await ignored(/has changed since its index was made/);
  writeFileSync(
    `${file}.scripts.json`,
    JSON.stringify({ schema: 'memwatch/scripts@1', nodeVersion: null, scripts: [] }),
  );
  await ignored(/has changed since its index was made/);
});

test('an index that is damaged inside is removed, and the command reads the snapshot again', async (t) => {
  const { file, indexes } = snapshotOf(t);
  const env = { XDG_CACHE_HOME: join(indexes, '..', '..') };
  const args = ['heap', file, '--class', 'Session', '--json'];
  const first = await memwatch([...args, '--index'], { env });
  const index = onlyIndex(indexes);
  const bytes = readFileSync(index);
  writeFileSync(index, bytes.fill(0x7a, 16, bytes.length >> 1));
  const again = await memwatch(args, { env });
  assert.match(again.stderr, /is damaged and was removed: reading the snapshot again/);
  assert.equal(again.stdout, first.stdout);
  assert.equal(again.code, 0);
  assert.equal(existsSync(index), false);
});

test('without a folder for indexes a snapshot is read without one', async (t) => {
  const { file, indexes } = snapshotOf(t);
  mkdirSync(dirname(indexes), { recursive: true });
  writeFileSync(indexes, 'no folder');
  const { heap, said } = await open(file);
  assert.equal(heap.stored, undefined);
  assert.match(said, /ENOTDIR.*: it is ignored\nno index of .* was made: /);
});

test('small files get no index unless it is asked for, and indexes without a snapshot are removed', async (t) => {
  const { file, indexes } = snapshotOf(t);
  const io = { signal: new AbortController().signal, progress: () => {}, warn: () => {} };
  for (const use of ['large', 'never'] as const) await (await openHeapFile(file, io, use)).keepIndex();
  assert.equal(existsSync(indexes), false);
  await open(file);
  const gone = onlyIndex(indexes);
  const other = join(dirname(file), 'other.heapsnapshot');
  renameSync(file, other);
  await open(other);
  assert.equal(existsSync(gone), false);
  assert.equal(readdirSync(indexes).length, 1);
});
