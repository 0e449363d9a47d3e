import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { findInspector } from '#memwatch/agent/attach/inspector.js';
import { namesIn, readText } from '#memwatch/agent/process/proc.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { startSource, temporaryFolder } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const idle = `setInterval(() => {}, 50); console.log('ready')`;

/** Logs objects at the first event, and prints at each later one how many of them are still alive. */
const loggerOn = (event: string): string => `const logged = [];
  ${event}, () => {
    if (logged.length > 0) {
      gc();
      return console.log('kept', logged.filter((one) => one.deref() !== undefined).length);
    }
    for (let i = 0; i < 300; i++) logged.push(new WeakRef({ i }));
    for (const one of logged) console.debug('request', one.deref());
    console.log('all are logged');
  });`;

/** Another process that runs `memwatch attach <pid>`; resolves once it prints readings. */
const startMemwatch = async (t: TestContext, pid: number) => {
  const child = spawn(
    process.execPath,
    [repository('dist/cli.js'), 'attach', String(pid), '--json', '--interval', '0.2'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += String(chunk)));
  const exited = new Promise<number | string>((done) => child.on('exit', (code, signal) => done(code ?? signal ?? -1)));
  await eventually('memwatch prints a reading', () => printed.includes('memwatch/reading@1'), 60_000);
  return { child, exited };
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`memwatch that gets ${signal} leaves the target as it was`, async (t) => {
    const target = await startSource(t, `${loggerOn("process.on('SIGUSR2'")} ${idle}`, {
      node: 24,
      flags: ['--expose-gc'],
    });
    const { child, exited } = await startMemwatch(t, target.pid);
    target.child.kill('SIGUSR2');
    await eventually('it has logged', () => target.output().includes('all are logged'));
    child.kill(signal);
    assert.equal(await exited, 130);
    await noPortOpen(target.pid);
    target.child.kill('SIGUSR2');
    await eventually('it has counted', () => target.output().includes('kept'));
    assert.match(target.output(), /^kept 0$/m, 'V8 keeps what was logged');
    assert.equal(target.child.exitCode, null);
  });
}

test('what a worker logs is forgotten while memwatch is attached', async (t) => {
  const inWorker = loggerOn(`require('node:worker_threads').parentPort.on('message'`);
  const source = `const { Worker } = require('node:worker_threads');
    const worker = new Worker(${JSON.stringify(inWorker)}, { eval: true });
    process.on('SIGUSR2', () => worker.postMessage('')); worker.on('online', () => console.log('ready'))`;
  const target = await startSource(t, source, { node: 26, kind: 'cjs', flags: ['--expose-gc', '--inspect-port=0'] });
  await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, async ({ workers }) => {
    assert.equal((await workers()).length, 1);
    target.child.kill('SIGUSR2');
    await eventually('it has logged', () => target.output().includes('all are logged'));
    await eventually('V8 has forgotten it', () => {
      target.child.kill('SIGUSR2');
      return /^kept 0$/m.test(target.output());
    });
  });
});

test('after memwatch was killed, the target itself takes everything away, in its workers as well', async (t) => {
  const source = `const { Worker } = require('node:worker_threads');
    new Worker('setInterval(() => {}, 50)', { eval: true }).on('online', () => console.log('ready'))`;
  const target = await startSource(t, source, { node: 22, kind: 'cjs' });
  const args = [repository('dist/cli.js'), 'cpu', String(target.pid), '--threads', 'all', '-d', '60s'];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  await eventually('both threads are profiled', () => profilersOf(target.pid) === 2, 60_000);
  child.kill('SIGKILL');
  await eventually('the profilers are stopped', () => profilersOf(target.pid) === 0, 30_000);
  await eventually(
    'the target closes its inspector',
    async () => (await findInspector(target.pid)) === undefined,
    30_000,
  );
  assert.equal(target.child.exitCode, null);
});

/** V8 takes a thread for each profile. */
const profilersOf = (pid: number): number =>
  namesIn(`/proc/${pid}/task`).filter((thread) => readText(`/proc/${pid}/task/${thread}/comm`).includes('ProfEvntProc'))
    .length;

