import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { attach, withAttachment } from '#memwatch/agent/attach/attach.js';
import { estimateSnapshot } from '#memwatch/captures/estimate.js';
import { captureSnapshot, type SnapshotProgress } from '#memwatch/agent/capture/snapshot.js';
import { makeCgroup } from '../support/cgroups.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { testedMajors } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { startSource, temporaryFolder, type StartedTarget } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const holding = (count: number): string =>
  `class Kept { constructor(i) { this.i = i; } } globalThis.kept = Array.from({ length: ${count} }, (_, i) => new Kept(i));`;
/** Before Node 24, V8 aborts when it counts the objects of a heap that holds such an object. */
const notCountable = `globalThis.fromJson = JSON.parse('{"866":0,"a":0,"b":0,"c":0,"d":0}');`;
const idle = `setInterval(() => {}, 50); console.log('ready')`;
const pidTarget = ({ pid }: StartedTarget, worker?: string) => ({ kind: 'pid', pid, worker }) as const;

interface Snapshot {
  snapshot: { meta: { node_fields: string[] }; node_count: number; edge_count: number };
  nodes: number[];
  strings: string[];
}
/** How many objects of class Kept are in a snapshot. */
const countKept = ({ snapshot, nodes, strings }: Snapshot): number => {
  const width = snapshot.meta.node_fields.length;
  const name = snapshot.meta.node_fields.indexOf('name');
  const type = snapshot.meta.node_fields.indexOf('type');
  const object = 3;
  let count = 0;
  for (let at = 0; at < nodes.length; at += width) {
    if (nodes[at + type] === object && strings[nodes[at + name] ?? -1] === 'Kept') count++;
  }
  return count;
};

for (const node of testedMajors) {
  test(`a snapshot of a Node ${node} is whole, private, and has its scripts beside it`, async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'a.heapsnapshot');
    const target = await startSource(t, `${holding(3000)} ${notCountable} ${idle}`, { node });
    const progress: SnapshotProgress[] = [];
    const captured = await withAttachment(pidTarget(target), {}, async (attachment) => {
      await estimateSnapshot(attachment);
      return captureSnapshot(attachment, file, { onProgress: (step) => progress.push(step) });
    });
    const snapshot = JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
    assert.equal(captured.nodes, snapshot.snapshot.node_count);
    assert.equal(captured.edges, snapshot.snapshot.edge_count);
    assert.equal(captured.bytes, statSync(file).size);
    assert.ok(captured.pauseUs > 1000);
    assert.ok(countKept(snapshot) >= 3000);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(`${file}.scripts.json`).mode & 0o777, 0o600);
    const table = JSON.parse(readFileSync(`${file}.scripts.json`, 'utf8')) as { scripts: { url: string }[] };
    assert.ok(table.scripts.some(({ url }) => url.endsWith('/target.mjs')));
    assert.ok(progress.some((step) => step.phase === 'building' && step.total > 3000));
    assert.deepEqual(readdirSync(folder).toSorted(), ['a.heapsnapshot', 'a.heapsnapshot.scripts.json']);
    await noPortOpen(target.pid);
  });

  test(`a snapshot of a Node ${node} that is busy in an endless loop`, async (t) => {
    const busy = `${holding(3000)} console.log('ready'); setTimeout(() => { for (;;) Math.sqrt(2); }, 50)`;
    const target = await startSource(t, busy, { node });
    await new Promise((go) => setTimeout(go, 150));
    const file = join(temporaryFolder(t), 'busy.heapsnapshot.gz');
    await withAttachment(pidTarget(target), {}, (attachment) => captureSnapshot(attachment, file, { gzip: true }));
    assert.ok(countKept(JSON.parse(gunzipSync(readFileSync(file)).toString()) as Snapshot) >= 3000);
    await noPortOpen(target.pid);
    assert.equal(target.child.exitCode, null);
  });
}

test('a snapshot of a worker thread holds the heap of the worker', async (t) => {
  const inWorker = `${holding(3000)} setInterval(() => {}, 50); require('node:worker_threads').parentPort.postMessage(1)`;
  const program = `import { Worker } from 'node:worker_threads';
    new Worker(${JSON.stringify(inWorker)}, { eval: true, name: 'jobs' }).once('message', () => console.log('ready'));`;
  for (const node of [20, 26] as const) {
    const target = await startSource(t, program, { node });
    const file = join(temporaryFolder(t), 'worker.heapsnapshot');
    await withAttachment(pidTarget(target, 'jobs'), {}, (attachment) => captureSnapshot(attachment, file));
    assert.ok(countKept(JSON.parse(readFileSync(file, 'utf8')) as Snapshot) >= 3000);
    await withAttachment(pidTarget(target), {}, (attachment) => captureSnapshot(attachment, file, { overwrite: true }));
    assert.ok(countKept(JSON.parse(readFileSync(file, 'utf8')) as Snapshot) < 3000);
  }
});

