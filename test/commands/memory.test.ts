/** `memwatch memory` on processes whose memory is known, because they allocated it in one known way. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { computeOwners } from '#memwatch/analyzer/memory/owners.js';
import type { MemoryReport } from '#memwatch/analyzer/model/memory.js';
import { readMappings } from '#memwatch/agent/process/mappings.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { testedMajors } from '../support/nodes.js';
import { startSource, temporaryFolder } from '../support/targets.js';

const megabyte = 2 ** 20;

const memoryOf = async (pid: number, ...options: string[]): Promise<MemoryReport> =>
  (await memwatchJson(['memory', String(pid), ...options])) as unknown as MemoryReport;

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
const online = kept.workers.map((worker) => new Promise((resolve) => worker.once('online', resolve)));
Promise.all(online).then(() => console.log('ready'));
setInterval(() => {}, 1000);`;

for (const node of testedMajors) {
  test(`on Node ${node}, each part holds what the program took in that way, and RSS is accounted for`, async (t) => {
    const target = await startSource(t, source, { node, kind: 'cjs' });
    const report = await memoryOf(target.pid);
    assert.equal(report.schema, 'memwatch/memory@1');
    assert.ok(report.accountedBytes >= report.rssBytes * 0.95, `${report.accountedBytes} of ${report.rssBytes}`);
    assert.equal(report.parts.reduce((sum, { rssBytes }) => sum + rssBytes, 0), report.rssBytes); // prettier-ignore
    near(rssOf(report, 'WebAssembly memory'), 320 * 65_536);
    // other blocks of malloc are added to these
    const malloc = rssOf(report, 'malloc: main heap') + rssOf(report, 'malloc: large blocks');
    assert.ok(malloc > 40 * megabyte + 30_000_000 && malloc < 100 * megabyte, `malloc ${malloc}`);
    // the kernel's view and V8's own must agree
    assert.equal(report.heaps.length, 3);
    near(rssOf(report, 'V8 heap'), report.heaps.reduce((sum, { physicalBytes }) => sum + physicalBytes, 0)); // prettier-ignore
    assert.ok(adviceOf(report).includes('buffers'), adviceOf(report).join());
    assert.ok(report.limits.some(({ of }) => of === "V8's heap limit (main thread)"));
  });
}

const near = (bytes: number, expected: number): void =>
  assert.ok(Math.abs(bytes - expected) < expected * 0.1, `${bytes} is not about ${expected}`);

test('garbage that V8 has not collected is separated from what is alive, if requested', async (t) => {
  const garbage = `
  let dropped = Array.from({ length: 1_000_000 }, (_, i) => ({ i, name: 'item ' + i }));
  dropped = undefined;
  console.log('ready');
  setInterval(() => {}, 1000);`;
  const target = await startSource(t, garbage, { kind: 'cjs' });
  const before = await memoryOf(target.pid);
  assert.equal(before.heaps[0]?.liveBytes, null);
  assert.ok((before.heaps[0]?.usedBytes ?? 0) > 60 * megabyte);
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
  const run = await memwatch([
    'memory',
    String(target.pid),
    '--watch',
    '--rounds',
    '4',
    '--interval',
    '500ms',
    '--json',
  ]);
  assert.equal(run.code, 0, run.stderr);
  const reports = run.stdout.trim().split('\n').map((line) => JSON.parse(line) as MemoryReport); // prettier-ignore
  assert.equal(reports.length, 4);
  const [grown] = (reports.at(-1)?.parts ?? []).toSorted((a, b) => (b.delta ?? 0) - (a.delta ?? 0));
  assert.equal(grown?.owner, 'malloc: large blocks');
  assert.ok((grown?.delta ?? 0) > 8 * megabyte);
  const text = await memwatch(['memory', String(target.pid)]);
  assert.match(text.stdout, /^RSS \d.* of it accounted for: most of it malloc: large blocks/);
  const [table = ''] = text.stdout.split('\n\n').slice(1);
  assert.ok(table.split('\n').every((line) => line.length <= 100));
});

test('threads are counted', async (t) => {
  const threads = await startSource(
    t,
    `const { pbkdf2 } = require('node:crypto');
    let left = 50;
    for (let i = 0; i < 50; i++) pbkdf2('a', 'b', 1, 8, 'sha256', () => --left === 0 && console.log('ready'));
    setInterval(() => {}, 1000);`,
    { kind: 'cjs', env: { UV_THREADPOOL_SIZE: '50' } },
  );
  const { parts } = await memoryOf(threads.pid);
  assert.match(parts.find(({ owner }) => owner === 'thread stacks')?.detail ?? '', /^(5[5-9]|6\d) threads$/);
});

test('a mapped file is distinguished from a library, and from memory of malloc', { skip: !hasPython() }, async (t) => {
  const file = join(temporaryFolder(t), 'mapped.bin');
  writeFileSync(file, '');
  truncateSync(file, 20 * megabyte);
  const program = `
import mmap, sys
f = open(${JSON.stringify(file)}, 'rb'); m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ); n = sum(m[::4096])
print('ready', flush=True); sys.stdin.read()`;
  const child = spawn('python3', ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  await once(child.stdout, 'data');
  const mappings = readMappings(child.pid ?? 0);
  const owners = computeOwners(mappings);
  const rss = mappings.reduce((sum, { rssBytes }, at) => sum + (owners[at] === 'mapped files' ? rssBytes : 0), 0);
  assert.ok(rss >= 20 * megabyte && rss < 25 * megabyte, `${rss}`);
});

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
