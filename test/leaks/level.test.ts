/** Growth that is watched for many more calls: it goes on, or it levels off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childProcesses, nativeMemory } from '#memwatch/analyzer/growth/readings/counters.js';
import type { CounterReading } from '#memwatch/analyzer/model/check.js';
import { createLog, perCall, type Log } from '#memwatch/leaks/judged-rounds.js';
import { watchLevel, withHeapGrowth, withoutSettledMemory } from '#memwatch/leaks/level.js';
import type { Growth } from '#memwatch/leaks/subject.js';
import { finding, reading } from '../support/check-report.js';
import { simulate, type Program, type Simulated } from '../support/simulated-subject.js';

const size = { calls: 200, step: 1 };
const options = { watchMs: 10_000, folder: '/nowhere' };

interface Rounds {
  readonly made: Simulated;
  readonly log: Log;
}

/** Two rounds of 200 calls, with a look before, between and after them. */
const afterTwoRounds = async (
  program: Program,
  readOf?: (calls: number) => Partial<CounterReading>,
): Promise<Rounds> => {
  const made = simulate(program);
  let calls = 0;
  const run = async (...args: Parameters<typeof made.subject.run>) => {
    const work = await made.subject.run(...args);
    calls += work.iterations;
    return work;
  };
  const read = readOf === undefined ? made.subject.read : async () => reading(readOf(calls));
  const subject = { ...made.subject, run, read };
  const log = createLog(subject, size, made.analysis, options);
  await log.look();
  await log.round();
  await log.round();
  return { made: { ...made, subject }, log };
};
const nothing: Growth = { growing: [], slowing: [], place: null };

test('growth that goes on at its rate reaches no bound, and no snapshot is taken for that', async () => {
  const { made, log } = await afterTwoRounds({ entriesAfter: (calls) => calls });
  const before = made.done.length;
  const { levelsOff, seenGrowth } = await watchLevel(made.subject, size, log, await log.growth(), options);
  assert.equal(levelsOff, false);
  assert.match(seenGrowth ?? '', /^it grew for \d+ more calls without reaching a bound: .* gained$/);
  assert.deepEqual(made.done.slice(before).filter((one) => one === 'snapshot'), []); // prettier-ignore
});

test('growth that stops is looked at once more', async () => {
  const { made, log } = await afterTwoRounds({ entriesAfter: (calls) => Math.min(calls, 5000) });
  const looks = log.readings.length;
  const level = await watchLevel(made.subject, size, log, await log.growth(), options);
  assert.deepEqual(level, { levelsOff: true, seenGrowth: null });
  assert.equal(log.readings.length, looks + 1);
  assert.equal(made.done.at(-1), 'snapshot');
});

test('what grows outside the heap, or too slowly for the time, is not watched', async () => {
  const { made, log } = await afterTwoRounds({ entriesAfter: (calls) => calls });
  const files = finding({ container: { id: 0, name: childProcesses, type: 'native' } });
  const outside = { ...nothing, growing: [files] };
  const unwatched = { levelsOff: false, seenGrowth: null };
  assert.deepEqual(await watchLevel(made.subject, size, log, outside, options), unwatched);
  assert.deepEqual(await watchLevel(made.subject, size, log, nothing, options), unwatched);
  const short = { ...options, watchMs: 1 };
  assert.deepEqual(await watchLevel(made.subject, size, log, await log.growth(), short), unwatched);
});

test('a heap that rises without an object that grows is a finding only if it keeps rising', async () => {
  const rising = async (heapAfter: (calls: number) => number, values: Partial<CounterReading> = {}) => {
    const readOf = (calls: number) => ({ heapUsedBytes: heapAfter(calls), ...values });
    const { made, log } = await afterTwoRounds({ entriesAfter: () => 0 }, readOf);
    return withHeapGrowth(nothing, made.subject, size, log, options);
  };
  const grown = await rising((calls) => 5e6 + 20_000 * calls);
  assert.match(grown.growing[0]?.title ?? '', /collected heap/);
  assert.deepEqual((await rising((calls) => 5e6 + 20_000 * Math.min(calls, 500))).growing, []);
  const inTest = await rising((calls) => 5e6 + 20_000 * calls, { rssBytes: null });
  assert.deepEqual(inTest.growing, [], 'in the process of a test others let the heap rise');
});

test('native memory that settles is dropped, and kept if it goes on', async () => {
  const native = finding({ container: { id: 0, name: nativeMemory, type: 'native' } });
  const growth = { ...nothing, growing: [native] };
  const settling = async (rssAfter: (calls: number) => number): Promise<number> => {
    const readOf = (calls: number) => ({ rssBytes: rssAfter(calls) });
    const { made, log } = await afterTwoRounds({ entriesAfter: () => 0 }, readOf);
    return (await withoutSettledMemory(growth, made.subject, size, log, options)).growing.length;
  };
  assert.equal(await settling((calls) => 6e7 + 1e5 * Math.min(calls, 400)), 0);
  assert.equal(await settling((calls) => 6e7 + 1e5 * calls), 1);
  const { made, log } = await afterTwoRounds({ entriesAfter: () => 0 });
  const both = { ...growth, growing: [native, finding()] };
  assert.equal(await withoutSettledMemory(both, made.subject, size, log, options), both);
});

test('a log counts calls and looks, and says when rounds add megabytes', async () => {
  const { made, log } = await afterTwoRounds({ entriesAfter: (calls) => calls, bytesPerEntry: 20_000 });
  assert.deepEqual([log.work, log.calls(), log.readings.length], [[200, 200], 400, 3]);
  assert.deepEqual(made.done, ['snapshot', 'run 200', 'snapshot', 'run 200', 'snapshot']);
  assert.deepEqual([log.isHeavy(), log.heapSoars()], [true, true]);
  assert.equal(log.lastFile(), '/nowhere/2.heapsnapshot');
  log.add({ iterations: 50, durationUs: 1 });
  await log.round();
  assert.deepEqual(log.work, [200, 200, 250], 'what was added counts in the next round');
  await log.longRound({ calls: 10_000, atMostMs: 4000 });
  assert.match(made.done.join(), /run \d+,rest 400,snapshot$/);
});

test('figures per call have three digits, and none where there are none', () => {
  const { bytesPerIteration, countPerIteration } = perCall(finding({ bytesPerRound: 12_345, countPerRound: 20 }), 200);
  assert.deepEqual([bytesPerIteration, countPerIteration], [61.7, 0.1]);
  assert.equal(perCall(finding({ bytesPerRound: null }), 200).bytesPerIteration, null);
});
