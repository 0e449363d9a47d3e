/**
 * Does the growth level off? A cache looks like a leak until it is full. A snapshot with all of its entries costs
 * seconds, but reading the size of the collected heap costs next to nothing. So the subject continues for many times the
 * calls so far, and then the heap is read. If it has risen as fast as before, no bound has been reached; otherwise one
 * more snapshot shows what has stopped. In: what grows. Out: whether that snapshot was taken, or a sentence that says
 * how far the growth went on.
 */
import { findCounterGrowth, findHeapGrowth, nativeMemory } from '../analyzer/growth/readings/counters.js';
import type { CounterReading } from '../analyzer/model/check.js';
import type { Finding } from '../analyzer/model/finding.js';
import { formatBytes } from '../report/units.js';
import { findingOf } from './counter-findings.js';
import type { Log } from './judged-rounds.js';
import { heldBytes, type RoundSize } from './round-size.js';
import type { Growth, JudgeOptions, Subject, Work } from './subject.js';

export interface Level {
  readonly levelsOff: boolean;
  /** How far the growth continued while it was watched; null if it could not be watched. */
  readonly seenGrowth: string | null;
}

/** How much the heap may gain during this, and in how many calls at most. */
const mostBytes = 64 * 2 ** 20;
const mostCalls = 1_000_000;
/**
 * Growth continues if the heap gains at least this share of what the rate so far predicts, provided that at least this
 * many bytes are expected: less is V8's own noise.
 */
const leastShare = 0.8;
const leastBytes = 256 * 1024;

const unwatched: Level = { levelsOff: false, seenGrowth: null };

export const watchLevel = async (
  subject: Subject,
  size: RoundSize,
  log: Log,
  growth: Growth,
  options: JudgeOptions,
): Promise<Level> => {
  if (growth.growing.length === 0 || growth.growing.some(isOutsideHeap)) return unwatched;
  const bytesPerCall = bytesOf(growth) / (log.calls() / log.work.length);
  const calls = Math.min(mostCalls, mostBytes / Math.max(bytesPerCall, 1));
  const work = await workOn(subject, size, log, calls, options);
  if (work === undefined) return unwatched;
  const { iterations } = work;
  const gained = heldBytes(work.after) - heldBytes(work.before);
  const expected = bytesPerCall * iterations;
  if (expected >= leastBytes && gained >= leastShare * expected) {
    const seenGrowth = `it grew for ${iterations} more calls without reaching a bound: ${formatBytes(gained)} gained`;
    return { levelsOff: false, seenGrowth };
  }
  await log.endRound();
  return { levelsOff: true, seenGrowth: null };
};

/** Files, threads and timers run out, and the heap does not show them. */
const isOutsideHeap = ({ container }: Finding): boolean => container.id === 0;

/** What all growing things together gain in an average round. */
const bytesOf = ({ growing }: Growth): number => growing.reduce((sum, one) => sum + (one.bytesPerRound ?? 0), 0);

/** How many times the calls so far are made, without a snapshot, when the heap rises although nothing in it grows. */
const timesTheCalls = 3;
/**
 * V8's tables grow by doubling, so growth continues if at least this share of the last round's gain per call persists.
 */
const leastShareOfTables = 0.5;
/** Code, and what V8 records about it, comes and goes in hundreds of kilobytes, however many calls are made. */
const leastHeapBytes = 2 * 2 ** 20;

/**
 * If no object grows but the heap rose in the last round: does it keep rising? This can only be said of a heap that no
 * one else uses: in a test's own process, other tests make it rise too.
 */
export const withHeapGrowth = async (
  growth: Growth,
  subject: Subject,
  size: RoundSize,
  log: Log,
  options: JudgeOptions,
): Promise<Growth> => {
  const heap = findHeapGrowth(log.readings, log.work);
  if (heap === undefined || log.readings.some(({ rssBytes }) => rssBytes === null)) return growth;
  const work = await workOn(subject, size, log, log.calls() * timesTheCalls, options);
  if (work === undefined) return growth;
  const gained = work.after.heapUsedBytes - work.before.heapUsedBytes;
  const continues = gained >= Math.max(leastHeapBytes, leastShareOfTables * heap.perIteration * work.iterations);
  return continues ? { ...growth, growing: [findingOf(heap, growth, log.work)] } : growth;
};

/** How long native memory is watched at most: several times as long as everything before it. */
const watchNativeMs = 30_000;

/**
 * When only native memory grows: an allocator takes tens of megabytes before it has enough, in steps that look steady
 * over a few rounds. It is a leak only if it continues at that rate for many times the calls.
 */
export const withoutSettledMemory = async (
  growth: Growth,
  subject: Subject,
  size: RoundSize,
  log: Log,
  options: JudgeOptions,
): Promise<Growth> => {
  const [only, ...others] = growth.growing;
  if (only?.container.name !== nativeMemory || others.length > 0) return growth;
  const watch = { ...options, watchMs: Math.max(options.watchMs, watchNativeMs) };
  const work = await workOn(subject, size, log, log.calls() * timesTheCalls, watch);
  if (work === undefined) return growth;
  const continues = findCounterGrowth([...log.readings, work.after], [...log.work, work.iterations]);
  return continues.some(({ name }) => name === nativeMemory) ? growth : { ...growth, growing: [] };
};

/** Goes on working without a snapshot; undefined if so few calls fit into the time that they would show nothing new. */
const workOn = async (
  subject: Subject,
  { step }: RoundSize,
  log: Log,
  atMost: number,
  { watchMs, onProgress }: JudgeOptions,
): Promise<(Work & { before: CounterReading; after: CounterReading }) | undefined> => {
  const before = log.readings.at(-1);
  const calls = Math.min(atMost, watchMs / Math.max(log.msPerCall(), 1e-6));
  const whole = Math.floor(calls / step) * step;
  if (before === undefined || whole < log.calls()) return undefined;
  onProgress?.('checking whether the growth levels off');
  const work = await subject.run(whole, step, watchMs);
  log.add(work);
  return { ...work, before, after: await subject.read() };
};
