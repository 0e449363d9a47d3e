/**
 * How many objects and references a heap holds, from V8's own statistics: one garbage collection that counts what it visits
 * (trace category `v8.gc_stats`), which takes 3 to 25 MB of memory and about a tenth of a snapshot's pause. In: an
 * attachment. Out: the counts from which the cost of a capture is estimated, or undefined if the target cannot count now.
 */
import { readText } from '../process/proc.js';
import type { Attachment } from '../attach/attach.js';
import { evaluate, turnOfLoop } from '../session/evaluate.js';

export interface HeapObjects {
  readonly nodes: number;
  /** The objects that a census looks at. */
  readonly jsObjects: number;
  readonly references: number;
  /** Slots of the longest array or table: V8 makes a text of each index, once, and spends a kilobyte on it. */
  readonly longest: Range;
  /** The text of the strings, limited for each to the part that a snapshot copies. */
  readonly textBytes: number;
  /** How much longer than its own work the target's main thread took, because other processes used the processor. */
  readonly slowdown: number;
}

export interface Range {
  readonly least: number;
  readonly likely: number;
  readonly most: number;
}

/**
 * V8's figures for one type: how many objects, their bytes, and how many in each size class; the classes double from 32
 * bytes.
 */
export interface TypeCount {
  readonly count: number;
  readonly overall: number;
  readonly histogram: readonly number[];
}

export interface ObjectStatistics {
  readonly field_data: { readonly tagged_fields: number };
  /** Its last entry is empty. */
  readonly type_data: Readonly<Record<string, TypeCount | Record<string, never>>>;
}

const arrivesWithinMs = 10_000;
const category = 'disabled-by-default-v8.gc_stats';

/**
 * Before Node 24 these statistics abort the process (`Check failed: over_allocated < size`) if the heap holds an object
 * like the one that `JSON.parse('{"866":0,"a":0,"b":0,"c":0,"d":0}')` makes.
 */
const firstSafeMajor = 24;

/** Undefined if V8 must not or cannot be asked: an older Node, another runtime, or a thread whose event loop does not turn. */
export const countHeapObjects = async (attachment: Attachment): Promise<HeapObjects | undefined> => {
  const { pid, nodeVersion } = attachment;
  if (Number(/\d+/.exec(nodeVersion)?.[0] ?? 0) < firstSafeMajor) return undefined;
  const turns = await evaluate(attachment.session, turnOfLoop, [], { awaitPromise: true, timeoutMs: 2000 }).catch(
    () => false,
  );
  if (!turns) return undefined; // a collection is a task of the event loop
  const before = scheduled(pid);
  const statistics = await collectStatistics(attachment).catch(() => undefined);
  if (statistics === undefined) return undefined;
  const after = scheduled(pid);
  const [ran, waited] = [after.ranNs - before.ranNs, after.waitedNs - before.waitedNs];
  return { ...heapObjectsOf(statistics, largestMapping(pid)), slowdown: ran > 0 ? 1 + waited / ran : 1 };
};

/** Tracing covers the whole process and is switched on by its main thread; each thread counts in its own collections. */
const collectStatistics = async ({ main, session }: Attachment): Promise<ObjectStatistics | undefined> => {
  let arrive = (_statistics: ObjectStatistics | undefined): void => {};
  const arrived = new Promise<ObjectStatistics | undefined>((resolve) => (arrive = resolve));
  // collectGarbage collects twice; only the last report is of a heap without garbage
  const stopListening = main.on('NodeTracing.dataCollected', ({ value }) => {
    const text = value.findLast(({ name }) => name === 'V8.GC_Objects_Stats')?.args?.['live'];
    if (typeof text === 'string') arrive(JSON.parse(text) as ObjectStatistics);
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await main.send('NodeTracing.start', { traceConfig: { includedCategories: [category] } });
    const collected = session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs: 180_000 });
    await collected.finally(() => main.send('NodeTracing.stop'));
    timer = setTimeout(() => arrive(undefined), arrivesWithinMs); // the statistics come after the answers
    return await arrived;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
};

