/** `memwatch leaks` on processes that grow beside the heap, do nothing, or are left before anything is known. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import { memwatchJson } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { startSource } from '../support/targets.js';

const leaks = async (pid: number | undefined, ...options: readonly string[]): Promise<LeakReport> =>
  (await memwatchJson(['leaks', String(pid), ...options], {
    timeoutMs: 280_000,
  })) as unknown as LeakReport;

test('an idle server is not called clean, and the report says what was looked at', async (t) => {
  const source = `
    import http from 'node:http';
    const server = http.createServer((request, response) => response.end('ok'));
    server.listen(0, '127.0.0.1', () => console.log('ready'));`;
  const report = await leaks((await startSource(t, source)).pid, '--interval', '500ms', '--max-time', '60s');
  assert.equal(report.verdict, 'inconclusive', report.reasons.join('\n'));
  assert.match(report.reasons[0] ?? '', /hardly any work.*--load/);
  for (const what of ['JavaScript heap', 'file descriptors', 'threads', 'child processes', 'native memory'])
    assert.ok(report.looked.includes(what), `${what} is in ${report.looked.join(', ')}`);
  assert.ok(report.notLooked.some(({ what }) => what.startsWith('work that occurs less often')));
  const heap = report.bounds.find(({ of }) => of === 'JavaScript heap');
  assert.ok(heap?.perSecond.high != null && heap.perSecond.high > 0);
});

test(
  'files that are opened and never closed are a leak, by the path that repeats',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const source = `
    import fs from 'node:fs'; let opened = 0;
    setInterval(() => { fs.openSync('/proc/self/task/' + process.pid + '/stat' + (opened++ % 2 ? 'us' : '')); }, 50);
    console.log('ready');`;
    const report = await leaks((await startSource(t, source)).pid, '--interval', '2s');
    assert.equal(report.verdict, 'leak', report.reasons.join('\n'));
    const files = report.findings.find(({ signature }) => signature === 'native: file descriptors');
    assert.match(files?.title ?? '', /file \/proc\/#\/task\/#\/stat/);
    const bound = report.bounds.find(({ of }) => of === 'file descriptors');
    assert.ok((bound?.perSecond.low ?? 0) > 0 || (files?.countPerRound ?? 0) > 0);
  },
);

test('a worker whose heap grows is named and searched', async (t) => {
  const source = `
    import { Worker } from 'node:worker_threads';
    new Worker("const rows = new Map(); let id = 0; setInterval(() => { for (let i = 0; i < 40; i++) rows.set(id++, { row: [id, id] }); }, 20);", { eval: true });
    setInterval(() => JSON.stringify(process.versions), 20);
    console.log('ready');`;
  const report = await leaks((await startSource(t, source)).pid, '--interval', '1s');
  assert.equal(report.verdict, 'leak', report.reasons.join('\n'));
  assert.match(report.findings[0]?.title ?? '', /^in \[worker 1\].*Map/);
  assert.deepEqual(report.threads, [{ worker: '1', verdict: 'leak' }]);
});

test('a worker that waits in Atomics.wait between its jobs is searched, although its event loop never turns', async (t) => {
  const worker = `const rows = new Map(); const gate = new Int32Array(new SharedArrayBuffer(4)); let id = 0;
    for (;;) { Atomics.wait(gate, 0, 0, 20); for (let i = 0; i < 40; i++) rows.set(id++, { row: [id, id] }); }`;
  const source = `
    import { Worker } from 'node:worker_threads';
    new Worker(${JSON.stringify(worker)}, { eval: true });
    setInterval(() => {}, 1000); console.log('ready');`;
  const { pid } = await startSource(t, source);
  const report = (await memwatchJson(['leaks', `${pid}/1`, '--interval', '1s', '--warm-up', '0'], {
    timeoutMs: 280_000,
  })) as unknown as LeakReport;
  assert.equal(report.verdict, 'leak', report.reasons.join('\n'));
  assert.match(report.findings[0]?.title ?? '', /^Map rows/);
});

test('of a target that ends during the search, what was seen to rise is said, and how to look with shorter pauses', async (t) => {
  const target = await startSource(
    t,
    `const kept = []; setInterval(() => { for (let i = 0; i < 50; i++) kept.push({ i }); }, 20); console.log('ready');`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = [repository('dist/cli.js'), 'leaks', String(target.pid), '--interval', '1s'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
    if (said.includes('proving it')) target.child.kill('SIGKILL');
  });
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(60_000) })) as [number];
  assert.equal(code, 2);
  assert.match(said, /process \d+ (has|was) .*before that, it looked like a leak: .* a round\n.*--max-pause 1s/);
});

test('Ctrl-C reports what is known by then, and exits with 130', async (t) => {
  const source = `
    const kept = []; setInterval(() => kept.push({ some: 'thing' }), 20); console.log('ready');`;
  const target = await startSource(t, source);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = [
    repository('dist/cli.js'),
    'leaks',
    String(target.pid),
    '--interval',
    '60s',
    '--warm-up',
    '0',
    '--json',
  ];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let out = '';
  let said = '';
  child.stderr.on('data', (chunk) => {
    const isFirst = !said.includes('what grows');
    said += String(chunk);
    if (isFirst && said.includes('what grows')) child.kill('SIGINT'); // there is a first reading
  });
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(60_000) })) as [number];
  assert.equal(code, 130);
  const report = JSON.parse(out) as LeakReport;
  assert.equal(report.verdict, 'inconclusive');
  assert.match(report.reasons[0] ?? '', /^it was interrupted/);
});
