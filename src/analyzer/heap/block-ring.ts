/**
 * Passes blocks of words from one thread to another: a ring of blocks in shared memory, filled by one thread and read by
 * the other; each waits for the other when it must. In and out: the memory, which a thread gets by message.
 */
import { sharedWords } from '../model/columns.js';

const blockCount = 16;
const blockWords = 1 << 15;

/** Indexes into `state`; the lengths of the blocks follow. */
const filledAt = 0;
const readAt = 1;
const failedAt = 2;
const lengthsAt = 3;

/**
 * The longest that the other thread may take for one block: it computes all the time, so only a thread that has died takes
 * longer.
 */
const patienceMs = 300_000;

export interface BlockRing {
  readonly words: Uint32Array;
  readonly state: Int32Array;
}

export const createBlockRing = (): BlockRing => ({
  words: sharedWords(blockCount * blockWords),
  state: new Int32Array(new SharedArrayBuffer((lengthsAt + blockCount) * 4)),
});

/** Fills blocks until `fill` returns 0; if it throws, the reader throws too. */
export const fillBlocks = ({ words, state }: BlockRing, fill: (block: Uint32Array) => number): void => {
  try {
    for (let filled = 0, length = 1; length > 0; filled++) {
      waitUntil(state, readAt, filled - blockCount + 1);
      const slot = filled % blockCount;
      length = fill(words.subarray(slot * blockWords, (slot + 1) * blockWords));
      state[lengthsAt + slot] = length;
      advance(state, filledAt);
    }
  } catch (error) {
    failBlocks({ words, state });
    throw error;
  }
};

/** Tells the reader that no more blocks will come. */
export const failBlocks = ({ state }: BlockRing): void => {
  Atomics.store(state, failedAt, 1);
  advance(state, filledAt);
};

/**
 * Returns a function that reads the blocks one after the other, the last one empty; a block is valid until the next one is
 * requested.
 */
export const createBlockReader = ({ words, state }: BlockRing): (() => Uint32Array) => {
  let read = 0;
  return () => {
    if (read > 0) advance(state, readAt);
    read++;
    waitUntil(state, filledAt, read);
    if (Atomics.load(state, failedAt) === 1) throw new Error('the second thread failed');
    const slot = (read - 1) % blockCount;
    return words.subarray(slot * blockWords, slot * blockWords + state[lengthsAt + slot]);
  };
};

export const advance = (state: Int32Array, at: number): void => {
  Atomics.add(state, at, 1);
  Atomics.notify(state, at);
};

export const waitUntil = (state: Int32Array, at: number, atLeast: number): void => {
  for (let value = Atomics.load(state, at); value < atLeast; value = Atomics.load(state, at))
    if (Atomics.wait(state, at, value, patienceMs) === 'timed-out') throw new Error('the other thread does not answer');
};
