/**
 * Calls a body many times as a service under load would: one after another, with turns of the event loop in between.
 * In: the body and how much of it. Out: how many calls were made.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface CallOptions {
  /** Number of the first call. */
  readonly first: number;
  readonly iterations: number;
  /** Ends only after whole multiples of this. */
  readonly step: number;
  /** By performance.now(): no further step is begun after this. */
  readonly until: number;
  /** Told the number of each call before it is made. */
  readonly onCall?: (i: number) => void;
}

/** Timers, I/O and finalizers get their turn so often, also where the body never waits. */
const longestWithoutTurnMs = 20;

export const callRepeatedly = async (body: (i: number) => unknown, options: CallOptions): Promise<number> => {
  const { first, iterations, step, until, onCall } = options;
  let turnAt = performance.now() + longestWithoutTurnMs;
  for (let done = 0; done < iterations; done++) {
    const now = performance.now();
    if (done > 0 && done % step === 0 && now >= until) return done;
    if (now >= turnAt) {
      await nextTurn();
      turnAt = performance.now() + longestWithoutTurnMs;
    }
    onCall?.(first + done);
    await body(first + done);
  }
  return iterations;
};
