/** A target that is killed while memwatch is attached: memwatch says how it ended, and claims no more than it knows. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { childProcessIds, describeWait, isDying, readProcess } from '#memwatch/agent/process/proc.js';
import { makeCgroup } from '../support/cgroups.js';
import { memwatchJson } from '../support/memwatch.js';
import { startProcess, startSource } from '../support/targets.js';

/** What memwatch says if this happens to a process while it is attached. */
const saidAfter = async (pid: number, act: () => void): Promise<string> => {
  const untilItEnds = withAttachment({ kind: 'pid', pid, worker: undefined }, {}, async ({ ending }) => {
    act();
    await new Promise((resolve) => void ending.addEventListener('abort', resolve, { once: true }));
  });
  return untilItEnds.then(
    () => 'nothing',
    (error: Error) => error.message,
  );
};

/** Puts the process into a cgroup of 300 MB; skips the test where the kernel would not kill it there. */
const isLimited = (t: TestContext, pid: number): boolean => {
  const cgroup = makeCgroup(t, pid);
  const hasSwap = !/^SwapTotal: +0 kB/m.test(readFileSync('/proc/meminfo', 'utf8'));
  if (cgroup === undefined || hasSwap) {
    t.skip(hasSwap ? 'the kernel would swap here' : 'no cgroup may be made here');
    return false;
  }
  cgroup.setLimit(300 * 2 ** 20);
  return true;
};

test('a kernel kill for memory is named with the limit', async (t) => {
  const source = `
  const kept = [];
  process.stdin.on('data', () => setInterval(() => kept.push(Buffer.alloc(4e6, 1)), 5));
  console.log('ready');`;
  const target = await startSource(t, source, { stdin: 'pipe', kind: 'cjs' });
  if (!isLimited(t, target.pid)) return;
  const { limits, oomKills } = (await memwatchJson(['memory', String(target.pid)])) as {
    limits: { of: string; limitBytes: number }[];
    oomKills: number;
  };
  const own = limits.find(({ of }) => /^memory\.(max|limit_in_bytes) of the cgroup \/memwatch-test/.test(of));
  assert.equal(own?.limitBytes, 300 * 2 ** 20);
  assert.equal(oomKills, 0);
  const said = await saidAfter(target.pid, () => target.child.stdin?.write('grow'));
  const how = '(was killed by the kernel|has ended: most likely the kernel killed it), because memory ran out';
  assert.match(
    said,
    new RegExp(`^process ${target.pid} ${how}: 300 MB of 300 MB \\(memory\\S* of the cgroup /memwatch-test`),
  );
});

test('a target that ends itself because the kernel killed its child was not killed by the kernel', async (t) => {
  const source = `
  const grow = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(4e6, 1)), 5)';
  process.stdin.on('data', () => {
    const { spawn } = require('node:child_process');
    spawn(process.execPath, ['-e', grow]).on('exit', () => process.kill(process.pid, 'SIGKILL'));
  });
  console.log('ready');`;
  const target = await startSource(t, source, { stdin: 'pipe', kind: 'cjs' });
  if (!isLimited(t, target.pid)) return;
  const said = await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, async (attachment) => {
    target.child.stdin?.write('grow');
    await new Promise((resolve) => void attachment.ending.addEventListener('abort', resolve, { once: true }));
    await attachment.detach();
    return attachment.howItEnded();
  });
  assert.match(said ?? '', /^(was ended by SIGKILL|has run to its end)$/);
});

/** Its parent collects no child, so the way it ended stays known. */
const startUncollected = async (t: TestContext, source: string, ...flags: string[]): Promise<number> => {
  const run = [process.execPath, ...flags, '-e', source];
  const parent = await startProcess(t, 'sh', ['-c', '"$0" "$@" & exec sleep 600', ...run]);
  const pid = childProcessIds(parent.pid).find((child) => readProcess(child)?.command.includes('-e'));
  assert.ok(pid !== undefined);
  t.after(() => {
    for (const child of childProcessIds(parent.pid)) process.kill(child, 'SIGKILL');
  });
  return pid;
};

