/** One round between two looks: a time, a shell command, or a function; each can fail, hang, or be interrupted. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { MemwatchError } from '#memwatch/errors.js';
import { createRound, type RoundOptions } from '#memwatch/leaks/rounds.js';

const setUp = (options: Partial<RoundOptions>) => {
  const said: string[] = [];
  const [interrupted, ended] = [new AbortController(), new AbortController()];
  const io = { signal: interrupted.signal, progress: (text: string) => void said.push(text), warn: () => {} };
  const round = createRound({ intervalMs: 1, ...options }, io, ended.signal);
  return { said, interrupted, ended, round };
};

const code = (expected: string, message?: RegExp) => (error: unknown) =>
  error instanceof MemwatchError && error.code === expected && (message === undefined || message.test(error.message));

test('a round by time says how long it takes, and passes', async () => {
  const { round, said } = setUp({ intervalMs: 20 });
  await round('round 1');
  assert.deepEqual([...new Set(said)], ['round 1: 1 s to go']); // a timer may be early by a moment
});

test('a load that is a function gets the name of the round and a signal', async () => {
  const seen: unknown[] = [];
  const { round } = setUp({ load: async (signal, name) => void seen.push(signal.aborted, name) });
  await round('round 2');
  assert.deepEqual(seen, [false, 'round 2']);
});

test('what the function of a load throws is rethrown as it is', async () => {
  const mine = new RangeError('mine');
  const { round } = setUp({ load: () => Promise.reject(mine) });
  await assert.rejects(round('round 1'), (error) => error === mine);
});

test('a load that is a command ends the round with it; its failure is that of the search', async () => {
  await setUp({ load: 'exit 0' }).round('round 1');
  await assert.rejects(setUp({ load: 'exit 3' }).round('round 1'), code('bad-argument', /exit 3 ended with 3$/));
  const killed = setUp({ load: 'kill -9 $$' }).round('round 1');
  await assert.rejects(killed, code('bad-argument', /ended with SIGKILL$/));
});

test('what a command prints stands in the way of nothing, and its end is shown if the command fails', () => {
  const rounds = new URL(import.meta.resolve('#memwatch/leaks/rounds.js'));
  const run = (load: string): { stdout: string; stderr: string } => {
    const program = `
      const { createRound } = await import(${JSON.stringify(rounds.href)});
      const io = { signal: new AbortController().signal, progress() {}, warn() {} };
      const round = createRound({ intervalMs: 1, load: ${JSON.stringify(load)} }, io, io.signal);
      await round('round 1').catch(({ hint }) => console.log(hint));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    return { stdout, stderr };
  };
  assert.deepEqual(run('seq 100000; echo done >&2'), { stdout: '', stderr: '' });
  const failed = run('seq 20; exit 1');
  assert.deepEqual(failed, { stdout: `the end of its output:\n${[16, 17, 18, 19, 20].map((n) => `    ${n}\n`).join('')}`, stderr: '' }); // prettier-ignore
  assert.match(run('exit 1').stdout, /it printed nothing/);
});

test('a load that is longer than its limit is ended, as a command and as a function', async (t) => {
  const connection = setInterval(() => {}, 1000); // as a target's connection does, it keeps this process alive
  t.after(() => clearInterval(connection));
  const slow = { loadTimeoutMs: 50 };
  await assert.rejects(setUp({ ...slow, load: 'sleep 60' }).round('round 1'), code('bad-argument', /0\.05 s/));
  const never = (): Promise<void> => new Promise(() => {});
  await assert.rejects(setUp({ ...slow, load: never }).round('round 1'), code('bad-argument', /the time limit/));
});

test('Ctrl-C ends a round of any kind', async () => {
  for (const load of [undefined, 'sleep 60', (): Promise<void> => new Promise(() => {})]) {
    const { round, interrupted } = setUp({ intervalMs: 60_000, load });
    setTimeout(() => interrupted.abort(), 20);
    await assert.rejects(round('round 1'), code('interrupted'));
  }
});

test('a target that ends meanwhile ends the round, and is named as the reason', async () => {
  const { round, ended } = setUp({ intervalMs: 60_000 });
  setTimeout(() => ended.abort(), 20);
  await assert.rejects(round('round 1'), code('disconnected', /^the target ended before enough rounds/));
});