test('a target that is killed while its heap is captured leaves no file', async (t) => {
  const folder = temporaryFolder(t);
  const target = await startSource(t, `${holding(400_000)} ${idle}`, { node: 24 });
  const attachment = await attach(pidTarget(target));
  const onProgress = (): void => void target.child.kill('SIGKILL');
  await assert.rejects(captureSnapshot(attachment, join(folder, 'x.heapsnapshot'), { onProgress }), {
    code: 'disconnected',
    message: new RegExp(`process ${target.pid} ended or cut the connection while its heap was captured`),
  });
  await attachment.detach();
  assert.deepEqual(readdirSync(folder), []);
});

test('a capture that is interrupted leaves no file, and the target lives on', async (t) => {
  const folder = temporaryFolder(t);
  const target = await startSource(t, `${holding(200_000)} ${idle}`, { node: 22 });
  const stop = new AbortController();
  const capture = withAttachment(pidTarget(target), {}, (attachment) =>
    captureSnapshot(attachment, join(folder, 'x.heapsnapshot'), {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    }),
  );
  await assert.rejects(capture, { code: 'interrupted' });
  assert.deepEqual(readdirSync(folder), []);
  await noPortOpen(target.pid);
  assert.equal(target.child.exitCode, null);
});

test('a disk that is full is an error that names the file, and leaves nothing', async (t) => {
  const folder = temporaryFolder(t);
  const target = await startSource(t, idle, { node: 24 });
  const file = join(folder, 'x.heapsnapshot');
  const limited = `ulimit -f 500; exec "$0" "$@"`; // blocks of 512 or 1,024 bytes: less than any snapshot
  assert.throws(
    () =>
      execFileSync(
        'sh',
        ['-c', limited, process.execPath, repository('dist/cli.js'), 'snapshot', String(target.pid), '-o', file],
        {
          stdio: 'pipe',
          encoding: 'utf8',
        },
      ),
    (error: { status: number; stderr: string }) => {
      assert.equal(error.status, 2);
      assert.match(error.stderr, /cannot write .*x\.heapsnapshot/);
      return true;
    },
  );
  assert.deepEqual(readdirSync(folder), []);
  await noPortOpen(target.pid);
});

test('a snapshot for which the cgroup has no room is refused with the figures, unless forced', async (t) => {
  const target = await startSource(t, `${holding(200_000)} ${idle}`, { node: 24 });
  const cgroup = makeCgroup(t, target.pid);
  if (cgroup === undefined) return t.skip('no cgroup may be made here');
  cgroup.setLimit(350 * 2 ** 20);
  const file = join(temporaryFolder(t), 'r.heapsnapshot');
  const refused = await memwatch(['snapshot', String(target.pid), '-o', file]);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /a snapshot of a heap of [\d.]+ MB takes an estimated [\d.]+ MB, at most [\d.]+ MB, of additional memory, and the target's cgroup has [\d.]+ MB left\n.*--force/,
  );
  assert.equal(existsSync(file), false);
  const forced = await memwatch(['snapshot', String(target.pid), '-o', file, '--force']);
  assert.equal(forced.code, 0, forced.stderr);
});

test('memwatch snapshot writes the file that -o names, and says what it cost', async (t) => {
  const target = await startSource(t, `${holding(3000)} ${idle}`, { node: 26 });
  const file = join(temporaryFolder(t), 'b.heapsnapshot');
  const document = await memwatchJson(['snapshot', String(target.pid), '-o', file]);
  assert.deepEqual(Object.keys(document).toSorted(), ['bytes', 'edges', 'file', 'nodes', 'pauseUs', 'schema']);
  assert.equal(document['file'], file);
  assert.equal(document['bytes'], statSync(file).size);
  const run = await memwatch(['snapshot', String(target.pid), '-o', file, '--gzip']);
  assert.equal(run.code, 0);
  assert.match(
    run.stdout,
    /b\.heapsnapshot\.gz: [\d.]+ (KB|MB), [\d,]+ nodes, [\d,]+ edges\nthe target was paused for /,
  );
  assert.ok(existsSync(`${file}.gz`));
});

test('a started program is captured while it runs; if it ends before, the error has its exit code', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'c.heapsnapshot');
  const run = await memwatch(['snapshot', '--after', '0.2', '-o', file, '--', '-e', 'setInterval(() => {}, 50)']);
  assert.equal(run.code, 0);
  assert.ok(existsSync(file));
  const short = await memwatch(['snapshot', '-o', file, '--overwrite', '--', '-e', 'process.exit(4)']);
  assert.equal(short.code, 2);
  assert.match(short.stderr, /ended with exit code 4; the target ended within the first 5 s/);
  await eventually('nothing is left of it', () => !readdirSync(folder).some((name) => name.endsWith('.part')));
});