test('a kill by someone else is not reported as a kill for memory', async (t) => {
  const pid = await startUncollected(t, `setInterval(() => {}, 100); console.log('ready')`);
  assert.equal(await saidAfter(pid, () => process.kill(pid, 'SIGKILL')), `process ${pid} was ended by SIGKILL`);
  const again = withAttachment({ kind: 'pid', pid, worker: undefined }, {}, async () => {});
  await assert.rejects(again, /has ended and is waiting for its parent to collect it/);
  assert.equal(describeWait(pid), 'it has ended');
});

test('a heap that is full ends a process: V8 did it', async (t) => {
  const source = `
  const kept = [];
  process.on('SIGUSR2', () => { for (let i = 0; ; i++) kept.push({ i, text: 'entry ' + i }); });
  console.log('ready');
  setInterval(() => {}, 1000);`;
  const pid = await startUncollected(t, source, '--max-old-space-size=60');
  const said = await saidAfter(pid, () => process.kill(pid, 'SIGUSR2'));
  assert.match(
    said,
    new RegExp(`^process ${pid} was ended by SIGABRT(, most likely by V8, because its heap|: V8 does that)`),
  );
});

test('a target that runs to its end is no failure', async (t) => {
  const source = `process.stdin.once('data', () => process.exit(3)); console.log('ready');`;
  const target = await startSource(t, source, { stdin: 'pipe' });
  assert.equal(await saidAfter(target.pid, () => target.child.stdin?.write('end')), 'nothing');
  assert.equal(await target.exited, 3);
});

test('a target that has run to its end says its exit code once memwatch lets it go', async (t) => {
  const source = `process.on('SIGUSR2', () => process.exit(3)); setInterval(() => {}, 100); console.log('ready')`;
  const pid = await startUncollected(t, source);
  const said = await withAttachment({ kind: 'pid', pid, worker: undefined }, {}, async (attachment) => {
    process.kill(pid, 'SIGUSR2');
    await new Promise((resolve) => void attachment.ending.addEventListener('abort', resolve, { once: true }));
    await attachment.detach();
    return attachment.howItEnded();
  });
  assert.equal(said, 'has ended with exit code 3');
});

test('a process that was killed, and still frees its memory, runs no more', () => {
  // of Linux 6.18: a Node of 1.5 GB, and the same in the first moments after SIGKILL
  const stat = (state: string, flags: number): string => `521 (node (x)) ${state} 1 520 510 0 -1 ${flags} 9128 0 0`;
  const status = (own: string, shared: string): string => `Name:\tnode\nSigPnd:\t${own}\nShdPnd:\t${shared}\n`;
  const [none, kill] = ['0000000000000000', '0000000000000100'];
  assert.equal(isDying(stat('S', 0x40_01_00), status(none, none)), false);
  assert.equal(isDying(stat('R', 0x40_01_00), status(kill, kill)), true);
  assert.equal(isDying(stat('R', 0x40_05_0c), status(none, none)), true);
  assert.equal(isDying('', ''), false);
});

test('after Ctrl-C nothing waits for the end of a target that is only silent', async (t) => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { pid, child } = await startSource(t, `setInterval(() => {}, 50); console.log('ready')`);
  const interrupted = new AbortController();
  const before = timers();
  const leaving = withAttachment(
    { kind: 'pid', pid, worker: undefined },
    { signal: interrupted.signal },
    async ({ main }) => {
      child.kill('SIGSTOP');
      interrupted.abort();
      await main.send('Runtime.getHeapUsage');
    },
  );
  await assert.rejects(leaving, { code: 'interrupted', message: /did not answer/ });
  assert.equal(timers(), before);
  child.kill('SIGCONT');
});
