/**
 * What the words of a target's memory hold: references or numbers. V8's counts do not say it, and the snapshot of an array
 * of references takes a hundred times the memory of that of an array of small integers. In: a session. Out: an estimate
 * from about 1,500 places, which the target reads from its own /proc/self/mem in a few milliseconds; undefined if it cannot.
 */
import { callOn, evaluateRemote } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';
import type { Guard } from '../session/guard.js';
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
  /** The largest arrays and tables: their slots, and how many of these refer to objects. */
  readonly arrays: readonly LargeArray[];
}

export interface LargeArray {
  readonly slots: number;
  readonly references: number;
}

/** An empty program has twice as many: fewer mean that V8 was built in another way. */
const leastReferences = 50_000;
/** This much is read at each place. */
const recordBytes = 64;
const mostPlaces = 1500;
const mostPlacesInRegion = 128;
const mostArrays = 200;
/** The kind is looked up for this many words. */
const mostKinds = 1000;
/** V8 aligns its pages to this, and gives an object larger than half of it pages of its own. */
const pageBytes = 2 ** 18;

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
    await session.send('Runtime.releaseObject', { objectId: own }).catch(() => {});
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
  const found = referencesIn(await read(places, recordBytes), heap, places).filter(
    ({ address }) => regionOf(regions, address) !== undefined,
  );
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

/** The entries of tables have 2, 3 or a few more words: a step in which they fit would always meet the same ones of them. */
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

/**
 * The object of a large page begins a few words after the page does, since Node 24, or after 0x1140 bytes. An array has its
 * length there, which must fit the size of the page.
 */
const arraysAmong = async (
  heap: readonly Region[],
  references: readonly number[],
  read: ReadRecords,
): Promise<LargeArray[]> => {
  const largest = heap
    .map((region, index) => ({ ...region, references: references[index] ?? 0 }))
    .filter(({ from }) => from % pageBytes === 0)
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, mostArrays);
  const heads = await read(
    largest.map(({ from }) => ({ from, step: headAt, count: 2 })),
    recordBytes,
  );
  return largest.flatMap(({ bytes, references: inIt }, index) => {
    const slots = slotsIn(heads.subarray(2 * index * recordBytes, 2 * (index + 1) * recordBytes), bytes);
    return slots === undefined ? [] : [{ slots, references: inIt }];
  });
};

const headAt = 0x1140;
const smallPageBytes = 4096;

const slotsIn = (heads: Buffer, regionBytes: number): number | undefined => {
  for (let at = 0; at < heads.length; at += wordBytes) {
    const offset = at < recordBytes ? at : at - recordBytes + headAt;
    const slots = heads.readInt32LE(at + 4);
    const restBytes = regionBytes - (offset + wordBytes + slots * wordBytes);
    if (heads.readInt32LE(at) === 0 && slots > 0 && restBytes >= 0 && restBytes < smallPageBytes) return slots;
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
