/**
 * Growth outside the JavaScript heap: file descriptors, threads, realms, what keeps the event loop alive, external and
 * native memory. In: counters read after each round, and how much work each round was. Out: findings of kind `native`.
 */
import type { CounterReading } from '../../model/check.js';
import { formatBytes, formatCount } from '../../model/figures.js';
import { unplaced, type Finding } from '../../model/finding.js';

export interface CounterGrowth {
  /** A name that does not change from run to run: `file descriptors`, `Timeout`, `native memory`. */
  readonly name: string;
  readonly unit: 'count' | 'bytes';
  readonly title: string;
  readonly advice: string;
  /** One figure per reading. */
  readonly history: readonly number[];
  /** The gain per call of the body, over all rounds. */
  readonly perIteration: number;
}

/** A quantity to watch: how to read it from a reading, and how much is more than noise. */
export interface Counter {
  readonly name: string;
  readonly unit: 'count' | 'bytes';
  readonly of: (reading: CounterReading) => number | null;
  /** A smaller gain in a round is noise, however steady. */
  readonly leastPerRound: number;
  /** A smaller gain per call is noise. */
  readonly leastPerIteration: number;
  /** The slowest round must gain at least this share of the overall rate. */
  readonly steadiness?: number;
  readonly title: string;
  readonly advice: string;
  /** If title and advice depend on what else grows. */
  readonly wordsFor?: (readings: readonly CounterReading[]) => { readonly title: string; readonly advice: string };
}

export const nativeMemory = 'native memory';
export const threads = 'threads';
export const fileDescriptors = 'file descriptors';
export const childProcesses = 'child processes';
export const externalMemory = 'external memory';
export const heapMemory = 'JavaScript heap';
export const realms = 'realms';
/** The class of an object in the heap that there is for each: a finding that gains such objects is about them. */
export const classesInHeap: ReadonlyMap<string, string> = new Map([
  [realms, 'system / NativeContext'],
  [threads, 'Worker'],
  [childProcesses, 'ChildProcess'],
]);
const countedClasses: ReadonlySet<string> = new Set(classesInHeap.values());
/** Whether each object of that class stands for something that is counted outside the heap. */
export const isCounted = (className: string): boolean => countedClasses.has(className);
/** Growth of memory, as opposed to a number of things that were opened. */
export const isMemory = (name: string): boolean => [nativeMemory, externalMemory, heapMemory, realms].includes(name);
const countDefaults = { unit: 'count', leastPerRound: 1, leastPerIteration: 1 / 50 } as const;

const threadCounter: Counter = {
  ...countDefaults,
  name: threads,
  of: (reading) => reading.threads,
  title: 'threads (workers) are started and never end',
  advice: 'A Worker lives until it ends itself or terminate() is called: call it, or use a pool.',
};

const childCounter: Counter = {
  ...countDefaults,
  name: childProcesses,
  of: (reading) => reading.childProcesses,
  title: 'child processes are started and never end',
  advice: 'A child process lives until it ends itself or kill() is called: end it, or use a pool.',
};

const externalWords = {
  buffers: {
    title: 'memory outside the heap that heap objects hold (Buffers, typed arrays, native objects) grows',
    advice: 'Small heap objects can hold a lot of memory outside the heap: look at what retains Buffers.',
  },
  others: {
    title: 'memory outside the heap that heap objects other than Buffers hold grows (WebAssembly, native objects)',
    advice:
      'A WebAssembly memory only grows, and objects of a native addon stay until they are freed: call free(), close() or ' +
      'delete() on each, or create one instance and reuse it.',
  },
} as const;

/** What array buffers gained is most of what all external memory gained. */
const areBuffers = (readings: readonly CounterReading[]): boolean => {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined) return true;
  return last.arrayBuffersBytes - first.arrayBuffersBytes > 0.5 * (last.externalBytes - first.externalBytes);
};

const otherCounters: readonly Counter[] = [
  {
    ...countDefaults,
    name: fileDescriptors,
    of: (reading) => reading.fileDescriptors,
    title: 'file descriptors are opened and never closed',
    advice: 'A file, socket or watcher is opened on a path that does not close it: close it in finally.',
  },
  {
    ...countDefaults,
    name: realms,
    of: (reading) => reading.nativeContexts,
    title: 'realms (vm contexts) are created and never released',
    advice: 'Something still refers to an object of each context; each context holds its own set of built-ins.',
  },
  {
    name: externalMemory,
    unit: 'bytes',
    of: (reading) => reading.externalBytes,
    leastPerRound: 16 * 1024,
    leastPerIteration: 16,
    ...externalWords.buffers,
    wordsFor: (readings) => (areBuffers(readings) ? externalWords.buffers : externalWords.others),
  },
  {
    name: nativeMemory,
    unit: 'bytes',
    of: ({ rssBytes, heapTotalBytes, externalBytes }) =>
      rssBytes === null ? null : rssBytes - heapTotalBytes - externalBytes,
    leastPerRound: 512 * 1024,
    leastPerIteration: 64,
    steadiness: 0.7, // an allocator takes much in the first round and keeps it: for a clean program, 45 MB and then 10 were seen
    title: 'the process grows while its JavaScript heap and external memory do not',
    advice:
      'The memory belongs to a native addon, a WebAssembly memory, or zlib or crypto streams that are not closed.',
  },
];

/** Timers fire and are then gone: a growing number of them does not prove that they stay. */
export const settlesLater = (name: string): boolean => name === 'Timeout' || name === 'Immediate';

