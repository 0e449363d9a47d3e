/**
 * What the words of a target's memory hold: references or numbers. V8's counts do not say it, and the snapshot of an array
 * of references takes a hundred times the memory of that of an array of small integers. In: a session. Out: an estimate
 * from about 1,500 places, which the target reads from its own /proc/self/mem in a few milliseconds; undefined if it cannot.
 */
import { callOn, evaluateRemote, release } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';
import type { Guard } from '../session/guard.js';
import {
  arraysAmong,
  longestWithoutPages,
  pageBytes,
  recordBytes,
  weakHeadWords,
  weakTableAt,
  type LargeArray,
} from './memory-arrays.js';
import {
  addressIn,
  kindsOf,
  wordBytes,
  type Described,
  type Places,
  type ReadRecords,
  type Word,
} from './memory-words.js';

export interface MemorySample {
  readonly objects: number;
  /** Those that a census looks at. */
  readonly jsObjects: number;
  /** Strings of all kinds. */
  readonly strings: number;
  /** Strings in V8's table of names. */
  readonly names: number;
  /** The text of strings, limited for each to the part that a snapshot copies. */
  readonly textBytes: number;
  /** Words that refer to objects, other than those to layouts. */
  readonly references: number;
  readonly arrays: readonly LargeArray[];
  /** Entries of the WeakMaps and WeakSets that are not among these. */
  readonly weakEntries: number;
}

/** An empty program has twice as many: fewer mean that V8 was built in another way. */
const leastReferences = 50_000;
const mostPlaces = 1500;
const mostPlacesInRegion = 128;
/** The kind is looked up for this many words. */
const mostKinds = 1000;

export const sampleMemory = async (session: Session): Promise<MemorySample | undefined> => {
  const own = await evaluateRemote(session, () => ({}));
  try {
    const regions = readRegions(await callOn(session, own, readMaps));
    const sample = await sampleOf(regions, async (places, bytes) =>
      Buffer.from(await callOn(session, own, readPlaces, [places, bytes]), 'base64'),
    );
    return sample.references < leastReferences ? undefined : sample;
  } catch {
    return undefined; // the target may not read its own memory
  } finally {
    await release(session, own);
  }
};

export interface Region {
  readonly from: number;
  readonly bytes: number;
  readonly writable: boolean;
}

/** Mappings without a file, in the order of their addresses; V8's heap is among them. */
export const readRegions = (maps: string): Region[] =>
  Array.from(maps.matchAll(/^(\w+)-(\w+) r([w-])-p 0+ 00:00 0\s*$/gm), ([, from = '', to = '', write]) => {
    const start = Number.parseInt(from, 16);
    return { from: start, bytes: Number.parseInt(to, 16) - start, writable: write === 'w' };
  });

/** A word of the sample that refers to an object, and how many words of the heap it stands for. */
interface Reference {
  readonly address: number;
  readonly weight: number;
  readonly region: number;
}

export const sampleOf = async (regions: readonly Region[], read: ReadRecords): Promise<MemorySample> => {
  const heap = regions.filter(({ writable, bytes }) => writable && bytes >= pageBytes / 2);
  const places = placesIn(heap);
  const isWritable = (address: number): boolean => regionOf(regions, address)?.writable === true;
  const records = await read(places, recordBytes);
  const found = referencesIn(records, heap, places).filter(({ address }) => regionOf(regions, address) !== undefined);
  const variable = found.filter(({ address }) => isWritable(address));
  const constant = found.filter(({ address }) => !isWritable(address));
  const kinds = await kindsOf(addressesOf(constant), read);
  const some = everyNth(variable, mostKinds);
  const kindsOfSome = await kindsOf(addressesOf(some), read);
  const sum = (those: readonly Reference[]): number => those.reduce((total, { weight }) => total + weight, 0);
  const share = sum(variable) / Math.max(1, sum(some));
  const count = (...of: Described[]): number => {
    const isIt = (word: Word | undefined): boolean => word?.kind === 'layout' && of.includes(word.of);
    return (
      sum(constant.filter(({ address }) => isIt(kinds.get(address)))) +
      share * sum(some.filter(({ address }) => isIt(kindsOfSome.get(address))))
    );
  };
  const isReference = ({ address }: Reference): boolean => isWritable(address) || kinds.get(address)?.kind === 'string';
  const layouts = some.filter(({ address }) => kindsOfSome.get(address)?.kind === 'layout');
  const inRegion = heap.map(() => 0);
  for (const one of found.filter(isReference)) inRegion[one.region] = (inRegion[one.region] ?? 0) + one.weight;
  return {
    objects: count('object', 'text', 'name', 'string', 'other'),
    jsObjects: count('object'),
    strings: count('text', 'name', 'string'),
    names: count('name'),
    textBytes: count('text', 'name') * meanCopiedBytes(kindsOfSome),
    references: inRegion.reduce((total, words) => total + words, 0) - share * sum(layouts),
    arrays: await arraysAmong(heap, inRegion, read),
    weakEntries: weakEntriesIn(records, heap, places),
  };
};

