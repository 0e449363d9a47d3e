/**
 * The rounds of one judgement as they are made: work, a rest, a look. In: a subject. Out: readings and captures with the
 * calls between them, and what has grown so far, in the heap and beside it.
 */
import { join } from 'node:path';
import type { CheckFinding, CounterReading } from '../analyzer/model/check.js';
import type { Finding } from '../analyzer/model/finding.js';
import { throwIfInterrupted } from '../errors.js';
import { withCounters } from './beside.js';
import { callsOfLongRound, heldBytes, type RoundSize } from './rounds.js';
import type { Capture, FindGrowth, Growth, JudgeOptions, Subject } from './subject.js';

export interface Log {
  /** Reads the counters and writes a snapshot. */
  look(): Promise<void>;
  round(): Promise<void>;
  /** A round of up to so many calls, shorter where time or what has grown so far does not allow it. */
  longRound(bound: { readonly calls: number; readonly atMostMs: number }): Promise<void>;
  growth(): Promise<Growth>;
  /** A round gains so much that the long one comes next: each snapshot of such a heap costs seconds. */
  isHeavy(): boolean;
  /** The collected heap has risen in every round, by more than chance. */
  heapRises(): boolean;
  calls(): number;
  /** Calls from each look to the next. */
  readonly work: readonly number[];
  readonly readings: readonly CounterReading[];
}

/** What drains by itself (closing sockets, timers of a batch) has this long before the last look. */
const restMs = 400;

export const createLog = (subject: Subject, size: RoundSize, findGrowth: FindGrowth, options: JudgeOptions): Log => {
  const captures: Capture[] = [];
  const readings: CounterReading[] = [];
  const work: number[] = [];
  const look = async (): Promise<void> => {
    throwIfInterrupted(options.signal);
    readings.push(await subject.read());
    const file = join(options.folder, `${captures.length}.heapsnapshot`);
    captures.push({ file, scripts: await subject.snapshot(file) });
  };
  const round = async (calls: number, atMostMs: number): Promise<void> => {
    options.onProgress?.(`round ${work.length + 1}`);
    const done = await subject.run(calls, size.step, atMostMs);
    work.push(done.iterations);
  };
  const calls = (): number => work.reduce((sum, one) => sum + one, 0);
  return {
    look,
    calls,
    work,
    readings,
    isHeavy: () => bytesPerCall(readings, calls()) * size.calls > heavyRoundBytes,
    heapRises: () => heapRises(readings, work),
    async round() {
      await round(size.calls, Infinity);
      await look();
    },
    async longRound(bound) {
      await round(callsOfLongRound(size, bound.calls, bytesPerCall(readings, calls())), bound.atMostMs);
      await subject.rest(restMs);
      await look();
    },
    growth: async () => withCounters(await findGrowth(captures, work, subject.body), readings, work),
  };
};

const bytesPerCall = (readings: readonly CounterReading[], calls: number): number => {
  const [first, last] = [readings[0], readings.at(-1)];
  return first === undefined || last === undefined ? 0 : (heldBytes(last) - heldBytes(first)) / calls;
};

const heavyRoundBytes = 4 * 2 ** 20;

/** Less than this for a call is what V8 makes for itself while it warms up. */
const leastBytesPerCall = 24;

const heapRises = (readings: readonly CounterReading[], work: readonly number[]): boolean =>
  work.every((calls, i) => {
    const [before, after] = [readings[i]?.heapUsedBytes ?? 0, readings[i + 1]?.heapUsedBytes ?? 0];
    return after - before >= leastBytesPerCall * calls;
  });

/** Findings tell what the mean round brings. */
export const perCall = (finding: Finding, calls: number): CheckFinding => ({
  ...finding,
  bytesPerIteration: finding.bytesPerRound === null ? null : threeDigits(finding.bytesPerRound / calls),
  countPerIteration: threeDigits(finding.countPerRound / calls),
});

/** More digits than that would be those of chance. */
const threeDigits = (rate: number): number => Number(rate.toPrecision(3));
