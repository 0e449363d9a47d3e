/**
 * The result of a watch, in words: what was looked at, what was not, how fast everything grows at most, and what would
 * settle the open questions. In: readings and bounds. Out: the parts of a LeakReport that come from watching.
 */
import { formatBytes, formatRate } from '../model/figures.js';
import type { LeakReport, NotLooked, ThreadVerdict } from '../model/finding.js';
import type { ProcessReading } from '../model/process-reading.js';
import { boundOf, isPartOf, isWorkerHeap, workerHeap, type Known } from './readings/bounds.js';
import { heapMemory, nativeMemory, settlesLater } from './readings/counters.js';
import { verdictOf } from './verdict.js';

/** What is known when a watch ends. */
export interface Watch {
  readonly readings: readonly ProcessReading[];
  readonly known: readonly Known[];
  /** Collected heap at the end of each round, and at the start of the first. */
  readonly heapBytes: readonly number[];
  /** How long the watch may take; what is open at its end stays open. */
  readonly allowedMs: number;
  readonly classes: number;
}

export type Coverage = Pick<LeakReport, 'bounds' | 'looked' | 'notLooked' | 'threads'>;

export const watchedMs = ({ readings }: Watch): number => (readings.at(-1)?.atMs ?? 0) - (readings[0]?.atMs ?? 0);

/** A target that allocates and computes less than this only waits and answers memwatch, which allocates `bytesPerReading` in it. */
const idle = { allocatedBytesPerSecond: 24 * 1024, bytesPerReading: 16 * 1024, cpuShare: 0.02, ofReadings: 0.25 };

/** Whether the target did any work, as far as can be seen: a target that does nothing shows no leak. */
export const didWork = ({ readings }: Watch): boolean => {
  const worked = readings.slice(1).filter(({ allocatedBytes, cpuUs, atMs }, i) => {
    const ms = atMs - (readings[i]?.atMs ?? 0);
    const waits = idle.bytesPerReading + (idle.allocatedBytesPerSecond * ms) / 1000;
    return allocatedBytes > waits || cpuUs > idle.cpuShare * ms * 1000;
  });
  const of = readings.length - 1;
  return worked.length > Math.max(idle.ofReadings * of, Math.min(2, of - 1)); // V8's own work shows in one or two
};

export const coverageOf = (watch: Watch): Coverage => {
  const isHandle = (of: string): boolean => watch.readings.some(({ resources }) => resources[of] !== undefined);
  const handles = watch.known.filter(({ of }) => isHandle(of)).map(({ of }) => of);
  const others = watch.known.map(({ of }) => of).filter((of) => !handles.includes(of));
  const all = [
    ...others,
    ...(handles.length > 0 ? [`handles (${handles.join(', ')})`] : []),
    ...(watch.classes > 0 ? ['classes and collections'] : []),
  ];
  return { bounds: watch.known.map(boundOf), looked: all, notLooked: notCovered(watch), threads: threadsOf(watch) };
};

const notCovered = (watch: Watch): NotLooked[] => {
  const first = watch.readings[0];
  if (first === undefined) return [];
  const unread = first.fileDescriptors === null;
  const beside = { what: 'file descriptors, threads and child processes', why: 'the system does not report them' };
  const silent = silentWorkers(watch.readings).map(({ title, silence }) => ({
    what: title,
    why: `it does not answer: ${silence}`,
  }));
  const seconds = Math.round(watchedMs(watch) / 1000);
  const rare = { what: `work that occurs less often than every ${seconds} s`, why: `it was watched for ${seconds} s` };
  return [...(unread ? [beside] : []), ...silent, rare, ...slow(watch)];
};

/** Slower growth than this is found if the counts of objects show it, but the sum of the heap does not rule it out. */
const slow = ({ known, allowedMs }: Watch): NotLooked[] => {
  const heap = known.find(({ of }) => of === heapMemory);
  if (heap === undefined) return [];
  const what = `growth of the heap by less than ${perSecond(heap, heap.least)} that no count of objects shows`;
  return [{ what, why: `at most ${formatStep(allowedMs)} were allowed; a longer --max-time finds less` }];
};

const silentWorkers = (readings: readonly ProcessReading[]): ProcessReading['workers'] =>
  (readings.at(-1)?.workers ?? []).filter(({ heapUsedBytes }) => heapUsedBytes === null);

const threadsOf = ({ readings, known }: Watch): ThreadVerdict[] =>
  (readings.at(-1)?.workers ?? []).map(({ id }) => {
    const state = known.find(({ of }) => of === workerHeap(id))?.state;
    return { worker: id, verdict: verdictOf({ findings: 0, undecided: state === 'excluded' ? 0 : 1 }) };
  });

