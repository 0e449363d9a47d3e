/** `memwatch memory` on processes whose memory is known, because they allocated it in one known way. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MemoryReport } from '#memwatch/analyzer/model/memory.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { outerMajors } from '../support/nodes.js';
import { installPackage } from '../support/runners.js';
import { startSource, temporaryFolder } from '../support/targets.js';

const megabyte = 2 ** 20;

const memoryOf = async (pid: number, ...options: string[]): Promise<MemoryReport> =>
  (await memwatchJson(['memory', String(pid), ...options])) as unknown as MemoryReport;

const watchMemory = async (pid: number, rounds: string, ...options: string[]): Promise<MemoryReport[]> => {
  const run = await memwatch(['memory', String(pid), '--watch', '--rounds', rounds, ...options, '--json']);
  assert.equal(run.code, 0, run.stderr);
  return run.stdout.trim().split('\n').map((line) => JSON.parse(line) as MemoryReport); // prettier-ignore
};

const rssOf = (report: MemoryReport, owner: string): number =>
  report.parts.find((part) => part.owner === owner)?.rssBytes ?? 0;

const adviceOf = ({ advice }: MemoryReport): string[] => advice.map(({ id }) => id);

/** Each way to allocate memory, and the parts in which that memory must then appear. */
const source = `
const { Worker } = require('node:worker_threads');
globalThis.kept = {
  large: Buffer.alloc(40 * ${megabyte}, 1),
  small: Array.from({ length: 30_000 }, () => Buffer.allocUnsafeSlow(1000).fill(1)),
  heap: Array.from({ length: 300_000 }, (_, i) => ({ i, name: 'item ' + i })),
  wasm: new WebAssembly.Memory({ initial: 320, maximum: 1000 }),
  workers: [1, 2].map(() => new Worker('setInterval(() => {}, 1000)', { eval: true })),
};
new Uint8Array(kept.wasm.buffer).fill(1);
let dropped = Array.from({ length: 100_000 }, () => Buffer.allocUnsafeSlow(1000).fill(1));
kept.between = dropped.filter((_, i) => i % 50 === 0);
dropped = undefined;
gc();
const online = kept.workers.map((worker) => new Promise((resolve) => worker.once('online', resolve)));
Promise.all(online).then(() => console.log('ready'));
setInterval(() => {}, 1000);`;

for (const node of outerMajors) {
  test(`on Node ${node}, each part holds what the program took in that way, and RSS is accounted for`, async (t) => {
    const TMPDIR = temporaryFolder(t);
    const target = await startSource(t, source, { node, kind: 'cjs', flags: ['--expose-gc'], env: { TMPDIR } });
    const report = await memoryOf(target.pid);
    assert.equal(report.schema, 'memwatch/memory@1');
    assert.ok(report.accountedBytes >= report.rssBytes * 0.95, `${report.accountedBytes} of ${report.rssBytes}`);
    assert.equal(report.parts.reduce((sum, { rssBytes }) => sum + rssBytes, 0), report.rssBytes); // prettier-ignore
    near(rssOf(report, 'WebAssembly memory'), 320 * 65_536);
    // other blocks of malloc are added to these
    const malloc = rssOf(report, 'malloc: main heap') + rssOf(report, 'malloc: large blocks');
    assert.ok(malloc > 40 * megabyte + 130_000_000 && malloc < 220 * megabyte, `malloc ${malloc}`);
    // the kernel's view and V8's own must agree
    assert.equal(report.heaps.length, 3);
    near(rssOf(report, 'V8 heap'), report.heaps.reduce((sum, { physicalBytes }) => sum + physicalBytes, 0)); // prettier-ignore
    assert.ok(adviceOf(report).includes('buffers'), adviceOf(report).join());
    assert.ok(report.limits.some(({ of }) => of === "V8's heap limit (main thread)"));
    const { trimmed, advice } = await memoryOf(target.pid, '--try-trim');
    assert.ok((trimmed?.beforeBytes ?? 0) - (trimmed?.afterBytes ?? 0) > 50 * megabyte, JSON.stringify(trimmed));
    assert.ok(advice.some(({ id, evidence }) => id === 'malloc-free' && evidence.startsWith('malloc_trim gave back')));
    assert.deepEqual(readdirSync(TMPDIR), []);
    assert.ok(!readFileSync(`/proc/${target.pid}/maps`, 'utf8').includes('trim.node'));
  });
}

const near = (bytes: number, expected: number): void =>
  assert.ok(Math.abs(bytes - expected) < expected * 0.1, `${bytes} is not about ${expected}`);

