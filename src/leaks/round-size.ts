/**
 * The size of a round, and the warm-up that finds it: enough calls to make a leak of one object in ten calls stand out,
 * but no more than a moment of work. In: a subject. Out: calls per round.
 */
import type { CounterReading } from '../analyzer/model/check.js';
import type { Subject } from './subject.js';

export interface RoundSize {
  readonly calls: number;
  /** Rounds and cuts are whole multiples of this. */
  readonly step: number;
}

/** A round of fewer calls proves little about a leak of one object in ten calls. */
const enoughCalls = 200;
const mostCalls = 2000;
/** About how long a round takes if calls are slow, and how long the first measurement of their speed takes. */
const roundMs = 600;
const fewestCalls = 5;
/** A round that adds large objects needs fewer calls. */
const mostBytesOfRound = 8 * 2 ** 20;
const firstLookMs = 150;
const warmUpRounds = 2;

/**
 * Makes the subject work until the usual first-time costs are paid (lazy compilation, caches that fill at once,
 * connections), and measures. The speed of the machine affects only the size of a round, between `enoughCalls` and
 * `mostCalls`, never the rate of what grows.
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

/** The bytes that the heap holds, on the heap and outside it. */
export const heldBytes = ({
  heapUsedBytes,
  externalBytes,
}: Pick<CounterReading, 'heapUsedBytes' | 'externalBytes'>): number => heapUsedBytes + externalBytes;

/** What one call has added on average in the rounds so far. */
export interface GainPerCall {
  readonly bytes: number;
  /** Files, threads or timers, whichever grew most: a process can have only a limited number of them. */
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

/** What a long round may add to the heap: a snapshot of a larger heap costs more time than its evidence is worth. */
const mostBytesGained = 16 * 2 ** 20;
const mostHandlesGained = 500;

/** The calls of a long round: a multiple of a normal round, at least two of them unless they add too much. */
export const callsOfLongRound = ({ calls }: RoundSize, wanted: number, gain: GainPerCall): number => {
  const byBytes = gain.bytes > 0 ? mostBytesGained / gain.bytes : wanted;
  const byHandles = gain.handles > 0 ? mostHandlesGained / gain.handles : wanted;
  const fit = Math.min(wanted, byBytes, byHandles);
  return calls * Math.max(fit < calls ? 1 : 2, Math.ceil(fit / calls));
};

/**
 * As many calls as fit into a moment and a few megabytes, but always enough; iterations that the scenario declares are
 * one step.
 */
const callsPerRound = (step: number, declared: boolean, cost: { ms: number; bytes: number }): number => {
  const fit = Math.floor(Math.min(roundMs / Math.max(cost.ms, 1e-6), mostBytesOfRound / Math.max(cost.bytes, 1)));
  if (!declared) return Math.max(fewestCalls, Math.min(fit, mostCalls));
  return step * Math.max(1, Math.min(Math.ceil(enoughCalls / step), Math.floor(fit / step)));
};
