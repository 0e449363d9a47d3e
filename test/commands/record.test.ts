/** `memwatch record`, `mark` and `plot` on real processes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRecording } from '#memwatch/analyzer/formats/documents/recording.js';
import { processExists } from '#memwatch/agent/process/proc.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { startProcess, startSource, temporaryFolder } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const source = `const { Worker } = require('node:worker_threads');
new Worker('setInterval(() => {}, 1000)', { eval: true }).on('online', () => console.log('ready'));`;

test('a process and its worker are recorded with a mark; a killed memwatch leaves a file that reads', async (t) => {
  const target = await startSource(t, source, { kind: 'cjs' });
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'memwatch-captures'), 'in the way');
  const refused = await memwatch(['record', String(target.pid)], { cwd: folder });
  assert.deepEqual([refused.code, /memwatch-captures/.test(refused.stderr)], [2, true], refused.stderr);
  await noPortOpen(target.pid);
  const file = join(folder, 'a.record');
  const args = [repository('dist/cli.js'), 'record', String(target.pid), '-o', file, '--interval', '200ms'];
  const env = { TMPDIR: folder };
  const recorder = await startProcess(t, process.execPath, args, { ready: null, env });
  await eventually('two threads are read', () => existsSync(file) && read(file).series.length === 2, 20_000);
  const hostile = '\u001b[31m</script>"\n deploy';
  const marked = await memwatch(['mark', hostile], { env });
  assert.equal(marked.code, 0, marked.stderr);
  await eventually('the mark is there', () => read(file).marks.some(({ text }) => text === hostile));
  recorder.child.kill('SIGKILL');
  await recorder.exited;
  assert.equal((await memwatch(['mark', 'late'], { env })).code, 2);
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"kind":"reading","ser`);
  const recording = read(file);
  assert.ok(recording.cutOff && recording.series.every(({ readings, end }) => readings.length > 0 && end === null));
  const plot = await memwatch(['plot', file]);
  assert.match(plot.stdout, /peak RSS/);
  assert.ok(!plot.stdout.includes('\u001b') && plot.stdout.split('\n').every((line) => line.length <= 110));
  await noPortOpen(target.pid);
});

test('a program that memwatch starts is recorded to its end with its children, and the file is compressed', async (t) => {
  const folder = temporaryFolder(t);
  const [script, child] = [join(folder, 'program.cjs'), join(folder, 'child.cjs')];
  const [go, pids] = [join(folder, 'go'), join(folder, 'pids')];
  writeFileSync(child, `require('node:fs').appendFileSync(${JSON.stringify(pids)}, process.pid + ' '); setInterval(() => {}, 1000)`); // prettier-ignore
  // one is started directly, and one by a shell, as npm does it
  writeFileSync(script, `
const { spawn } = require('node:child_process');
const direct = spawn(process.execPath, [${JSON.stringify(child)}]);
spawn('/bin/sh', ['-c', '"$1" "$2"; true', 'sh', process.execPath, ${JSON.stringify(child)}]);
const looking = setInterval(() => {
  if (!require('node:fs').existsSync(${JSON.stringify(go)})) return;
  clearInterval(looking);
  for (const pid of require('node:fs').readFileSync(${JSON.stringify(pids)}, 'utf8').trim().split(' ')) process.kill(Number(pid));
  setTimeout(() => process.exit(3), 300);
}, 200)`); // prettier-ignore
  const file = join(folder, 'b.record');
  const page = join(folder, 'b.html');
  const running = memwatch(['record', '--children', '-o', file, '--html', page, '--interval', '200ms', '--', script], {
    timeoutMs: 60_000,
  });
  const isRead = (): boolean => read(file).series.filter(({ readings }) => readings.length > 1).length === 3;
  await eventually('three processes are read', () => existsSync(file) && isRead(), 40_000);
  writeFileSync(go, '');
  const run = await running;
  assert.equal(run.code, 3, run.stderr);
  assert.equal(readFileSync(file)[0], 0x1f);
  assert.match(readFileSync(page, 'utf8'), /<h1>[^<]{10,}<\/h1>[^]*of b\.record/);
  const { series } = read(file);
  const endOf = (part: string): (string | undefined)[] =>
    series.filter(({ start }) => start.script.endsWith(part)).map(({ end }) => end?.how);
  assert.deepEqual(endOf('program.cjs'), ['it ended with exit code 3']);
  assert.equal(endOf('child.cjs').length, 2);
  assert.ok(endOf('child.cjs').every((how) => how !== undefined && how !== 'the recording was stopped'), String(endOf('child.cjs'))); // prettier-ignore
});

const read = (file: string) => readRecording(readFileSync(file), file);

test('a program that is blocked before its first turn: memwatch says that it gives no reading, and ends it', async (t) => {
  const folder = temporaryFolder(t);
  const script = join(folder, 'blocked.cjs');
  execFileSync('mkfifo', [join(folder, 'pipe')]); // nobody writes to it
  writeFileSync(script, `require('node:fs').readFileSync('pipe')`);
  const run = await memwatch(['record', '-d', '1s', '--', script], { cwd: folder, timeoutMs: 120_000 });
  assert.match(run.stderr, /process \d+ gave no reading: its main thread is blocked/);
  assert.doesNotMatch(run.stderr, /\n {4}at /);
  const pid = Number(/process (\d+) gave/.exec(run.stderr)?.[1]);
  assert.equal(processExists(pid), false);
});