/** Exported for the table of measured heaps. */
export const heapObjectsOf = (
  { type_data: types, field_data: fields }: ObjectStatistics,
  largestBytes: number | undefined,
): Omit<HeapObjects, 'slowdown'> => {
  const all = Object.entries(types).filter((entry): entry is [string, TypeCount] => Number(entry[1].count) > 0);
  const sum = (wanted: RegExp, of: (count: TypeCount) => number): number =>
    all.reduce((total, [name, count]) => total + (wanted.test(name) ? of(count) : 0), 0);
  const slots = fields.tagged_fields / wordBytes;
  const inTables = sum(tables, ({ overall }) => overall / wordBytes);
  // V8 counts the elements of an array twice: from the array, and from the store of its slots. Numbers in slots are no edges
  const elements = Math.min(
    slots,
    sum(/^ARRAY_ELEMENTS_TYPE$/, ({ overall }) => overall / wordBytes),
  );
  return {
    nodes: sum(/./, ({ count }) => count),
    jsObjects: sum(/^JS_/, ({ count }) => count),
    references: usedShare * (slots + elements - Math.min(slots, inTables * tableShareOfNumbers)),
    longest: longestOf(all, slots, largestBytes),
    textBytes: sum(texts, ({ count, overall }) => Math.min(overall, count * copiedText)),
  };
};

const wordBytes = 8;
/** A snapshot copies at most this much of each string. */
const copiedText = 1024;
/** The share of slots that lead to an object which a snapshot shows; the others hold numbers, holes, `undefined` and the like. */
const usedShare = 0.85;
/** In a Map's table a third of the slots hold numbers, and up to half are free. */
const tableShareOfNumbers = 0.55;
const tableShare: Range = { least: 0.14, likely: 0.2, most: 0.52 };
const tables = /TABLE_TYPE$|DICTIONARY/;
const arrays = /^(ARRAY_ELEMENTS|OBJECT_ELEMENTS|.*FIXED_ARRAY.*|WEAK_ARRAY.*|ARRAY_LIST)_TYPE$/;
const texts = /^(?!.*(CONS|SLICED|EXTERNAL|THIN)).*STRING_TYPE$/;

const longestOf = (types: readonly (readonly [string, TypeCount])[], slots: number, largestBytes = Infinity): Range => {
  const longest = { least: 0, likely: 0, most: 0 };
  for (const [name, count] of types) {
    const isTable = tables.test(name);
    if (!isTable && !arrays.test(name)) continue;
    const largest = largestIn(count, slots * wordBytes, largestBytes);
    const share = isTable ? tableShare : { least: 0.5, likely: 1, most: 1 };
    for (const bound of ['least', 'likely', 'most'] as const) {
      const inUse = Math.min(slots, (largest[bound] / wordBytes) * share[bound]);
      longest[bound] = Math.max(longest[bound], inUse);
    }
  }
  return longest;
};

/**
 * The bytes of the largest object of a type. V8 reports sizes by classes that double: the third is 64 to 127 bytes. The
 * last class contains everything above, of which only the sum is known. An object larger than all slots together holds
 * plain numbers. Large objects have mappings of their own, so none is larger than the largest mapping.
 */
const largestIn = ({ overall, histogram }: TypeCount, slotBytes: number, largestBytes: number): Range => {
  const last = histogram.length - 1;
  const inLast = histogram[last] ?? 0;
  const smaller = histogram.slice(0, -1).reduce((sum, count, at) => sum + count * minOfClass(at), 0);
  const least = Math.max(minOfClass(last), (overall - 2 * smaller) / inLast);
  if (inLast > 0 && least <= slotBytes) {
    const most = Math.max(least, Math.min(overall - smaller, largestBytes, (maxAboveMean * overall) / inLast));
    const mean = Math.max(least, (overall - smaller) / inLast);
    return { least, likely: Math.min(mean, most), most };
  }
  const top = histogram.slice(0, -1).findLastIndex((count) => count > 0);
  return { least: minOfClass(top), likely: 1.5 * minOfClass(top), most: 2 * minOfClass(top) };
};

const minOfClass = (at: number): number => 16 * 2 ** at;
/** Bounds the largest of several objects if nothing else does. */
const maxAboveMean = 3;

/** For a process of this machine; undefined for others, and if it may not be read. */
const largestMapping = (pid: number | undefined): number | undefined => {
  if (pid === undefined) return undefined;
  const sizes = readText(`/proc/${pid}/maps`)
    .split('\n')
    .filter((line) => /^\S+ rw-p 0+ 00:00 0\s*$/.test(line))
    .map((line) => {
      const [from = '0', to = '0'] = line.slice(0, line.indexOf(' ')).split('-');
      return Number.parseInt(to, 16) - Number.parseInt(from, 16);
    });
  return sizes.length === 0 ? undefined : Math.max(...sizes);
};

/** How long its main thread has run, and how long it was ready to run while another one ran. */
const scheduled = (pid: number | undefined): { ranNs: number; waitedNs: number } => {
  const text = pid === undefined ? '' : readText(`/proc/${pid}/task/${pid}/schedstat`);
  const [ranNs = 0, waitedNs = 0] = text === '' ? [] : text.split(' ').map(Number);
  return { ranNs, waitedNs };
};