test('garbage that V8 has not collected is separated from what is alive, if requested', async (t) => {
  const garbage = `
  let dropped = Array.from({ length: 2_000_000 }, (_, i) => ({ i, name: 'item ' + i }));
  dropped = undefined;
  console.log('ready');
  setInterval(() => {}, 1000);`;
  const target = await startSource(t, garbage, {
    kind: 'cjs',
    flags: ['--no-memory-reducer', '--no-incremental-marking'],
  });
  const before = await memoryOf(target.pid);
  assert.equal(before.heaps[0]?.liveBytes, null);
  assert.ok((before.heaps[0]?.usedBytes ?? 0) > 64 * megabyte);
  const said = before.advice.find(({ id }) => id === 'heap-may-be-garbage');
  assert.match(said?.text ?? '', /^it is no leak if most of it is garbage.* --collect shows how much is alive/);
  const { heaps, advice } = await memoryOf(target.pid, '--collect');
  assert.ok((heaps[0]?.liveBytes ?? Infinity) < 10 * megabyte);
  assert.ok(
    advice.some(({ id, evidence }) => id === 'heap-not-needed' && evidence.includes('alive after a collection')),
  );
});

test('a part that grows is shown with its change, and the largest part is in the first line', async (t) => {
  const growing = `
  const kept = [];
  setInterval(() => kept.push(Buffer.alloc(4 * ${megabyte}, 1)), 100);
  console.log('ready');`;
  const target = await startSource(t, growing);
  const reports = await watchMemory(target.pid, '4', '--interval', '500ms');
  assert.equal(reports.length, 4);
  const [grown] = (reports.at(-1)?.parts ?? []).toSorted((a, b) => (b.delta ?? 0) - (a.delta ?? 0));
  assert.equal(grown?.owner, 'malloc: large blocks');
  assert.ok((grown?.delta ?? 0) > 8 * megabyte);
  const text = await memwatch(['memory', String(target.pid)]);
  assert.match(text.stdout, /^RSS \d.* of it accounted for: most of it malloc: large blocks/);
  const [table = ''] = text.stdout.split('\n\n').slice(1);
  assert.ok(table.split('\n').every((line) => line.length <= 100));
});

/** SQLite reads through a mapping of its file. */
const mapped = `
const { DatabaseSync } = require('node:sqlite');
const file = process.env.TMPDIR + '/mapped.db';
const open = () => { const db = new DatabaseSync(file); db.exec('PRAGMA mmap_size=400000000'); return db; };
const written = open();
written.exec('create table t (b)');
written.exec('insert into t values (zeroblob(200 * 1024 * 1024))');
written.close();
globalThis.db = open();
db.prepare("select instr(b, x'01') from t").get();
gc();
const { pbkdf2 } = require('node:crypto');
let left = 50;
for (let i = 0; i < 50; i++) pbkdf2('a', 'b', 1, 8, 'sha256', () => --left === 0 && console.log('ready'));
setInterval(() => {}, 1000);`;

test('a mapped file of 200 MB and 50 threads are named, and nothing else is blamed', async (t) => {
  const env = { UV_THREADPOOL_SIZE: '50', TMPDIR: temporaryFolder(t) };
  const target = await startSource(t, mapped, { node: 24, kind: 'cjs', flags: ['--expose-gc', '--no-warnings'], env });
  const report = await memoryOf(target.pid);
  assert.match(report.parts.find(({ owner }) => owner === 'thread stacks')?.detail ?? '', /^(5[5-9]|6\d) threads$/);
  near(rssOf(report, 'mapped files'), 200 * megabyte);
  assert.deepEqual(adviceOf(report), ['mapped-files']);
});

test("an addon's leak is known by what grows without V8's knowledge and is not free", async (t) => {
  const modules = installPackage('@napi-rs/canvas@0.1.44'); // its WebP encoder leaks
  if (modules === undefined) return t.skip('npm cannot download @napi-rs/canvas');
  const leak = `
  const { createCanvas } = require(${JSON.stringify(join(modules, '@napi-rs/canvas'))});
  setInterval(() => {
    const canvas = createCanvas(400, 300);
    canvas.getContext('2d').fillRect(0, 0, 200, 200);
    canvas.toBuffer('image/webp', 100);
  }, 2);
  console.log('ready');`;
  const target = await startSource(t, leak, { kind: 'cjs' });
  const [, last] = await watchMemory(target.pid, '2', '--interval', '3s', '--try-trim');
  const native = last?.advice.find(({ id }) => id === 'native-memory');
  assert.match(
    native?.evidence ?? '',
    /in \d s malloc gained \d.* MB, and what V8 accounts for (gained|lost) [\d.]+ (B|KB)$/,
  );
  assert.match(native?.text ?? '', /addons that are loaded: skia/);
  assert.ok(!adviceOf(last as MemoryReport).includes('malloc-free'));
});
