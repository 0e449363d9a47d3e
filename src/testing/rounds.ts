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
export const heldBytes = ({ heapUsedBytes, externalBytes }: CounterReading): number => heapUsedBytes + externalBytes;

/** What a long round may add to the heap: a snapshot of a large one costs more time than it adds evidence. */
const mostBytesGained = 16 * 2 ** 20;

/**
 * The calls of a long round: enough to fill what has a bound (a cache of so many entries), in whole rounds, and two of
 * them at least where they are not too heavy. `bytesPerCall` is what the rounds so far have gained.
 */
export const callsOfLongRound = ({ calls }: RoundSize, wanted: number, bytesPerCall: number): number => {
  const fit = bytesPerCall > 0 ? Math.min(wanted, mostBytesGained / bytesPerCall) : wanted;
  return calls * Math.max(fit < calls ? 1 : 2, Math.ceil(fit / calls));
};

/** So many as fit into a moment and into a few megabytes, but enough; a declared number of iterations is one round. */
const callsPerRound = (step: number, declared: boolean, cost: { ms: number; bytes: number }): number => {
  const fit = Math.floor(Math.min(roundMs / Math.max(cost.ms, 1e-6), mostBytesOfRound / Math.max(cost.bytes, 1)));
  if (!declared) return Math.max(fewestCalls, Math.min(fit, mostCalls));
  return step * Math.max(1, Math.min(Math.ceil(enoughCalls / step), Math.floor(fit / step)));
};
