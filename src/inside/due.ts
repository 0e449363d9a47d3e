/**
 * When a sample of what is alive is written. Reading one collects the heap, which stops the program for about 2 ms per
 * megabyte, so there are few: one early to compare with, and others as the memory comes near its limit. In: how full the
 * memory is. Out: whether one is due. It has no clock of its own.
 */

export interface Fullness {
  readonly nowMs: number;
  /** Of the heap's limit or of the container's, whichever is nearer: 0 to 1. */
  readonly share: number;
}

/** The last sample that was written. */
export interface LastSample {
  readonly endedMs: number;
  /** How long reading it took. */
  readonly tookMs: number;
  /** After the collection. */
  readonly share: number;
  /** How many in a row, with this one, found no more alive than the one before. */
  readonly vain: number;
}

const early = { share: 0.3, ageMs: 10_000 };
/** From here on samples are taken as the memory grows. */
const watched = 0.5;
const near = 0.75;
const step = 0.05;
/** At most this share of the time goes into reading samples. */
const mostTime = { usual: 0.02, near: 0.2 };
/** A program that lives near its limit and does not grow is asked ever more rarely. */
const longestWaitMs = 10 * 60_000;

export const isSampleDue = (now: Fullness, startedMs: number, last: LastSample | undefined): boolean => {
  if (last === undefined) return now.share >= early.share || now.nowMs - startedMs >= early.ageMs;
  if (now.share < watched || now.share < last.share + step) return false;
  return now.nowMs - last.endedMs >= waitMs(now.share, last);
};

const waitMs = (share: number, { tookMs, vain }: LastSample): number => {
  const byCost = tookMs / (share >= near ? mostTime.near : mostTime.usual);
  const backOff = vain === 0 ? 0 : Math.min(longestWaitMs, 1000 * 2 ** vain);
  return Math.max(byCost, backOff);
};

export const sampleTaken = (after: Fullness, startedAtMs: number, last: LastSample | undefined): LastSample => ({
  endedMs: after.nowMs,
  tookMs: after.nowMs - startedAtMs,
  share: after.share,
  vain: last === undefined || after.share >= last.share + step ? 0 : last.vain + 1,
});
