/** Ctrl-C and SIGTERM end every command at once, whatever the target does, and leave nothing in the target. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test, type TestContext } from 'node:test';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import { processExists } from '#memwatch/agent/process/proc.js';
import { listeningPorts } from '#memwatch/agent/process/sockets.js';
import { startFakeInspector } from '../support/fake-inspector.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { noTmux, openTerminal } from '../support/tmux.js';
import { startSource, temporaryFolder } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const idle = `setInterval(() => {}, 50); console.log('ready')`;
/** memwatch ends within 2 s; on a busy machine, where it also took long to start and to attach, within more. */
const soonMs = (tookMs: number): number => 2000 + 3 * Math.min(tookMs, 6000);

/** memwatch with these arguments, and its output so far. */
const start = (t: TestContext, args: readonly string[], cwd?: string) => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [repository('dist/cli.js'), ...args], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const startedAt = performance.now();
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (printed.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (printed.stderr += String(chunk)));
  let code: number | string | undefined;
  child.on('close', (exitCode, signal) => (code = exitCode ?? signal ?? -1));
  const endsAfter = async (signal: NodeJS.Signals): Promise<void> => {
    const withinMs = soonMs(performance.now() - startedAt);
    child.kill(signal);
    await eventually(`memwatch ${args.join(' ')} ends after ${signal}`, () => code !== undefined, withinMs);
    assert.equal(code, 130, printed.stderr);
    assert.doesNotMatch(printed.stderr, /\n\s+at |bug in memwatch/);
  };
  return { child, printed, endsAfter };
};

const isAttachedTo = (pid: number) => (): boolean => listeningPorts(pid).some(({ port }) => port !== 9229);

for (const [node, args] of [
  [20, ['attach', '--json', '--interval', '0.2']],
  [22, ['leaks', '--interval', '1s']],
  [24, ['cpu', '--duration', '60s']],
  [26, ['alloc', '--duration', '60s']],
  [20, ['census', '--watch', '--interval', '1s']],
  [22, ['snapshot', '--after', '60']],
] as const) {
  test(`a target on Node ${node} that stands still does not keep memwatch ${args[0]}, and undoes all when it runs on`, async (t) => {
    const target = await startSource(t, idle, { node });
    const run = start(t, [args[0], String(target.pid), ...args.slice(1)]);
    await eventually('it is attached to', isAttachedTo(target.pid), 60_000);
    await new Promise((go) => setTimeout(go, 1000));
    target.child.kill('SIGSTOP');
    await run.endsAfter(args[0] === 'leaks' ? 'SIGTERM' : 'SIGINT');
    assert.match(
      run.printed.stderr,
      new RegExp(`process ${target.pid} did not answer .*, so memwatch detached\\n {2}when it runs again, it undoes`),
    );
    target.child.kill('SIGCONT');
    await noPortOpen(target.pid);
    assert.equal(target.child.exitCode, null);
  });
}

test('an inspector that accepts and never answers does not delay memwatch, neither over HTTP nor as a WebSocket', async (t) => {
  let came = 0;
  const comes = (): void => void came++;
  const [mute, noHandshake, noAnswer] = await Promise.all([
    startFakeInspector(t, { list: comes }),
    startFakeInspector(t, { upgrade: comes }),
    startFakeInspector(t, { frame: comes }),
  ]);
  for (const [target, args] of [
    [mute.address, ['attach', '--plain']],
    [noHandshake.address, ['snapshot']],
    [noHandshake.url, ['cpu']],
    [noAnswer.url, ['leaks']],
  ] as const) {
    const before = came;
    const run = start(t, [args[0], target, ...args.slice(1)]);
    await eventually('memwatch has come', () => came > before, 60_000);
    await run.endsAfter('SIGTERM');
    assert.match(run.printed.stderr, /^memwatch: interrupted.*\n/m);
  }
});

test('Ctrl-C in alloc gives what was sampled, and says that memwatch was interrupted', async (t) => {
  const target = await startSource(t, idle, { node: 24 });
  const run = start(t, ['alloc', String(target.pid), '-d', '60s']);
  await eventually('it is attached to', isAttachedTo(target.pid), 60_000);
  await new Promise((go) => setTimeout(go, 1000));
  await run.endsAfter('SIGINT');
  assert.match(run.printed.stdout, /stays alive was not measured: memwatch was interrupted before the second phase\n/);
  assert.doesNotMatch(run.printed.stdout + run.printed.stderr, /ended|cleanup/);
  await noPortOpen(target.pid);
});

const heapModule = JSON.stringify(pathToFileURL(repository('dist/analyzer/heap/heap.js')).href);
const compute = `console.error('computes'); for (;;);`;
/** Code that makes a step of a command endless, and the command. */
const endless: readonly (readonly [code: string, ...words: string[]])[] = [
  [
    `const { Heap } = await import(${heapModule}); Heap.prototype.prepare = () => { ${compute} };`,
    'heap',
    repository('test/fixtures/snapshots/node-24.heapsnapshot.gz'),
  ],
  [
    `const { default: fs, readdirSync } = await import('node:fs'); const { syncBuiltinESMExports } = await import('node:module');
    fs.readdirSync = (path, ...more) => { if (path === '/proc') { ${compute} } return readdirSync(path, ...more); };
    syncBuiltinESMExports();`,
    'ps',
  ],
];

