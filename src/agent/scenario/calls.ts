/**
 * Calls a body many times as a service under load would: one call after another, with turns of the event loop in between.
 * In: the body and how often or how long. Out: how many calls were made, and how long they took. Time that this thread
 * spent waiting for a CPU core is not counted, so that a busy machine makes the run longer, not smaller.
 */
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { watchOwnOpenings } from '../capture/openings.js';
import type { Openings } from '../capture/openings-in-target.js';
import type { SeenSite } from '../../analyzer/model/finding.js';

export interface CallOptions {
  /** The number of the first call. */
  readonly first: number;
  readonly iterations: number;
  /** Ends only after a whole multiple of this number of calls. */
  readonly step: number;
  /** No further step begins after this time. */
  readonly atMostMs: number;
  /** Called with the number of each call before it is made. */
  readonly onCall?: (i: number) => void;
}

export interface Calls {
  readonly iterations: number;
  readonly durationUs: number;
}

/** Timers, I/O and finalizers get a turn at least this often, even if the body never waits. */
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

/** This long at most; what closes by itself has a moment to do so. */
const openingMs = { calls: 2000, rest: 50 };

/** Calls the body again, and returns the stacks that opened what is still open afterwards. */
export const openingsOfCalls = async (
  body: (i: number) => unknown,
  of: Openings,
  options: Omit<CallOptions, 'atMostMs'>,
): Promise<readonly SeenSite[]> => {
  const sites = watchOwnOpenings(of);
  try {
    await callRepeatedly(body, { ...options, atMostMs: openingMs.calls });
    await sleep(openingMs.rest);
  } finally {
    sites();
  }
  return sites();
};

/** If the thread gets less than this share of the time, the machine is so busy that waiting is not worth it. */
const minShare = 0.1;

/** Milliseconds from now on, without those that this thread spent waiting for a core. */
const startClock = (): (() => number) => {
  const startedAt = performance.now();
  const queuedBefore = readQueuedMs();
  return () => {
    const passed = performance.now() - startedAt;
    return Math.max(passed * minShare, passed - (readQueuedMs() - queuedBefore));
  };
};

/** Linux counts this for each thread; 0 on other systems. */
const readQueuedMs = (): number => {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6 || 0;
  } catch {
    return 0;
  }
};