const meanCopiedBytes = (kinds: ReadonlyMap<number, Word>): number => {
  const copies = [...kinds.values()].flatMap((word) =>
    word.kind === 'string' && word.copiedBytes > 0 ? [word.copiedBytes] : [],
  );
  return copies.reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, copies.length);
};

const addressesOf = (references: readonly Reference[]): number[] =>
  [...new Set(references.map(({ address }) => address))].slice(0, mostKinds);

const everyNth = <T>(items: readonly T[], most: number): T[] => {
  const step = Math.ceil(items.length / most);
  return items.filter((_, at) => at % step === 0);
};

/** Evenly spread places, with at least one in each region and at most as many as it needs. */
const placesIn = (heap: readonly Region[]): Places[] => {
  const wanted = heap.map(({ bytes }) => Math.min(mostPlacesInRegion, bytes / 2 ** 14));
  const share = Math.min(1, mostPlaces / wanted.reduce((sum, count) => sum + count, 0));
  return heap.map(({ from, bytes }, index) => {
    const count = Math.max(1, Math.floor((wanted[index] ?? 0) * share));
    const step = coprime(Math.floor(bytes / count / wordBytes)) * wordBytes;
    return { from: from + Math.floor(step / 2 / wordBytes) * wordBytes, step, count };
  });
};

/**
 * The entries of tables have 2, 3 or a few more words: a step that is a multiple of that would always hit the same word of
 * each.
 */
const coprime = (words: number): number => {
  let at = words;
  while ([2, 3, 5, 7].some((factor) => at % factor === 0)) at--;
  return at;
};

const referencesIn = (bytes: Buffer, heap: readonly Region[], places: readonly Places[]): Reference[] => {
  const references: Reference[] = [];
  let at = 0;
  for (const [region, { count }] of places.entries()) {
    const weight = (heap[region]?.bytes ?? 0) / (count * recordBytes);
    for (const end = at + count * recordBytes; at < end; at += wordBytes) {
      const address = addressIn(bytes, at);
      if (address !== 0) references.push({ address, weight, region });
    }
  }
  return references;
};

/** Of the tables whose heads lie within a record. A single one may be Node's own: it does not stand for others. */
const weakEntriesIn = (bytes: Buffer, heap: readonly Region[], places: readonly Places[]): number => {
  const searchedBytes = recordBytes - weakHeadWords * wordBytes;
  let [sum, tables, at] = [0, 0, 0];
  for (const [region, { count }] of places.entries()) {
    const weight = (heap[region]?.bytes ?? 0) / (count * searchedBytes);
    for (const end = at + count * recordBytes; at < end; at += recordBytes)
      for (let layoutAt = at; layoutAt < at + searchedBytes; layoutAt += wordBytes) {
        const table = addressIn(bytes, layoutAt) === 0 ? undefined : weakTableAt(bytes, layoutAt + wordBytes);
        if (table === undefined || table.slots >= longestWithoutPages || table.entries === 0) continue;
        sum += weight * table.entries;
        tables++;
      }
  }
  return tables < 2 ? 0 : sum;
};

const regionOf = (regions: readonly Region[], address: number): Region | undefined => {
  let [low, high] = [0, regions.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const region = regions[middle];
    if (region === undefined || address < region.from) high = middle - 1;
    else if (address >= region.from + region.bytes) low = middle + 1;
    else return region;
  }
  return undefined;
};

/** Runs in the target. Nothing is returned where words are not 64 bits, the low ones first, and references not whole words. */
const readMaps = (): string => {
  const { builtin }: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const isKnown = ['x64', 'arm64'].includes(process.arch) && builtin('node:os').endianness() === 'LE';
  const variables: Record<string, unknown> = { ...process.config.variables };
  const isCompressed = Boolean(variables['v8_enable_pointer_compression']);
  return isKnown && !isCompressed ? builtin('node:fs').readFileSync('/proc/self/maps', 'utf8') : '';
};

/** Runs in the target. Throws if it would take too long, because the memory has been swapped out for example. */
const readPlaces = (_: object, places: readonly Places[], bytes: number): string => {
  const { builtin }: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const fs = builtin('node:fs');
  const records = Buffer.alloc(places.reduce((sum, { count }) => sum + count, 0) * bytes);
  const memory = fs.openSync('/proc/self/mem', 'r');
  const startedAt = performance.now();
  try {
    let at = 0;
    for (const { from, step, count } of places) {
      for (let index = 0; index < count; index++, at += bytes) {
        try {
          fs.readSync(memory, records, at, bytes, from + index * step);
        } catch {
          // a page that was freed meanwhile, or is protected: zeros
        }
      }
      if (performance.now() - startedAt > 500) throw new Error('too slow');
    }
    return records.toString('base64');
  } finally {
    fs.closeSync(memory);
  }
};
