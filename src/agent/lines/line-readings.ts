/**
 * Readings of the clock and the heap for the line counters, inside the target. In: nothing. Out: numbers in typed arrays
 * that are reused each time, and whether a garbage collection ran.
 */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';

/** The program may replace the global one (fake timers); this is the real one. */
const now = performance.now.bind(performance);

/**
 * Readings of the clock and the heap: one at the end of a line, then two before the next line begins. The difference of
 * those two is what a reading itself allocates at present, which changes as the optimiser works. Each reading is clock,
 * heap, external, clock. They use typed arrays and no arithmetic after the last reading, since both would otherwise
 * allocate inside the line that is counted.
 */
export const end = new Float64Array(4);
export const first = new Float64Array(4);
export const second = new Float64Array(4);

/** Stored, so that the optimiser cannot remove a reading's allocation. */
const lastReading: { statistics?: ReturnType<typeof getHeapStatistics>; buffer?: ArrayBuffer | undefined } = {};

export const read = (into: Float64Array): void => {
  into[0] = now();
  const statistics = getHeapStatistics();
  lastReading.statistics = statistics;
  into[1] = statistics.used_heap_size;
  into[2] = statistics.external_memory;
  into[3] = now();
};

/**
 * V8 frees the memory of dead Buffers in another thread, and subtracts it from its count only when the next Buffer is made.
 * So a line that makes a Buffer would be credited with what earlier lines freed. Making an empty Buffer after a line
 * settles the count. It also shows a collection: a small buffer that was dead before the line began is then gone, unless that
 * thread is still busy, as it often is on Node 24 and 26. On Node 26 this takes a few us, so it is not repeated within 50 us:
 * no line makes a large Buffer in less, and no collection is that fast.
 */
const settling = { lastMs: 0, everyMs: 0.05, deadBytes: 64 };
const settled = new Float64Array(4);

/** `during`: a collection ran during the line that ends; `lately`: during that line or the one before. */
export type Seen = 'during' | 'lately' | 'none';

export const settleBuffers = (): Seen => {
  if (end[0] - settling.lastMs < settling.everyMs) return 'none';
  settling.lastMs = end[0];
  if (hasYoungShrunk()) {
    settle();
    return 'during';
  }
  return settle() ? 'lately' : 'none';
};

const settle = (): boolean => {
  lastReading.buffer = new ArrayBuffer(0);
  read(settled);
  lastReading.buffer = new ArrayBuffer(settling.deadBytes);
  lastReading.buffer = undefined;
  return settled[2] < end[2];
};

/**
 * Only a collection takes something from the space of young objects. The heap's size does not show it if the line allocated
 * more than was freed.
 */
const young = { usedBytes: 0, at: getHeapSpaceStatistics().findIndex(({ space_name: name }) => name === 'new_space') };
const hasYoungShrunk = (): boolean => {
  const before = young.usedBytes;
  young.usedBytes = getHeapSpaceStatistics()[young.at]?.space_used_size ?? 0;
  return young.usedBytes < before;
};
