/**
 * The rounds of one judgement as they are made: work, a rest, a look. In: a subject. Out: readings and captures with
 * the calls between them, and what has grown so far, in the heap and outside it.
 */
import { join } from 'node:path';
import type { CheckFinding, CounterReading } from '../analyzer/model/check.js';
import type { Finding } from '../analyzer/model/finding.js';
import { throwIfInterrupted } from '../errors.js';
import { withCounters } from './counter-findings.js';
import { callsOfLongRound, gainPerCall, type RoundSize } from './round-size.js';
import type { Analysis, Growth, JudgeOptions, Subject, Work } from './subject.js';

export interface Log {
  /** Reads the counters and writes a snapshot. */
  look(): Promise<void>;
  round(): Promise<void>;
  /** A round of at most this many calls, or fewer if the time or the growth so far does not allow them. */
  longRound(bound: { readonly calls: number; readonly atMostMs: number }): Promise<void>;
  /** Records work that was done since the last look; it counts as part of the next round. */
  add(work: Work): void;
  /** Ends a round that consists only of the work that was added. */
  endRound(): Promise<void>;
  growth(): Promise<Growth>;
  /** What grew when that was last asked. */
  lastGrowth(): Growth;
  /** A round adds so much that the long round comes next: each snapshot of such a heap costs seconds. */
  isHeavy(): boolean;
  /** The collected heap rises so fast that an early analysis could not call it clean. */
  heapSoars(): boolean;
  calls(): number;
  /** Calls from each look to the next. */
  readonly work: readonly number[];
  readonly readings: readonly CounterReading[];
  /** Of the last round: how long a call takes. */
  msPerCall(): number;
  /** The snapshot of the last look. */
  lastFile(): string;
}

/** What drains by itself (closing sockets, timers of a batch) has this long to do so before the last look. */
const restMs = 400;

export const createLog = (subject: Subject, size: RoundSize, analysis: Analysis, options: JudgeOptions): Log => {
  let msPerCall = 0;
  const readings: CounterReading[] = [];
  const lastFile = (): string => join(options.folder, `${readings.length - 1}.heapsnapshot`);
  const look = async (): Promise<void> => {
    throwIfInterrupted(options.signal);
    readings.push(await subject.read());
    await subject.snapshot(lastFile());
    analysis.add(lastFile());
  };
  const { work, add, endRound } = createWork(look);
  const round = async (calls: number, atMostMs: number, thenRestMs: number): Promise<void> => {
    options.onProgress?.(`round ${work.length + 1}`);
    const done = await subject.run(calls, size.step, atMostMs);
    msPerCall = done.durationUs / 1000 / done.iterations;
    add(done);
    if (thenRestMs > 0) await subject.rest(thenRestMs);
    await endRound();
  };
  const calls = (): number => work.reduce((sum, one) => sum + one, 0);
  return {
    look,
    calls,
    work,
    readings,
    msPerCall: () => msPerCall,
    lastFile,
    isHeavy: () => gainPerCall(readings, calls()).bytes * size.calls > heavyRoundBytes,
    heapSoars: () => heapSoars(readings),
    round: () => round(size.calls, Infinity, 0),
    longRound: (bound) =>
      round(callsOfLongRound(size, bound.calls, gainPerCall(readings, calls())), bound.atMostMs, restMs),
    add,
    endRound,
    ...createGrowth(async () => withCounters(await analysis.growth(work, subject.body), readings, work)),
  };
};

/** The calls of each round; what was added since the last round ended is taken into the next. */
const createWork = (look: () => Promise<void>): Pick<Log, 'work' | 'add' | 'endRound'> => {
  const work: number[] = [];
  let added = 0;
  const add = ({ iterations }: Work): void => void (added += iterations);
  const endRound = async (): Promise<void> => {
    work.push(added);
    added = 0;
    await look();
  };
  return { work, add, endRound };
};

const createGrowth = (find: () => Promise<Growth>): Pick<Log, 'growth' | 'lastGrowth'> => {
  let last: Growth = { growing: [], slowing: [], place: null };
  return { growth: async () => (last = await find()), lastGrowth: () => last };
};

const heavyRoundBytes = 2 * 2 ** 20;

const soaringBytes = 2 ** 20;

const heapSoars = (readings: readonly CounterReading[]): boolean =>
  readings.every((one, i) => i === 0 || one.heapUsedBytes - (readings[i - 1]?.heapUsedBytes ?? 0) >= soaringBytes);

/** Findings state what an average round adds. */
export const perCall = (finding: Finding, calls: number): CheckFinding => ({
  ...finding,
  bytesPerIteration: finding.bytesPerRound === null ? null : threeDigits(finding.bytesPerRound / calls),
  countPerIteration: threeDigits(finding.countPerRound / calls),
});

/** More digits than this would be chance. */
const threeDigits = (rate: number): number => Number(rate.toPrecision(3));
