/**
 * How fast everything in a process grows, and what is certain about each. In: readings of a watch, and how long it may
 * take. Out: for each quantity its bounds, and whether they prove growth, exclude it, or leave it open.
 */
import type { Bound, Slope } from '../../model/bounds.js';
import type { ProcessReading } from '../../model/process-reading.js';
import { childProcesses, countersOf, externalMemory, heapMemory, nativeMemory, threads } from './counters.js';
import { gainsOf, isSlowing } from './evidence.js';
import { slopeAtLook } from './sequential.js';
import type { Point } from './slope.js';

/** `creeps`: growth is proved, but at a rate that would not matter. It is not excluded: only a search can tell what it is. */
export type State = 'grows' | 'slows' | 'creeps' | 'excluded' | 'open';

/** What is known about one quantity. */
export interface Known {
  readonly of: string;
  readonly unit: Bound['unit'];
  readonly slope: Slope;
  /** The least growth that matters, per second. */
  readonly least: number;
  readonly state: State;
  /** One figure per reading. */
  readonly history: readonly number[];
  /** The bounds are those of what snapshots showed to stay, for this time. */
  readonly seenForMs?: number;
  /** Growth up to this rate would fill free memory that snapshots left, and would not be seen. */
  readonly hiddenPerSecond?: number;
}

interface Quantity {
  readonly name: string;
  readonly unit: Bound['unit'];
  readonly of: (reading: ProcessReading) => number | null;
}

/**
 * Growth over the full time of the watch that does not matter: up to this amount, or this share of the quantity. Bounds
 * close in faster than time passes, so the share shrinks with the time that is allowed: it is 1 % a minute for half a
 * minute, and 1 % an hour for ten minutes.
 */
interface Least {
  readonly amount: number;
  readonly share: number;
}
const shareOfHalfMinute = 0.005;
const shareOfTenMinutes = 0.01 / 6;
const shareFalls = Math.log(shareOfHalfMinute / shareOfTenMinutes) / Math.log(20);
const shareIn = (allowedMs: number): number => shareOfHalfMinute * (30_000 / allowedMs) ** shareFalls;
/** V8's own code and tables change by this much at any time. */
const leastBytes = 256 * 1024;
/** An allocator keeps and returns memory in whole megabytes, at its own discretion. */
const leastNativeBytes: Least = { amount: 8 * 2 ** 20, share: 0.03 };
/** A smaller gain of native memory is what any allocator does after a start, however steady it looks. */
const leastNativeGain = 4 * 2 ** 20;
/** V8 compiles the program while it runs, and compiles it again: only a large part of it is more than warm-up. */
const leastCode: Least = { amount: 4 * 2 ** 20, share: 0.5 };
/** Connections and timers come and go by the request; threads, processes and realms do not. */
const leastHandles: Least = { amount: 10, share: 0.2 };
const leastHeavy: Least = { amount: 3, share: 0 };
const heavy: ReadonlySet<string> = new Set([threads, childProcesses, 'realms']);

const minOf = ({ name, unit }: Quantity, allowedMs: number): Least => {
  if (name === nativeMemory) return leastNativeBytes;
  if (name === compiledCode) return leastCode;
  if (unit === 'bytes') return { amount: leastBytes, share: shareIn(allowedMs) };
  return heavy.has(name) ? leastHeavy : leastHandles;
};

export const arrayBuffers = 'array buffers';
/** WebAssembly memories, and what native objects hold. */
const otherExternal = 'external memory besides array buffers';
const others: Quantity = {
  name: otherExternal,
  unit: 'bytes',
  of: ({ externalBytes, arrayBuffersBytes }) => externalBytes - arrayBuffersBytes,
};

export const compiledCode = 'compiled code';
const code: Quantity = { name: compiledCode, unit: 'bytes', of: ({ codeBytes }) => codeBytes };
/** Compiled code is left out: V8 compiles for minutes after a start, and frees code that has not run for some collections. */
const heap: Quantity = { name: heapMemory, unit: 'bytes', of: (reading) => objectBytes(reading) };
export const objectBytes = ({ heapUsedBytes, codeBytes }: ProcessReading): number => heapUsedBytes - (codeBytes ?? 0);
const buffers: Quantity = { name: arrayBuffers, unit: 'bytes', of: ({ arrayBuffersBytes }) => arrayBuffersBytes };

const worker = 'heap of worker ';
export const workerHeap = (id: string): string => `${worker}${id}`;
export const isWorkerHeap = (of: string): boolean => of.startsWith(worker);

/** For workers that were there at the first reading. One that waits in Atomics.wait now and then does not always answer. */
const workerQuantities = (readings: readonly ProcessReading[]): Quantity[] =>
  (readings[0]?.workers ?? []).map(({ id }) => ({
    name: workerHeap(id),
    unit: 'bytes',
    of: ({ workers }) => workers.find((worker) => worker.id === id)?.heapUsedBytes ?? null,
  }));

/** A worker that answered less often may be another one by now, or be blocked for good: nothing is known of its heap. */
const leastAnswered = 0.5;

/**
 * Uses only quantities that were in every reading, or for workers in most. `allowedMs` is the longest that the watch may
 * take.
 */