/** The reasons why a watch cannot end as clean, most important first; empty if all growth is excluded. */
export const undecidedOf = (watch: Watch): string[] => {
  const grown = watch.known.filter(
    ({ state, of }) => state === 'grows' && isPartOf(of) === undefined && !isWorkerHeap(of),
  ); // a worker's heap is searched by itself
  const isIdle = watchedMs(watch) > 0 && !didWork(watch);
  const creeping = watch.known.filter(
    ({ state, of }) => state === 'creeps' && !isIdle && isPartOf(of) === undefined && !isWorkerHeap(of),
  );
  const slowing = watch.known.filter(({ state }) => state === 'slows');
  const open = isIdle ? [] : watch.known.filter(({ state, of }) => state === 'open' && isPartOf(of) === undefined);
  return [
    ...grown.map((known) => `${rose(known, watch)}, and memwatch found no object that retains it${toSettle(known)}`),
    ...creeping.map(
      (known) => `${rose(known, watch)}, and memwatch found no object that retains it: ${wouldSettle(known, watch)}`,
    ),
    ...slowing.map((known) => `${rose(known, watch)}, but less at the end: it may be a cache that is still filling`),
    ...(isIdle ? ['it did hardly any work while it was watched: put load on it with --load'] : []),
    ...open
      .filter(hasBound)
      .map((known) =>
        known.hiddenPerSecond === undefined
          ? `${rose(known, watch)}: ${wouldSettle(known, watch)}`
          : hiddenText(known, known.hiddenPerSecond),
      ),
    ...readTooSeldom(open, watch),
    ...silentWorkers(watch.readings)
      .slice(0, 1)
      .map(({ title }) => `${title} does not answer, so its heap is not known`),
  ];
};

const hiddenText = (known: Known, hidden: number): string =>
  `${nameOf(known.of)} may grow by up to ${perSecond(known, hidden)} unseen: its allocator would first use the free memory that the ` +
  'snapshots left; to settle it, memwatch memory --try-trim gives that back, then look again';

/** Before the first look nothing has a bound; then only the heap is named. */
const hasBound = ({ of, slope }: Known): boolean => of === heapMemory || Number.isFinite(slope.high);

/** Quantities without a bound, once snapshots have decided about the heap: until they have one, the target is not clean. */
const readTooSeldom = (open: readonly Known[], watch: Watch): string[] => {
  const [first, ...others] = open.filter((known) => !hasBound(known));
  if (first === undefined || open.some(({ of }) => of === heapMemory)) return [];
  const names = [first, ...others].map(({ of }) => of).join(', ');
  return [`there were too few readings of ${names} to rule out growth: ${wouldSettle(first, watch)}`];
};

const toSettle = ({ of }: Known): string => (settlesLater(of) ? '; they may still run and go away' : '');

/** `the heap grew by 0.16 MB in 6 s`, with its confidence. */
const rose = (known: Known, watch: Watch): string => {
  const { of, history, slope } = known;
  const gained = Math.max(0, slope.estimate * (watchedMs(watch) / 1000));
  const range = Number.isFinite(slope.low)
    ? ` (95 %: ${perSecond(known, slope.low)} to ${perSecond(known, slope.high)})`
    : '';
  const seconds = Math.round(watchedMs(watch) / 1000);
  const last = Math.max(0, (history.at(-1) ?? 0) - (history[0] ?? 0));
  return `${nameOf(of)} grew by ${amount(known, gained || last)} in ${seconds} s${range}`;
};

/** A bound shrinks with the time to the power of 1.5, unless the errors of readings are correlated over all of that time. */
const wouldSettle = ({ slope, least }: Known, watch: Watch): string => {
  const times = Number.isFinite(slope.high) ? Math.max(slope.high / least, 1) ** (2 / 3) : 2;
  const neededMs = Math.max(watch.allowedMs, watchedMs(watch)) * Math.max(1.5, times);
  const step = steps.find((ms) => ms >= neededMs);
  return step === undefined ? '--max-time 60m would show more' : `--max-time ${formatStep(step)} would settle it`;
};

const steps = [30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 3_600_000];
const formatStep = (ms: number): string => (ms < 60_000 ? `${ms / 1000}s` : `${ms / 60_000}m`);

/** `the heap grows by less than 2.1 KB/s (95 %), native memory by less than 40 KB/s, nothing else grows`. */
export const renderBounds = ({ known }: Watch): string => {
  const heap = known.find(({ of }) => of === heapMemory);
  if (heap === undefined) return 'nothing grows';
  const others = known.filter(({ of, slope }) => of !== heapMemory && isPartOf(of) === undefined && slope.high > 0);
  const rest = others.map((one) => `${nameOf(one.of)} by less than ${perSecond(one, one.slope.high)}`);
  const how =
    heap.seenForMs === undefined ? '95 %' : `by what ${Math.round(heap.seenForMs / 1000)} s of work left in it`;
  const all = [`the heap grows by less than ${perSecond(heap, Math.max(0, heap.slope.high))} (${how})`, ...rest];
  return `${all.join(', ')}; no ${others.length > 0 ? 'other ' : ''}handle, file, thread, child process or memory grows`;
};

const nameOf = (of: string): string => (of === heapMemory ? 'the heap' : of === nativeMemory ? 'native memory' : of);

const perSecond = (known: Known, rate: number): string =>
  Number.isFinite(rate) ? `${amount(known, rate)}/s` : 'an unknown rate';

const amount = ({ unit }: Known, value: number): string =>
  unit === 'bytes' ? formatBytes(Math.round(value)) : formatRate(value);