for (const [code, ...words] of endless) {
  test(`a long computation does not keep memwatch ${words[0]} after Ctrl-C`, async (t) => {
    const preload = `data:text/javascript,${encodeURIComponent(code)}`;
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = ['--import', preload, repository('dist/cli.js'), ...words];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    t.after(() => child.kill('SIGKILL'));
    let printed = '';
    child.stderr.on('data', (chunk) => (printed += String(chunk)));
    await eventually('it computes', () => printed.includes('computes'), 30_000);
    child.kill('SIGINT');
    await eventually('it has ended', () => child.signalCode === 'SIGINT');
  });
}

test('Ctrl-C while memwatch still loads its command ends it at once', async () => {
  const early = `process.on('newListener', (name) => name === 'SIGHUP' && setImmediate(() => process.emit('SIGINT')));`;
  const run = await memwatch(['ps'], {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(early)}` },
  });
  assert.deepEqual([run.code, run.stdout, run.stderr], [130, '', 'memwatch: interrupted\n']);
});

test('a search for leaks says what it has learned till then, also where its load ignores the signal', async (t) => {
  const leak = `const kept = []; setInterval(() => { for (let i = 0; i < 100; i++) kept.push({ i }); }, 20); console.log('ready')`;
  const target = await startSource(t, leak, { node: 22 });
  const load = `trap '' TERM; echo $$ >> shells; i=0; while [ $i -lt 4 ]; do sleep 0.1; i=$((i+1)); done; [ -e stop ] && touch stuck && sleep 60`;
  const cwd = temporaryFolder(t);
  const run = start(t, ['leaks', String(target.pid), '--json', '--warm-up', '0', '--load', `${load}; true`], cwd);
  const list = join(cwd, 'shells');
  const shells = (): number[] => (existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n').map(Number) : []);
  await eventually('its objects have been counted three times', () => shells().length >= 3, 60_000);
  writeFileSync(join(cwd, 'stop'), '');
  await eventually('its load is stuck', () => existsSync(join(cwd, 'stuck')), 60_000);
  await run.endsAfter('SIGINT');
  assert.notEqual(run.printed.stdout, '', run.printed.stderr);
  const report = JSON.parse(run.printed.stdout) as LeakReport;
  assert.equal(report.verdict, 'inconclusive');
  assert.match(report.reasons.join(), /it was interrupted before growth was proved; so far Array of [\d,]+ Object/);
  assert.ok((report.bounds ?? []).length > 0);
  await eventually('its load has ended', () => !shells().some(processExists));
  await noPortOpen(target.pid);
  assert.equal(target.child.exitCode, null);
});

test('a search for leaks in a blocked loop says that it is blocked, and which command shows what', async (t) => {
  const target = await startSource(t, `console.log('ready'); setTimeout(() => { for (;;); }, 200)`, { node: 24 });
  const interrupted = start(t, ['leaks', String(target.pid)]);
  await eventually('it is attached to', isAttachedTo(target.pid), 60_000);
  await interrupted.endsAfter('SIGINT');
  await noPortOpen(target.pid);
  const run = await memwatch(['leaks', String(target.pid)]);
  assert.equal(run.code, 2);
  const says = `memwatch: process ${target.pid} is blocked: its event loop has not run for 10 s\n  run memwatch cpu ${target.pid} to see what blocks it\n`;
  assert.ok(run.stderr.endsWith(says), run.stderr);
});

test(
  'the terminal UI on a target that stands still ends by q, and undoes all when it runs on',
  { skip: noTmux },
  async (t) => {
    const target = await startSource(t, idle, { node: 22 });
    const terminal = openTerminal(t, { columns: 100, rows: 30 });
    terminal.keys(`${process.execPath} ${repository('dist/cli.js')} attach ${target.pid}; echo ended $?`, 'Enter');
    await terminal.until(/heap/i);
    await eventually('it is attached to', isAttachedTo(target.pid), 60_000);
    target.child.kill('SIGSTOP');
    terminal.keys('q');
    assert.match(await terminal.until(/ended \d+/), /did not answer .* so memwatch detached/);
    target.child.kill('SIGCONT');
    await noPortOpen(target.pid);
  },
);

test('memwatch refuses its own inspector, which NODE_OPTIONS opens', async (t) => {
  const target = await startSource(t, idle, { flags: ['--inspect=127.0.0.1:0'] });
  const port = listeningPorts(target.pid)[0]?.port;
  await new Promise((resolve) => target.child.once('exit', resolve).kill('SIGKILL'));
  for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]']) {
    const run = await memwatch(['census', `${host}:${port}`], { env: { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` } });
    assert.equal(run.code, 2);
    assert.match(run.stderr, /is the inspector of this memwatch itself\n {2}is --inspect in NODE_OPTIONS/);
  }
});

test('a program that memwatch started ends with it, also one that is stuck', async (t) => {
  const script = join(temporaryFolder(t), 'stuck.mjs');
  writeFileSync(script, `console.log('pid', process.pid); setTimeout(() => { for (;;); }, 100);`);
  const run = start(t, ['cpu', '--', script]);
  await eventually('it runs', () => /pid \d+/.test(run.printed.stdout));
  const pid = Number(/pid (\d+)/.exec(run.printed.stdout)?.[1]);
  await run.endsAfter('SIGTERM');
  assert.equal(processExists(pid), false);
});
