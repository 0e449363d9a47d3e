/** The commands through ps and lsof, forced on Linux: what works with an open inspector, and what is said without one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { procSource } from '#memwatch/agent/process/from-proc.js';
import { isInstalled } from '../support/installed.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { sessionKeeper, startSource, temporaryFolder, type StartedTarget } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

const skip = isInstalled('ps') && isInstalled('lsof') ? false : 'there is no ps or no lsof';
const env = { MEMWATCH_PROCESSES: 'ps' };
const open = { flags: ['--inspect=127.0.0.1:0'], ready: /ready/ };

const withWorker = `
import { Worker } from 'node:worker_threads';
${sessionKeeper.replace(/console\.log\(.*$/m, '')}
new Worker('setInterval(() => {}, 100)', { eval: true }).on('online', () => console.log('ready'));`;

/** Each output must show that the command has looked into the target. */
const commands: readonly (readonly [args: string, shows: RegExp])[] = [
  ['census PID', /count +class[^$]*Array/],
  ['cpu PID/1 --duration 300ms', /worker 1: /],
  ['memory PID', /RSS [^$]*V8 heap +2 heaps/],
  ['attach PID --plain --count 1', /HEAP USED[^$]*MB/],
  ['top PID --count 1 --interval 300ms', /worker 1: /],
  ['dump PID', /main thread: [^$]*worker 1: /],
  ['snapshot PID -o FOLDER/a.heapsnapshot', /nodes, .* edges/],
  ['record PID --duration 1s -o FOLDER/a.record', /a\.record: /],
  ['leaks PID --light --interval 500ms --max-time 20s', /LEAK[^$]*sessions|LEAK[^$]*Map/],
  ['detach PID', /not opened by memwatch: left open/],
  ['census -- FOLDER/own.mjs', /count +class/],
];

test('the commands work without /proc on a process whose inspector is open', { skip }, async (t) => {
  const target = await startSource(t, withWorker, { ...open, node: 24 });
  const folder = temporaryFolder(t);
  execFileSync('sh', ['-c', `echo 'setTimeout(() => {}, 60000)' > ${folder}/own.mjs`]);
  for (const [line, shows] of commands) {
    const args = line.replaceAll('PID', String(target.pid)).replaceAll('FOLDER', folder).split(' ');
    const { stdout, stderr } = await memwatch(args, { env });
    assert.match(stdout, shows, `${line}\n${stdout}\n${stderr}`);
  }
  assert.equal(target.child.exitCode, null);
});

test('without /proc, ps says that attach asks first, and --all names what it leaves out', { skip }, async (t) => {
  const [closed, opened] = [await startSource(t, sessionKeeper), await startSource(t, sessionKeeper, open)];
  const { processes } = (await memwatchJson(['ps'], { env })) as { processes: { pid: number; asksFirst: boolean }[] };
  const asks = (pid: number): boolean | undefined => processes.find((one) => one.pid === pid)?.asksFirst;
  await eventually('it has started', () => (procSource.readProcess(closed.pid)?.uptimeSeconds ?? 0) > 4);
  const { stdout } = await memwatch(['ps'], { env });
  assert.match(stdout, new RegExp(`^ *${closed.pid} .* asks first `, 'm'));
  assert.match(stdout, /\nasks first: this system does not say which signals a process catches/);
  assert.deepEqual([asks(closed.pid), asks(opened.pid)], [asks(closed.pid), false]);

  const list = `const { allTargets } = await import('${repository('dist/commands/choose-target.js')}');
    const left = [];
    console.log(JSON.stringify({ all: allTargets((pid) => left.push(pid)).map(({ pid }) => pid), left }));`;
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', list], { env: { ...process.env, ...env } });
  const { all, left } = JSON.parse(String(text)) as { all: number[]; left: number[] };
  assert.ok(all.includes(opened.pid) && !all.includes(closed.pid), `all: ${all.join()}`);
  assert.ok(left.includes(closed.pid) && !left.includes(opened.pid), `left out: ${left.join()}`);
});

test(
  'without /proc, detach guesses nothing about a process that has no inspector, and leaves none of its own',
  { skip },
  async (t) => {
    const target = await startSource(t, sessionKeeper);
    const { code, stdout } = await memwatch(['detach', String(target.pid)], { env });
    assert.equal(code, 0);
    assert.match(
      stdout,
      /once it is free \((the system does not say what it waits for|its main thread is busy)\); memwatch detach \d+ closes it then/,
    );
    const waiting = procSource
      .readProcesses()
      .filter(({ command }) => command.join(' ').includes(`close-later-worker.js ${target.pid} `));
    assert.deepEqual(
      waiting.map(({ command }) => command.join(' ')),
      [],
    );
  },
);

test('without /proc, a call that waits is not said to run', { skip }, async (t) => {
  const source = `
    const stuck = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    setTimeout(stuck, 10);
    console.log('ready');`;
  const target = await startSource(t, source, open);
  const { stdout } = await memwatch(['dump', String(target.pid)], { env });
  assert.match(stdout, /main thread: running, or waiting in this call: the system does not say which[^$]*stuck/);
});

test('without /proc, record takes the children whose inspectors are open', { skip }, async (t) => {
  const source = `
    import { spawn } from 'node:child_process';
    const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', '-e', 'setInterval(() => {}, 100)'], { stdio: 'ignore' });
    process.on('exit', () => child.kill());
    console.log('child ' + child.pid, 'ready');`;
  const target = await startSource(t, source, open);
  assert.ok(await recordsChild(t, target));
});

const recordsChild = async (t: TestContext, target: StartedTarget): Promise<boolean> => {
  const child = /child (\d+)/.exec(target.output())?.[1] ?? '';
  t.after(() => process.kill(Number(child)));
  await eventually('its inspector is open', () => procSource.listeningPorts(Number(child)).length === 1);
  const file = join(temporaryFolder(t), 'a.record');
  await memwatch(['record', String(target.pid), '--children', '--duration', '10s', '-o', file], { env });
  const { stdout } = await memwatch(['plot', file, '--json']);
  return stdout.includes(`"pid": ${child}`) || stdout.includes(`"pid":${child}`);
};
