/**
 * Filters and sorts long lists without blocking the thread. In: items (node or edge numbers) and a number for each.
 * Out: the items in order. The work is cut into slices; between two of them the thread serves other requests, and a
 * list that is no longer wanted is given up.
 */
import { MemwatchError } from '../../../errors.js';

export interface Slices {
  /** Lets other work run; throws `interrupted` when the list is no longer wanted. */
  pause(): Promise<void>;
}

const sliceItems = 1 << 18;

/** Slices for work that stops when `isWanted` is no longer true. */
export const createSlices = (isWanted: () => boolean): Slices => ({
  pause: async () => {
    await new Promise<void>((resume) => setImmediate(resume));
    if (!isWanted()) throw new MemwatchError('interrupted', 'another list was asked for');
  },
});

/** The items that pass the filter. */
export const filtered = async (
  items: Uint32Array,
  passes: (item: number) => boolean,
  slices: Slices,
): Promise<Uint32Array> => {
  const kept = new Uint32Array(items.length);
  let count = 0;
  let lastPause = performance.now();
  for (let from = 0; from < items.length; from += 4096) {
    const end = Math.min(items.length, from + 4096);
    for (let at = from; at < end; at++) if (passes(items[at])) kept[count++] = items[at];
    if (performance.now() - lastPause > 8) {
      await slices.pause();
      lastPause = performance.now();
    }
  }
  return kept.slice(0, count);
};

const digitBits = 16;
const digits = 1 << digitBits;

/**
 * The items from the smallest to the largest number; equal ones keep their order. A radix sort, least significant digit
 * first, on whole numbers below 2^48: it is linear, while comparing would take ten seconds for ten million items.
 */
export const sorted = async (
  items: Uint32Array,
  valueOf: (item: number) => number,
  slices: Slices,
): Promise<Uint32Array> => {
  const most = await largest(items, valueOf, slices);
  let from = items;
  for (let divisor = 1; divisor <= most; divisor *= digits) {
    from = await sortedByDigit(from, (item) => Math.floor(valueOf(item) / divisor) & (digits - 1), slices);
  }
  return from;
};

const largest = async (items: Uint32Array, valueOf: (item: number) => number, slices: Slices): Promise<number> => {
  let most = 0;
  for (let from = 0; from < items.length; from += sliceItems) {
    const end = Math.min(items.length, from + sliceItems);
    for (let at = from; at < end; at++) most = Math.max(most, valueOf(items[at]));
    await slices.pause();
  }
  return most;
};

const sortedByDigit = async (
  items: Uint32Array,
  digitOf: (item: number) => number,
  slices: Slices,
): Promise<Uint32Array> => {
  const next = new Uint32Array(digits + 1);
  for (let from = 0; from < items.length; from += sliceItems) {
    const end = Math.min(items.length, from + sliceItems);
    for (let at = from; at < end; at++) next[digitOf(items[at]) + 1]++;
    await slices.pause();
  }
  for (let digit = 0; digit < digits; digit++) next[digit + 1] += next[digit];
  const out = new Uint32Array(items.length);
  for (let from = 0; from < items.length; from += sliceItems) {
    const end = Math.min(items.length, from + sliceItems);
    for (let at = from; at < end; at++) out[next[digitOf(items[at])]++] = items[at];
    await slices.pause();
  }
  return out;
};
