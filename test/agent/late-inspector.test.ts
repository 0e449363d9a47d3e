/** A process that opens its inspector only after memwatch has given up, or was killed, is not left with it. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { attach } from '#memwatch/agent/attach/attach.js';
import { clusterWorkersOf } from '#memwatch/agent/attach/cluster.js';
import { processIds, readProcess } from '#memwatch/agent/process/proc.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { testedMajors, type NodeMajor } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { freePort, printedLine, startSource, temporaryFolder, type StartedTarget } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

/** Each keeps the main thread from its event loop until a file of that name is there. */
const ways = {
  idle: '() => {}',
  busy: 'file => { while (!existsSync(file)); }',
  atomics: 'file => { while (!existsSync(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); }',
  execSync: `file => require('node:child_process').execSync('while [ ! -e ' + file + ' ] && kill -0 $PPID; do sleep 0.1; done')`,
};
type Way = keyof typeof ways;

interface Blocked {
  readonly target: StartedTarget;
  block(way: Way): Promise<void>;
  /** Ends the block. */
  go(way: Way): void;
}

/** Prints every 20 ms whether its inspector is open, unless it is blocked. */
const startBlocked = async (t: TestContext, node: NodeMajor, before = ''): Promise<Blocked> => {
  const folder = temporaryFolder(t);
  const source = `
    const inspector = require('node:inspector');
    const { existsSync } = require('node:fs');
    const ways = { ${Object.entries(ways).map(([name, work]) => `${name}: ${work}`)} };
    ${before}
    process.stdin.on('data', (way) => {
      console.log('blocked by', String(way));
      ways[way](${JSON.stringify(folder)} + '/' + way);
    });
    console.log('ready');
    setInterval(() => console.log(inspector.url() === undefined ? 'closed' : 'open'), 20);`;
  // a port of its own: until it is closed, no other test could use 9229
  const flags = [`--inspect-port=${await freePort()}`];
  const target = await startSource(t, source, { node, kind: 'cjs', flags, stdin: 'pipe' });
  const block = async (way: Way): Promise<void> => {
    target.child.stdin?.write(way);
    await printedLine(target, new RegExp(`blocked by ${way}`));
  };
  return { target, block, go: (way) => writeFileSync(join(folder, way), '') };
};

/** The processes that memwatch leaves: shells that still wait for it, and what they become. */
const closersOf = (pid: number): number[] =>
  processIds().filter((id) => {
    const command = readProcess(id)?.command ?? [];
    return command.at(-3)?.endsWith('/close-later-worker.js') === true && command.at(-2) === String(pid);
  });

const noCloser = (pid: number): Promise<void> =>
  eventually(`no process of memwatch waits for ${pid}`, () => closersOf(pid).length === 0, 60_000);

const timesOpened = (target: StartedTarget): number => target.output().split('Debugger listening on').length - 1;

/** A memwatch that attaches, and is killed at the moment when its signal has gone out. */
const killedAfterSignal = async (pid: number): Promise<void> => {
  const source = `
    const kill = process.kill.bind(process);
    process.kill = (...args) => { kill(...args); kill(process.pid, 'SIGKILL'); };
    const { attach } = await import(${JSON.stringify(repository('dist/agent/attach/attach.js'))});
    await attach({ kind: 'pid', pid: ${pid}, worker: undefined });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: 'ignore' });
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
};

for (const node of testedMajors) {
  test(`memwatch killed after its signal leaves no inspector open in Node ${node}, however that is blocked`, async (t) => {
    const { target, block, go } = await startBlocked(t, node);
    for (const [at, way] of (Object.keys(ways) as Way[]).entries()) {
      await block(way);
      await killedAfterSignal(target.pid);
      go(way);
      await eventually(`${way}: it opened`, () => timesOpened(target) > at, 60_000);
      await noCloser(target.pid);
      await noPortOpen(target.pid);
    }
    assert.equal(target.child.exitCode, null);
  });
}

test('memwatch detach says that a blocked process may open an inspector, and leaves what closes it', async (t) => {
  const { target, block, go } = await startBlocked(t, 22);
  await block('execSync');
  await killedAfterSignal(target.pid);
  await eventually('one waits', () => closersOf(target.pid).length === 1);
  process.kill(closersOf(target.pid)[0] ?? -1, 'SIGKILL');
  const { code, stdout } = await memwatch(['detach', String(target.pid)]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^process \d+ has no open inspector now\. If it was asked for one, .* a small memwatch process waits up to/,
  );
  const again = await memwatchJson(['detach', String(target.pid)]);
  assert.deepEqual([again['closed'], again['mayOpenLater']], [false, true]);
  await eventually('one waits, not two', () => closersOf(target.pid).length === 1);
  target.child.kill('SIGSTOP');
  go('execSync');
  target.child.kill('SIGCONT');
  await eventually('it opened', () => timesOpened(target) === 1, 30_000);
  await noCloser(target.pid);
  await noPortOpen(target.pid);
  const after = await memwatch(['detach', String(target.pid)]);
  assert.deepEqual([after.stdout, closersOf(target.pid)], [`process ${target.pid} has no open inspector\n`, []]);
});

test('memwatch killed while a cluster primary is blocked leaves no inspector open in the primary or its workers', async (t) => {
  const before = `
    const cluster = require('node:cluster');
    if (cluster.isWorker) return void setInterval(() => {}, 1000);
    cluster.fork();
    cluster.fork();`;
  const { target, block, go } = await startBlocked(t, 24, before);
  await block('execSync');
  const words = [repository('dist/cli.js'), 'attach', String(target.pid), '--json'];
  const start = (): ChildProcess => spawn(process.execPath, words, { stdio: 'ignore' });
  let child = start();
  await eventually(
    'it has asked the primary',
    () => {
      if (child.exitCode !== null) child = start(); // another test's target had the port
      return closersOf(target.pid).length > 0;
    },
    60_000,
  );
  child.kill('SIGKILL');
  const tree = [target.pid, ...clusterWorkersOf(target.pid).map(({ pid }) => pid)];
  assert.equal(tree.length, 3);
  go('execSync');
  await printedLine(target, /open\n/);
  await noCloser(target.pid);
  for (const pid of tree) await noPortOpen(pid);
});

test(`an inspector that opens when memwatch has given up is closed by what memwatch leaves`, async (t) => {
  const { target, block, go } = await startBlocked(t, 20);
  await block('execSync');
  const { warnings } = (await memwatchJson(['dump', String(target.pid)])) as { warnings?: string[] };
  assert.match(String(warnings), /if it opens one later, a small memwatch process waits up to/);
  assert.equal(closersOf(target.pid).length, 1);
  go('execSync');
  await printedLine(target, /open[\s\S]*?(closed\n){3}/); // Node's own messages may stand between
  await noPortOpen(target.pid);
  await noCloser(target.pid);
  assert.equal(target.child.exitCode, null);
});

test('Ctrl-C while a process does not open its inspector leaves one who closes it, and who ends with that process', async (t) => {
  const { target, block } = await startBlocked(t, 26);
  await block('execSync');
  const controlC = new AbortController();
  const onProgress = (text: string): void => {
    if (text.includes('to open its inspector')) controlC.abort();
  };
  for (let i = 0; i < 2; i++) {
    const options = { signal: i === 0 ? controlC.signal : AbortSignal.timeout(3000), onProgress };
    await assert.rejects(attach({ kind: 'pid', pid: target.pid, worker: undefined }, options), { code: 'interrupted' });
  }
  await eventually('one waits', () => closersOf(target.pid).length === 1);
  target.child.kill('SIGKILL');
  await noCloser(target.pid);
});
