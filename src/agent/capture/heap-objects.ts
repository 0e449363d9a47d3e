/**
 * How many objects and references a heap holds, from a sample of the target's memory: this decides what a capture costs. In:
 * an attachment. Out: the counts, or undefined if the target's memory cannot be sampled. V8's own statistics (trace category
 * `v8.gc_stats`) are not used: on some heaps they abort Node 20 and 22.
 */
import type { Session } from '../session/protocol.js';
import { slowdownOf, tryProcessor, waitsOf } from '../process/processor.js';
import type { Attachment } from '../attach/attach.js';
import { turnsLoop } from './collect-garbage.js';
import { readCollectedHeap } from './collected-heap.js';
import type { LargeArray } from './memory-arrays.js';
import { sampleMemory, type MemorySample } from './memory-sample.js';

export interface HeapObjects {
  readonly objects: number;
  /** The objects that a census looks at. */
  readonly jsObjects: number;
  readonly strings: number;
  /** Strings in V8's table of names, such as the keys of a dictionary: each takes a capture some microseconds. */
  readonly names: number;
  /** The text of strings, limited for each to the part that a snapshot copies. */
  readonly textBytes: number;
  readonly references: Range;
  /** How many different indexes of arrays and tables hold references: V8 uses a kilobyte for the text of each. */
  readonly indexes: Range;
  /** Slots of long arrays and tables, also those that hold numbers. */
  readonly slots: number;
  /** References in large tables: at most the keys of large dictionaries, which a census lists. */
  readonly tableReferences: number;
  /** Entries of WeakMaps and WeakSets about each of which V8 writes a text of its own, three times. */
  readonly weakEntries: Range;
  /** How much longer than its own work the target's main thread takes, because other processes use the processor. */
  readonly slowdown: Range;
  /** How long a collection of garbage took just before; undefined if none was made. */
  readonly collectionUs: number | undefined;
}

export interface Range {
  readonly least: number;
  readonly likely: number;
  readonly most: number;
}

export interface CountOptions {
  /**
   * How often garbage is collected first, which stops the target for about 1.5 ms per megabyte of heap; with none, garbage is
   * counted, too. The first collection often moves objects as well. How long the second takes tells how dear the heap is to walk.
   */
  readonly collections: 0 | 1 | 2;
}

export const countHeapObjects = async (
  attachment: Attachment,
  { collections }: CountOptions,
): Promise<HeapObjects | undefined> => {
  const { pid, session } = attachment;
  const ownWaits = await tryProcessor();
  // garbage is collected by a task of the event loop
  const turns = collections > 0 && (await turnsLoop(session, 2000));
  const collectionUs = turns ? await timeCollections(session, collections) : undefined;
  // not during the collection, when the target's thread waits for V8's other threads, which a snapshot does not use
  const before = waitsOf(pid);
  const sample = await sampleMemory(session);
  if (sample === undefined) return undefined;
  const after = waitsOf(pid);
  const waits = { ranNs: after.ranNs - before.ranNs, waitedNs: after.waitedNs - before.waitedNs };
  const likely = slowdownOf([waits, ownWaits]);
  // the load of the machine changes
  const slowdown = { least: (1 + likely) / 2, likely, most: 1 + 1.2 * (likely - 1) };
  return { ...heapObjectsOf(sample), slowdown, collectionUs };
};

/** The shortest, in microseconds: a busy event loop may have kept the others waiting. */
const timeCollections = async (session: Session, collections: number): Promise<number> => {
  let shortestUs = Infinity;
  for (let at = 0; at < collections; at++) {
    const start = performance.now();
    await readCollectedHeap(session);
    shortestUs = Math.min(shortestUs, (performance.now() - start) * 1000);
  }
  return shortestUs;
};

const heapObjectsOf = (sample: MemorySample): Omit<HeapObjects, 'slowdown' | 'collectionUs'> => {
  const { objects, jsObjects, strings, names, textBytes, references, arrays, weakEntries } = sample;
  const inArrays = arrays.reduce((sum, array) => sum + (isDense(array) ? array.references : 0), 0);
  const others = Math.max(0, references - inArrays);
  const inTables = arrays.reduce((sum, array) => sum + (isDense(array) ? 0 : array.references), 0);
  // every object refers to its layout; a reference in an array is shown twice: from the array, and from the store of its slots
  return {
    objects,
    jsObjects,
    strings,
    names,
    textBytes,
    references: {
      least: objects + 0.8 * (others + inArrays),
      likely: objects + othersShown * others + 2 * inArrays,
      most: objects + 2 * (others + inArrays),
    },
    indexes: indexesOf(arrays, names, references),
    slots: arrays.reduce((sum, array) => sum + array.slots, 0),
    tableReferences: inTables,
    weakEntries: weakEntriesOf(arrays, weakEntries),
  };
};

/**
 * V8 writes about an entry only if its value is an object: one of a WeakMap then has two references, and one of a WeakSet,
 * whose value is `true`, has one.
 */
const weakEntriesOf = (arrays: readonly LargeArray[], inSmallTables: number): Range => {
  // of small ones some are seen that V8 has left behind, because they were too small
  let [least, likely, most] = [0, 0.7 * inSmallTables, 1.2 * inSmallTables];
  for (const { weakEntries, references } of arrays.filter((array) => array.weakEntries > 0)) {
    const objects = Math.min(1, Math.max(0, references / weakEntries - 1));
    least += 0.8 * objects * weakEntries;
    likely += (objects + (1 - objects) / 2) * weakEntries;
    most += weakEntries;
  }
  return { least, likely, most };
};

/** How often a snapshot shows a reference that is in no array: once or twice, on average (measured). */
const othersShown = 1.3;
/** A table has free slots, and slots with numbers. */
const isDense = ({ slots, references }: LargeArray): boolean => references > 0.6 * slots;

/** Array and table slots that hold references, at different indexes. V8's table of names is a long array as well. */
const indexesOf = (arrays: readonly LargeArray[], names: number, references: number): Range => {
  const shares = arrays.map((array) => ({ length: array.slots, share: Math.min(1, array.references / array.slots) }));
  shares.push({ length: names, share: 1 });
  shares.sort((a, b) => b.length - a.length);
  let [likely, most, free, sum] = [0, 0, 1, 0];
  for (const [at, { length, share }] of shares.entries()) {
    free *= 1 - share;
    sum += share;
    const span = length - (shares[at + 1]?.length ?? 0);
    likely += span * (1 - free);
    most += span * Math.min(1, sum);
  }
  const limit = Math.max(names, references);
  return {
    least: Math.min(limit, likely) / 4,
    likely: Math.min(limit, likely),
    most: Math.min(limit, most) + smallArray,
  };
};

/** Slots of the longest array that has no pages of its own. */
const smallArray = 2 ** 14;