/** Words in a resource's name: what the user would call it, and what ends it. */
const resourceWords: Readonly<Record<string, readonly [string, string]>> = {
  Timeout: ['timers are set and never cleared', 'Keep what setTimeout and setInterval return, and clear it.'],
  Immediate: ['immediates are set and never run', 'Something sets immediates faster than they run.'],
  TCPSocketWrap: ['sockets are opened and never closed', 'Call destroy() or end() on every path, also after an error.'],
  TCPServerWrap: ['servers are started and never closed', 'Call close() on each server that is no longer needed.'],
  UDPWrap: ['UDP sockets are opened and never closed', 'Call close() on each socket of node:dgram.'],
  PipeWrap: ['pipes are opened and never closed', 'Call destroy() on the stream or socket on every path.'],
  FSEventWrap: ['files are watched and never released', 'Call close() on each watcher that fs.watch() returned.'],
  StatWatcher: ['files are watched and never released', 'Call fs.unwatchFile() for each fs.watchFile().'],
  MessagePort: [
    'message ports are opened and never closed',
    'Call close() on one of the two ports, or end the worker.',
  ],
};

const resourceCounter = (type: string): Counter => {
  const [title, advice] = resourceWords[type] ?? [
    `handles of type ${type} are opened and never closed`,
    'Close the handle on every path, also after an error.',
  ];
  return {
    ...countDefaults,
    name: type,
    of: (reading) => reading.resources[type] ?? 0,
    title: `${title} (${type})`,
    advice,
  };
};

/**
 * The counters that gain in every round, in proportion to its work. `work` holds the calls between one reading and the
 * next: one entry less than readings.
 */
export const findCounterGrowth = (readings: readonly CounterReading[], work: readonly number[]): CounterGrowth[] =>
  countersOf(readings).flatMap((counter) => growthOf(counter, readings, work));

/** All quantities to watch in these readings; those that explain others come first. */
export const countersOf = (readings: readonly CounterReading[]): Counter[] => {
  const types = new Set(readings.flatMap((reading) => Object.keys(reading.resources)));
  const counters = [childCounter, threadCounter, ...[...types].sort().map(resourceCounter), ...otherCounters];
  return counters.map((counter) => ({ ...counter, ...counter.wordsFor?.(readings) }));
};

/**
 * Growth of the collected heap that no object of the program's accounts for. Only the last round counts, because the
 * earlier ones include what memwatch itself and V8 create at the first readings. Less per call, or in total, is noise.
 */
export const findHeapGrowth = (
  readings: readonly CounterReading[],
  work: readonly number[],
): CounterGrowth | undefined => {
  const history = readings.map(({ heapUsedBytes }) => heapUsedBytes);
  const gained = (history.at(-1) ?? 0) - (history.at(-2) ?? 0);
  const perIteration = gained / (work.at(-1) ?? 1);
  if (gained < minHeapBytes || perIteration < minHeapBytesPerIteration) return undefined;
  return { ...heapWords, name: heapMemory, unit: 'bytes', history, perIteration };
};
const minHeapBytes = 112 * 1024;
const minHeapBytesPerIteration = 48;
const heapWords = {
  title: 'the collected heap grows, and no object of the program retains what it gains',
  advice:
    "V8's own tables hold it: symbols of Symbol.for() with new keys every time, or code that is compiled again each time.",
};

const growthOf = (counter: Counter, readings: readonly CounterReading[], work: readonly number[]): CounterGrowth[] => {
  const history = readings.map(counter.of).filter((value) => value !== null);
  if (history.length !== readings.length || !growsWithWork(history, work, counter)) return [];
  const calls = work.reduce((sum, one) => sum + one, 0);
  const perIteration = ((history.at(-1) ?? 0) - (history[0] ?? 0)) / calls;
  const { name, unit, title, advice } = counter;
  return [{ name, unit, title, advice, history, perIteration }];
};

/** Each round must gain, and the slowest at least this share of the overall rate: growth that dies down does not count. */
const usualSteadiness = 0.4;

const growsWithWork = (
  history: readonly number[],
  work: readonly number[],
  { leastPerRound, leastPerIteration, steadiness = usualSteadiness }: Counter,
): boolean => {
  if (work.length < 2) return false;
  const calls = work.reduce((sum, one) => sum + one, 0);
  const rate = ((history.at(-1) ?? 0) - (history[0] ?? 0)) / calls;
  if (rate < leastPerIteration) return false;
  return work.every((one, round) => {
    const gain = (history[round + 1] ?? 0) - (history[round] ?? 0);
    return gain >= leastPerRound && gain >= rate * one * steadiness;
  });
};

/** A counter's growth as a finding: nothing in the heap retains it, so it has no path and no object. */
export const counterFinding = (growth: CounterGrowth, callsPerRound: number): Finding => {
  const perRound = growth.perIteration * callsPerRound;
  const isBytes = growth.unit === 'bytes';
  return {
    ...unplaced,
    kind: 'native',
    title: growth.title,
    signature: `native: ${growth.name}`,
    bytesPerRound: isBytes ? perRound : 0,
    countPerRound: isBytes ? 0 : perRound,
    retainedBytesPerRound: isBytes ? perRound : 0,
    history: growth.history,
    container: { id: 0, name: growth.name, type: 'native' },
    advice: growth.advice,
    reasons: [`${growth.name}: ${growth.history.map(isBytes ? formatBytes : formatCount).join(', ')} after the rounds`],
  };
};
