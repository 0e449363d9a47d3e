/**
 * Does what grows level off? A cache that fills looks like a leak until it is full, and a snapshot of all its entries
 * costs seconds; the collected heap costs next to nothing. So the subject works on, many times the calls so far, and the
 * heap is read: where it rises on as fast, there is no bound so far; else one look more says what has stopped. In: what
 * grows. Out: whether that look was taken, or the words for how far the growth went on.
 */
import { findCounterGrowth, findHeapGrowth, nativeMemory } from '../analyzer/growth/counters.js';
import type { CounterReading } from '../analyzer/model/check.js';
import type { Finding } from '../analyzer/model/finding.js';
import { formatBytes } from '../report/units.js';
import { findingOf } from './counter-findings.js';
import type { Log } from './judged-rounds.js';
import { heldBytes, type RoundSize } from './round-size.js';
import type { Growth, JudgeOptions, Subject, Work } from './subject.js';

export interface Level {
  readonly levelsOff: boolean;
  /** How far the growth was seen to go on; null where it could not be watched. */
  readonly goesOn: string | null;
}

/** What may be gained meanwhile, and how many calls that takes at most. */
const mostBytes = 64 * 2 ** 20;
const mostCalls = 1_000_000;
/** Of what would be gained at the rate so far, what must be gained for it to go on; less than this is V8's own noise. */
const leastShare = 0.8;
const leastBytes = 256 * 1024;

const unwatched: Level = { levelsOff: false, goesOn: null };

export const watchLevel = async (
  subject: Subject,
  size: RoundSize,
  log: Log,
  growth: Growth,
  options: JudgeOptions,
): Promise<Level> => {
  if (growth.growing.some(isBesideHeap)) return unwatched;
  const bytesPerCall = bytesOf(growth) / (log.calls() / log.work.length);
  const calls = Math.min(mostCalls, mostBytes / Math.max(bytesPerCall, 1));
  const work = await workOn(subject, size, log, calls, options);
  if (work === undefined) return unwatched;
  const { iterations } = work;
  const gained = heldBytes(work.after) - heldBytes(work.before);
  const expected = bytesPerCall * iterations;
  if (expected >= leastBytes && gained >= leastShare * expected) {
    const goesOn = `it grew for ${iterations} more calls without reaching a bound: ${formatBytes(gained)} gained`;
    return { levelsOff: false, goesOn };
  }
  await log.add(work);
  return { levelsOff: true, goesOn: null };
};

/** Files, threads and timers run out, and the heap says nothing of them. */
const isBesideHeap = ({ container }: Finding): boolean => container.id === 0;

/** What all that grows gains in the mean round. */
const bytesOf = ({ growing }: Growth): number => growing.reduce((sum, one) => sum + (one.bytesPerRound ?? 0), 0);

/** Calls without a look, against the calls so far, for a heap that rises although nothing in it grows. */
const timesTheCalls = 3;
/** V8's tables grow by doubling: of what the last round gained for a call, so much must go on. */
const leastShareOfTables = 0.5;
/** Code, and what V8 notes of it, comes and goes by hundreds of kilobytes, whatever the calls. */
const leastHeapBytes = 2 * 2 ** 20;

/**
 * Where no object grows but the heap rose in the last round: does it go on? Only a heap that is the subject's alone says
 * so: in a test's own process other tests make it rise too.
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
  const goesOn = gained >= Math.max(leastHeapBytes, leastShareOfTables * heap.perIteration * work.iterations);
  return goesOn ? { ...growth, growing: [findingOf(heap, growth, log.work)] } : growth;
};

/** The longest that native memory is watched: as long as everything before it, several times over. */
const watchNativeMs = 30_000;

/**
 * Native memory that alone grows: an allocator takes tens of megabytes before it has enough, in steps that look steady
 * over a few rounds. Only what goes on at that rate over many times the calls is a leak.
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
  const goesOn = findCounterGrowth([...log.readings, work.after], [...log.work, work.iterations]);
  return goesOn.some(({ name }) => name === nativeMemory) ? growth : { ...growth, growing: [] };
};

/** Works on without a look; undefined where so few calls fit into the time that they would say nothing new. */
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
  return { ...work, before, after: await subject.read() };
};
