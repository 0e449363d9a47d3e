/**
 * Readings of the clock and the heap, for the counters of lines, inside the target. In: nothing. Out: numbers in typed
 * arrays that are always the same ones, and whether memory was collected.
 */
import { getHeapStatistics } from 'node:v8';

/** The program may replace what it finds in globals (fake timers); this is the real one. */
const now = performance.now.bind(performance);

/**
 * Readings of the clock and the heap: at the end of a line, then two before the next one begins, whose difference is what
 * a reading itself allocates at present (that changes as the optimiser comes to it). Each is clock, heap, external, clock.
 * Typed arrays, and no arithmetic after the last reading: both would allocate inside the line that is counted.
 */
export const end = new Float64Array(4);
export const first = new Float64Array(4);
export const second = new Float64Array(4);

/** Kept, so that the optimiser cannot leave a reading's allocation out. */
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
 * V8 frees the memory of dead Buffers in another thread, and takes it off its count when the next one is made: a line that
 * makes one would be credited with what others left. Making an empty one after a line settles that. It tells also whether
 * memory was collected during the line, which the heap's size does not where the line allocated more than was freed: a
 * small buffer that was dead before the line began is gone then. On Node 26 it takes some us, so it is not done again
 * within 50 us: no line makes a large Buffer in less, and no collection is as fast.
 */
const settling = { lastMs: 0, everyMs: 0.05, deadBytes: 64 };
const settled = new Float64Array(4);
export const settleBuffers = (): boolean => {
  if (end[0] - settling.lastMs < settling.everyMs) return false;
  settling.lastMs = end[0];
  lastReading.buffer = new ArrayBuffer(0);
  read(settled);
  lastReading.buffer = new ArrayBuffer(settling.deadBytes);
  lastReading.buffer = undefined;
  return settled[2] < end[2];
};
