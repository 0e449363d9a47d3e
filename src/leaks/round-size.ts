/**
 * The size of a round, and the warm-up that finds it: enough calls that a leak of one object in ten calls stands out,
 * and no more than a moment of work. In: a subject. Out: calls a round.
 */
import type { CounterReading } from '../analyzer/model/check.js';
import type { Subject } from './subject.js';

export interface RoundSize {
  readonly calls: number;
  /** Rounds and cuts are whole multiples of this. */
  readonly step: number;
}

/** A round of fewer calls proves little about one object in ten calls. */
const enoughCalls = 200;
const mostCalls = 2000;
/** A round takes about this long where calls are slow, and the time for the first look at how slow they are. */
const roundMs = 600;
const fewestCalls = 5;
/** A round of heavy objects needs fewer of them. */
const mostBytesOfRound = 8 * 2 ** 20;
const firstLookMs = 150;
const warmUpRounds = 2;

/**
 * Works until the usual first-time costs are paid (lazy compilation, caches that fill at once, connections), and
 * measures. The size hangs on the machine only between `enoughCalls` and `mostCalls`, never the rate of what grows.
 */
export const warmUp = async (subject: Subject): Promise<RoundSize> => {
  const step = subject.step ?? 1;
  const before = await subject.read();
  const first = await subject.run(Math.max(step, enoughCalls), step, firstLookMs);
  const after = await subject.read();
  const cost = {
    ms: first.durationUs / 1000 / first.iterations,
    bytes: Math.max(0, heldBytes(after) - heldBytes(before)) / first.iterations,
  };
  const calls = callsPerRound(step, subject.step !== null, cost);
  for (let warm = first.iterations; warm < warmUpRounds * calls; warm += calls) {
    await subject.run(calls, step, Infinity);
    await subject.rest(0);
  }
  return { calls, step };
};

/** What the heap holds, inside and outside. */
export const heldBytes = ({
  heapUsedBytes,
  externalBytes,
}: Pick<CounterReading, 'heapUsedBytes' | 'externalBytes'>): number => heapUsedBytes + externalBytes;

/** What one call has gained in the rounds so far. */
export interface GainPerCall {
  readonly bytes: number;
  /** Files, threads, timers, whichever gained most: a process has room for so many. */
  readonly handles: number;
}

export const gainPerCall = (readings: readonly CounterReading[], calls: number): GainPerCall => {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined) return { bytes: 0, handles: 0 };
  const handles = Object.entries(handlesOf(last)).map(([type, count]) => count - (handlesOf(first)[type] ?? 0));
  return { bytes: (heldBytes(last) - heldBytes(first)) / calls, handles: Math.max(0, ...handles) / calls };
};

const handlesOf = ({ resources, fileDescriptors, threads }: CounterReading): Readonly<Record<string, number>> => ({
  ...resources,
  files: fileDescriptors ?? 0,
  threads: threads ?? 0,
});

/** What a long round may add to the heap: a snapshot of a large one costs more time than it adds evidence. */
const mostBytesGained = 16 * 2 ** 20;
const mostHandlesGained = 500;

/** The calls of a long round, in whole rounds, and two of them at least where they are not too heavy. */
export const callsOfLongRound = ({ calls }: RoundSize, wanted: number, gain: GainPerCall): number => {
  const byBytes = gain.bytes > 0 ? mostBytesGained / gain.bytes : wanted;
  const byHandles = gain.handles > 0 ? mostHandlesGained / gain.handles : wanted;
  const fit = Math.min(wanted, byBytes, byHandles);
  return calls * Math.max(fit < calls ? 1 : 2, Math.ceil(fit / calls));
};

/** So many as fit into a moment and into a few megabytes, but enough; a declared number of iterations is one round. */
const callsPerRound = (step: number, declared: boolean, cost: { ms: number; bytes: number }): number => {
  const fit = Math.floor(Math.min(roundMs / Math.max(cost.ms, 1e-6), mostBytesOfRound / Math.max(cost.bytes, 1)));
  if (!declared) return Math.max(fewestCalls, Math.min(fit, mostCalls));
  return step * Math.max(1, Math.min(Math.ceil(enoughCalls / step), Math.floor(fit / step)));
};
