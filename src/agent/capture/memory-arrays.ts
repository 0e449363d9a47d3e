/**
 * Long arrays and tables in V8's heap, which have pages of their own. In: the regions of the heap, how many words of each
 * refer to objects, and a way to read memory. Out: their slots, and how many of these refer to objects.
 */
import { wordBytes, type ReadRecords } from './memory-words.js';

export interface LargeArray {
  readonly slots: number;
  /** Slots that refer to objects. */
  readonly references: number;
  /** Of the table of a WeakMap or WeakSet: its entries; 0 for others. */
  readonly weakEntries: number;
}

/** This much is read at each place. */
export const recordBytes = 128;
const mostArrays = 200;
/** V8 aligns its pages to this, and gives an object larger than half of it pages of its own. */
export const pageBytes = 2 ** 18;
export const longestWithoutPages = pageBytes / 2 / wordBytes;

/**
 * The object of a large page begins a few words after the page does, since Node 24, or after 0x1140 bytes. An array has its
 * length there, which must fit the size of the page.
 */
export const arraysAmong = async (
  heap: readonly { readonly from: number; readonly bytes: number }[],
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
    const array = arrayIn(heads.subarray(2 * index * recordBytes, 2 * (index + 1) * recordBytes), bytes);
    return array === undefined ? [] : [{ ...array, references: inIt }];
  });
};

const headAt = 0x1140;
const smallPageBytes = 4096;

const arrayIn = (heads: Buffer, regionBytes: number): Omit<LargeArray, 'references'> | undefined => {
  for (let at = 0; at < heads.length; at += wordBytes) {
    const offset = at < recordBytes ? at : at - recordBytes + headAt;
    const slots = heads.readInt32LE(at + 4);
    const restBytes = regionBytes - (offset + wordBytes + slots * wordBytes);
    const fits = heads.readInt32LE(at) === 0 && slots > 0 && restBytes >= 0 && restBytes < smallPageBytes;
    if (fits) return { slots, weakEntries: weakTableAt(heads, at)?.entries ?? 0 };
  }
  return undefined;
};

/**
 * The head of a WeakMap's table: its slots, its entries, those that were deleted, and for how many there is room. A key and a
 * value have a slot each.
 */
export const weakTableAt = (bytes: Buffer, at: number): { slots: number; entries: number } | undefined => {
  if (at + weakHeadWords * wordBytes > bytes.length) return undefined;
  const [slots, entries, deleted, room] = [0, 1, 2, 3].map((word) => integerAt(bytes, at + word * wordBytes));
  if (slots === undefined || entries === undefined || deleted === undefined || room === undefined) return undefined;
  const fits = room > 0 && Number.isInteger(Math.log2(room)) && slots === 3 + 2 * room && entries + deleted <= room;
  return fits ? { slots, entries } : undefined;
};

export const weakHeadWords = 4;

/** A word that is a small integer of V8, not below 0. */
const integerAt = (bytes: Buffer, at: number): number | undefined =>
  bytes.readInt32LE(at) === 0 && bytes.readInt32LE(at + 4) >= 0 ? bytes.readInt32LE(at + 4) : undefined;
