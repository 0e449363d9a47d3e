/**
 * Calls a body many times as a service under load would: one after another, with turns of the event loop in between.
 * In: the body and how much of it. Out: how many calls were made, and how long they took. Time for which this thread
 * waited for a core counts for nothing, so that a busy machine makes it later and not less.
 */
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface CallOptions {
  /** Number of the first call. */
  readonly first: number;
  readonly iterations: number;
  /** Ends only after whole multiples of this. */
  readonly step: number;
  /** No further step is begun after this time. */
  readonly atMostMs: number;
  /** Told the number of each call before it is made. */
  readonly onCall?: (i: number) => void;
}

export interface Calls {
  readonly iterations: number;
  readonly durationUs: number;
}

/** Timers, I/O and finalizers get their turn so often, also where the body never waits. */
const longestWithoutTurnMs = 20;

export const callRepeatedly = async (body: (i: number) => unknown, options: CallOptions): Promise<Calls> => {
  const { first, iterations, step, atMostMs, onCall } = options;
  const clock = startClock();
  const startedAt = performance.now();
  let until = startedAt + atMostMs;
  let turnAt = startedAt + longestWithoutTurnMs;
  let done = 0;
  for (; done < iterations; done++) {
    const now = performance.now();
    if (done > 0 && done % step === 0 && now >= until) {
      const leftMs = atMostMs - clock();
      if (leftMs <= 0) break;
      until = now + leftMs;
    }
    if (now >= turnAt) {
      await nextTurn();
      turnAt = performance.now() + longestWithoutTurnMs;
    }
    onCall?.(first + done);
    await body(first + done);
  }
  return { iterations: done, durationUs: Math.round(clock() * 1000) };
};

/** A machine so busy that less than this share of the time is ours is not waited for. */
const leastShare = 0.1;

/** Milliseconds since now, without those for which this thread stood in the queue for a core. */
const startClock = (): (() => number) => {
  const startedAt = performance.now();
  const queuedBefore = readQueuedMs();
  return () => {
    const passed = performance.now() - startedAt;
    return Math.max(passed * leastShare, passed - (readQueuedMs() - queuedBefore));
  };
};

/** Linux counts it for each thread; 0 elsewhere. */
const readQueuedMs = (): number => {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6 || 0;
  } catch {
    return 0;
  }
};
