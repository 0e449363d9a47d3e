/** The judgement, on programs that exist only as numbers: which rounds it makes, and what it concludes from them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Judgement } from '#memwatch/leaks/judge.js';
import { simulate, type Program, type Simulated } from '../support/simulated-subject.js';

const options = { watchMs: 60_000, folder: '/tmp/memwatch-no-such-folder' };

const judged = async (program: Program): Promise<Simulated & Judgement> => {
  const simulated = simulate(program);
  return { ...simulated, ...(await judge(simulated.subject, simulated.analysis, options)) };
};
const snapshots = ({ done }: Simulated): number => done.filter((one) => one === 'snapshot').length;

test('a program that keeps nothing is clean after two rounds and three snapshots', async () => {
  const clean = await judged({ entriesAfter: () => 7 });
  assert.equal(clean.verdict, 'clean');
  assert.equal(snapshots(clean), 3);
  assert.equal(clean.iterations.length, 2);
  assert.match(clean.reasons[0] ?? '', /^nothing grew with every round of \d+ calls$/);
});

test('a program that keeps an entry a call leaks, at that rate, however many calls a round has', async () => {
  for (const msPerCall of [0.05, 1]) {
    const leak = await judged({ entriesAfter: (calls) => calls, msPerCall });
    assert.equal(leak.verdict, 'leak');
    assert.equal(leak.findings[0]?.countPerIteration, 1);
    assert.equal(leak.findings[0]?.bytesPerIteration, 100);
    assert.match(leak.reasons.at(-1) ?? '', /grew for \d+ more calls without reaching a bound/);
  }
});

test('an entry in ten calls is a leak too', async () => {
  const leak = await judged({ entriesAfter: (calls) => Math.floor(calls / 10), bytesPerEntry: 4000 });
  assert.equal(leak.verdict, 'leak');
  assert.ok(Math.abs((leak.findings[0]?.countPerIteration ?? 0) - 0.1) < 0.01);
});

test('a cache that fills after thousands of calls is no leak: the rounds go on until it is full', async () => {
  for (const size of [100, 3000, 50_000]) {
    const cache = await judged({ entriesAfter: (calls) => Math.min(size, calls), msPerCall: 0.01 });
    assert.notEqual(cache.verdict, 'leak', `${size}: ${cache.reasons.join('; ')}`);
  }
});

test('what the code itself bounds is inconclusive, and the report says how to settle it', async () => {
  const bounded = { location: null, text: 'may be a cache that is still filling' };
  const open = await judged({ entriesAfter: (calls) => calls, bounded });
  assert.equal(open.verdict, 'inconclusive');
  assert.deepEqual(open.findings, []);
  assert.match(open.reasons.join('\n'), /may be a cache that is still filling/);
  assert.match(open.reasons.join('\n'), /to settle it, run more iterations per round/);
});

test('a round that gains megabytes is followed by the long one at once: each snapshot of such a heap costs seconds', async () => {
  const light = await judged({ entriesAfter: (calls) => calls });
  const heavy = await judged({ entriesAfter: (calls) => calls, bytesPerEntry: 100_000 });
  assert.equal(heavy.verdict, 'leak');
  assert.ok(heavy.iterations.length < light.iterations.length);
});

test('too few calls prove nothing, and the report says what would', async () => {
  const slow = await judged({ entriesAfter: (calls) => calls, msPerCall: 20_000, bytesPerEntry: 4000 });
  assert.equal(slow.verdict, 'inconclusive');
  assert.match(slow.reasons.join('\n'), /only \d+ calls fit into the time: too few for a verdict/);
});

test('iterations that a scenario declares are never divided', async () => {
  const { done } = await judged({ entriesAfter: () => 0, step: 64 });
  const runs = done.filter((one) => one.startsWith('run ')).map((one) => Number(one.slice(4)));
  assert.deepEqual(runs.filter((calls) => calls % 64 !== 0), []); // prettier-ignore
});

test('an error in the middle: a leak that has been seen is reported with it; otherwise it is passed on', async () => {
  const error = new Error('the service is gone');
  const failsAfter = { calls: 9000, error };
  const leak = await judged({ entriesAfter: (calls) => calls, failsAfter });
  assert.equal(leak.verdict, 'leak');
  assert.equal(leak.cutShort, error);
  await assert.rejects(judged({ entriesAfter: () => 0, failsAfter: { calls: 1, error } }), /service is gone/);
});

test('Ctrl-C after a round: the verdict is open, and the figures so far are reported', async () => {
  const interrupt = new AbortController();
  const simulated = simulate({ entriesAfter: (calls) => calls });
  let snapshots = 0;
  const subject = {
    ...simulated.subject,
    snapshot: async (file: string) => {
      await simulated.subject.snapshot(file);
      if (++snapshots === 2) interrupt.abort();
    },
  };
  const { verdict, reasons, cutShort } = await judge(subject, simulated.analysis, {
    ...options,
    signal: interrupt.signal,
  });
  assert.equal(verdict, 'inconclusive');
  assert.match(reasons[0] ?? '', /^it was interrupted after \d+ calls$/);
  assert.ok(cutShort !== undefined);
});
