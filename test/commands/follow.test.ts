/** Following real processes for a long time: which ones, and what becomes of those that cannot be attached to. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { Target } from '#memwatch/agent/attach/target.js';
import { allTargets } from '#memwatch/commands/choose-target.js';
import { finderOf, followProcesses, leaveFollowed, type Follow } from '#memwatch/commands/follow.js';
import type { Io } from '#memwatch/commands/io.js';
import { repository } from '../support/paths.js';
import { startProcess, startSource } from '../support/targets.js';
import { noPortOpen } from '../support/waiting.js';

const idle = "setInterval(() => {}, 1000); console.log('ready');";

const asTarget = (pid: number): Target => ({ kind: 'pid', pid });

/** Follows until the test ends. Returns the processes that are followed, and what was said. */
const follow = async (t: TestContext, pids: readonly number[], areNamed: boolean) => {
  const [followed, said]: [Set<number | undefined>, string[]] = [new Set(), []];
  const stopping = new AbortController();
  const io: Pick<Io, 'signal' | 'warn' | 'progress'> = {
    signal: stopping.signal,
    warn: (text) => void said.push(text),
    progress: () => {},
  };
  const toTheEnd: Follow = async (attachment, _, signal) => {
    followed.add(attachment.pid);
    if (!signal.aborted) await once(signal, 'abort');
    await leaveFollowed(attachment, 'it', 'followed', signal, io as Io);
  };
  const find = async (): Promise<Target[]> => pids.map(asTarget);
  const stop = await followProcesses({ find, areNamed }, toTheEnd, 'followed', io as Io);
  t.after(stop);
  return { followed, said, stop: () => (stopping.abort(), stop()) };
};

test('of all processes, those that cannot be attached to are named, and one that has ended is not', async (t) => {
  const [target, sleeper] = [await startSource(t, idle), await startProcess(t, 'sleep', ['60'], { ready: null })];
  const ended = await startSource(t, "console.log('ready')");
  await ended.exited;
  const { followed, said, stop } = await follow(t, [ended.pid, sleeper.pid, target.pid], false);
  assert.deepEqual([...followed], [target.pid]);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', new RegExp(`^process ${sleeper.pid} is not followed: .*Node`));
  await stop();
  await noPortOpen(target.pid);
  await assert.rejects(follow(t, [target.pid, ended.pid], true), { code: 'no-such-process' });
  await noPortOpen(target.pid);
});

test('what has no name is found once: the user is not asked again and again', async () => {
  const { find } = finderOf({ _: [], $0: '', '--': ['server.js'] }, {} as Io);
  assert.deepEqual(await find(), [{ kind: 'command', argv: ['server.js'] }]);
  assert.deepEqual(await find(), []);
});

test('all processes are those of the user, without memwatch itself', async (t) => {
  const target = await startSource(t, idle);
  const args = [repository('dist/cli.js'), 'serve', String(target.pid), '--port', '0'];
  const own = await startProcess(t, process.execPath, args, { ready: /metrics of 1 process/ });
  const all = allTargets(() => {}).flatMap((one) => (one.kind === 'pid' ? one.pid : []));
  assert.ok(all.includes(target.pid) && !all.includes(own.pid), `${all.join()}; memwatch is ${own.pid}`);
  own.child.kill('SIGINT');
  await own.exited;
});