export const computeBounds = (readings: readonly ProcessReading[], allowedMs: number): Known[] => {
  const quantities: Quantity[] = [heap, ...workerQuantities(readings), ...countersOf(readings), buffers, others, code];
  return quantities.flatMap((quantity) => {
    const points = readings.flatMap((reading) => {
      const y = quantity.of(reading);
      return y === null ? [] : [{ x: reading.atMs / 1000, y }];
    });
    const fewest = isWorkerHeap(quantity.name) ? leastAnswered * readings.length : readings.length;
    return points.length >= fewest && points.length > 0 ? [knownOf(quantity, points, allowedMs)] : [];
  });
};

const knownOf = (quantity: Quantity, points: readonly Point[], allowedMs: number): Known => {
  const { amount, share } = minOf(quantity, allowedMs);
  const least = Math.max(amount, share * (points[0]?.y ?? 0)) / (allowedMs / 1000);
  const history = points.map(({ y }) => y);
  const seconds = (points.at(-1)?.x ?? 0) - (points[0]?.x ?? 0);
  const slope = slopeAtLook(points, seconds * 1000 >= allowedMs);
  const isNative = quantity.name === nativeMemory;
  const tooLittle = isNative && slope.estimate * seconds < leastNativeGain;
  const settles = isNative || quantity.name === compiledCode;
  const state = settles
    ? stateOfSettling(slope, least, history, tooLittle)
    : stateOf(slope, least, quantity, history, seconds);
  return { of: quantity.name, unit: quantity.unit, slope, least, history, state };
};

/**
 * What V8 and the inspector keep of memwatch's own work in an idle target: 20 to 40 bytes of each reading were measured,
 * and steps of 8 KB.
 */
const ownBytes = (readings: number): number => 16 * 1024 + 32 * readings;

/** Counts are exact: a count that is proved to grow matters, however slowly it grows. */
const stateOf = (
  { estimate, low, high }: Slope,
  least: number,
  { unit }: Quantity,
  history: readonly number[],
  seconds: number,
): State => {
  const isSmall = unit === 'bytes' && estimate < least;
  if (low > 0 && isSmall && estimate * seconds > ownBytes(history.length)) return 'creeps';
  if (low > 0 && !isSmall) return isFading(history) ? 'slows' : 'grows';
  return high < least ? 'excluded' : 'open';
};

/** An allocator's memory and compiled code creep for minutes after any start. */
const stateOfSettling = (
  { estimate, low, high }: Slope,
  least: number,
  history: readonly number[],
  tooLittle: boolean,
): State => {
  if (low > 0 && estimate >= least) return tooLittle ? 'open' : isFading(history) ? 'slows' : 'grows';
  return high < least ? 'excluded' : 'open';
};

const parts = 4;

/** Compares four parts of the watch by the lowest reading of each. */
const isFading = (history: readonly number[]): boolean => {
  const floors = Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((part * history.length) / parts);
    return Math.min(...history.slice(from, Math.floor(((part + 1) * history.length) / parts)));
  });
  return isSlowing(gainsOf(floors));
};

/** Snapshots contain the heap and array buffers, and show how much of what the program made stayed. */
export const isInSnapshots = (of: string): boolean => of === heapMemory || of === arrayBuffers || of === externalMemory;
const isUndecided = ({ state }: Known): boolean => state === 'open' || state === 'creeps';

/**
 * What is known after a search, with what was known before it. Growth that was ruled out before stays so unless it is seen now.
 * Native memory that was not: it may grow into the free memory that the snapshots left, which the RSS does not show.
 */
export const withKnownBefore = (known: readonly Known[], before: readonly Known[], hiddenPerSecond: number): Known[] =>
  known.map((one) => {
    const earlier = before.find(({ of }) => of === one.of);
    const wasExcluded = earlier?.state === 'excluded' && !isInSnapshots(one.of);
    if (wasExcluded && one.state === 'open') return earlier;
    if (wasExcluded || one.of !== nativeMemory || one.state !== 'excluded') return one;
    const slope = { ...one.slope, high: one.slope.high + hiddenPerSecond };
    return slope.high < one.least ? one : { ...one, slope, state: 'open', hiddenPerSecond };
  });

/** What readings leave open is bounded by what snapshots showed to stay, in all that snapshots contain together. */
export const withHeapSeen = (known: readonly Known[], seen: Slope, seenForMs: number): Known[] => {
  const other = known.find(({ of }) => of === otherExternal);
  return known.map((one) => {
    const beside = one.of === externalMemory ? (other?.slope.high ?? Infinity) : 0;
    if (!isInSnapshots(one.of) || !isUndecided(one) || beside === Infinity) return one;
    const slope = { ...seen, high: seen.high + Math.max(0, beside) };
    return { ...one, slope, seenForMs, state: slope.high < one.least ? 'excluded' : 'open' };
  });
};

export const boundOf = ({ of, unit, slope: { estimate, low, high } }: Known): Bound => ({
  of,
  unit,
  perSecond: { estimate, low: Number.isFinite(low) ? low : null, high: Number.isFinite(high) ? high : null },
});

/** Array buffers are part of external memory, and so is the rest of it. */
export const isPartOf = (of: string): string | undefined =>
  of === arrayBuffers || of === otherExternal ? externalMemory : undefined;