test('a target in which nothing moves takes everything away, too', async (t) => {
  const target = await startSource(t, `require('node:net').createServer().listen(0, () => console.log('ready'))`, {
    node: 26,
    kind: 'cjs',
  });
  const { child, exited } = await startMemwatch(t, target.pid);
  child.kill('SIGKILL');
  await exited;
  await eventually('it closes its inspector', async () => (await findInspector(target.pid)) === undefined, 20_000);
  assert.equal(target.child.exitCode, null);
});

test('no timer is touched while a command interrupts the program', async (t) => {
  const source = `
    const timers = require('node:timers');
    let busy = false;
    for (const name of ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'setImmediate']) {
      const own = timers[name];
      timers[name] = (...args) => { console.log(name, busy ? 'in an interrupt' : 'between'); return own(...args); };
    }
    const work = () => { busy = true; for (const end = Date.now() + 300; Date.now() < end;); busy = false; setImmediate(work); };
    work();
    console.log('ready');`;
  const target = await startSource(t, source, { node: 24, kind: 'cjs' });
  const file = join(temporaryFolder(t), 'busy.heapsnapshot');
  const run = await memwatch(['snapshot', String(target.pid), '-o', file]);
  assert.equal(run.code, 0, run.stderr);
  await eventually('the guard took its timer away', () => target.output().includes('clearInterval between'));
  assert.match(target.output(), /setInterval between/);
  assert.doesNotMatch(target.output(), /in an interrupt/);
});

test('six memwatches that start at once on one process all read it, and none says that it has ended', async (t) => {
  for (const node of [20, 26] as const) {
    const target = await startSource(t, idle, { node });
    const args = ['attach', String(target.pid), '--json', '--count', '2', '--interval', '0.3'];
    const runs = await Promise.all(Array.from({ length: 6 }, () => memwatch(args, { timeoutMs: 120_000 })));
    assert.deepEqual(
      runs.map(({ code, stdout, stderr }) => [
        code,
        stdout.match(/"memwatch\/reading@1"/g)?.length,
        stderr.replace('waiting for another memwatch, which is attaching\n', ''), // after 10 s, on a busy machine
      ]),
      runs.map(() => [0, 2, '']),
    );
    await noPortOpen(target.pid);
    assert.equal(target.child.exitCode, null);
  }
});

test('memwatch detach cleans up at once after memwatch was killed', async (t) => {
  const target = await startSource(t, idle, { node: 20 });
  const { child, exited } = await startMemwatch(t, target.pid);
  child.kill('SIGKILL');
  await exited;
  assert.deepEqual(await memwatchJson(['detach', String(target.pid)]), {
    schema: 'memwatch/detach@1',
    closed: true,
    mayOpenLater: false,
  });
  assert.equal(await findInspector(target.pid), undefined);
});

test('memwatch detach closes what a memwatch left that was killed before it came in', async (t) => {
  const target = await startSource(t, idle, { node: 22, flags: ['--inspect-port=0'] });
  target.child.kill('SIGUSR1'); // memwatch got exactly this far
  await eventually('it is open', async () => (await findInspector(target.pid)) !== undefined);
  assert.deepEqual(await memwatchJson(['detach', String(target.pid)]), {
    schema: 'memwatch/detach@1',
    closed: true,
    mayOpenLater: false,
  });
  await noPortOpen(target.pid);
});

test('memwatch detach leaves an inspector open that was open before, and --force closes it', async (t) => {
  const target = await startSource(t, idle, { node: 24, flags: ['--inspect=127.0.0.1:0'] });
  const left = await memwatch(['detach', String(target.pid)]);
  assert.match(left.stdout, /left open/);
  assert.notEqual(await findInspector(target.pid), undefined);
  await memwatch(['detach', String(target.pid), '--force']);
  await noPortOpen(target.pid);
  const again = await memwatch(['detach', String(target.pid)]);
  assert.deepEqual([again.code, again.stdout], [0, `process ${target.pid} has no open inspector\n`]);
});
