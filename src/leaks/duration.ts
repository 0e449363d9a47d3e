/**
 * How long a search for leaks will take, so that it can be shown before the search begins. In: what a snapshot of the
 * target costs, and the plan of the rounds. Out: an estimate, and the number of rounds of the gate.
 */
import type { SnapshotEstimate } from '../captures/estimate.js';

export interface LeakRounds {
  readonly intervalMs: number;
  readonly warmUpRounds: number;
  /** If it is not set, it depends on what a snapshot costs. */
  readonly rounds: number | undefined;
}

/** The defaults of `memwatch leaks`. */
export const usualRounds: LeakRounds = { intervalMs: 5000, warmUpRounds: 1, rounds: undefined };
/** The rounds that are compared, unless set. */
export const comparedRounds = 3;

/** How long a target is watched at most, if nothing is proved earlier. */
export const usualMaxMs = 60_000;
/** The shortest time in which growth can be ruled out. */
const leastCleanMs = 20_000;

/** The longer a snapshot stops the target, the more rounds of the gate are worth their time. */
const [longPauseUs, veryLongPauseUs] = [3e6, 10e6];

export const gateRoundsFor = ({ pauseUs }: SnapshotEstimate): number =>
  pauseUs > veryLongPauseUs ? 4 : pauseUs > longPauseUs ? 3 : 2;

/** One count of objects more in each search is cheap unless the heap is large, and saves a round where something leaks. */
export const countsInWarmUp = ({ pauseUs }: SnapshotEstimate): boolean => pauseUs <= veryLongPauseUs;

/**
 * The rounds that are compared for what the gate saw rise. Two are enough if it rose as much in each round of the gate. Where
 * each snapshot stops the target for long, the more rounds of the gate stand in for the third.
 */
export const suspectedRoundsFor = ({ pauseUs }: SnapshotEstimate, isEven = false): number =>
  isEven || pauseUs > longPauseUs ? 2 : comparedRounds;

/** Measured on heaps of 20 to 120 MB on Node 20: collecting and counting, sending a snapshot, reading all of them. */
const countMsPerMegabyte = 20;
const sendPerPause = 0.3;
const readMsPerMegabyte = 28;

export interface LeakSearchEstimate {
  /** If the gate finds that nothing grows. */
  readonly cleanMs: number;
  /** If snapshots are compared; growth that slows down takes a few more rounds. */
  readonly leakMs: number;
}

export const estimateLeakSearch = (
  snapshot: SnapshotEstimate,
  { intervalMs, warmUpRounds, rounds: given }: LeakRounds,
): LeakSearchEstimate => {
  const megabytes = snapshot.heapUsedBytes / 1e6;
  const rounds = given ?? suspectedRoundsFor(snapshot);
  const gateRounds = snapshot.enough ? gateRoundsFor(snapshot) : (given ?? comparedRounds) + 1;
  const countMs = countMsPerMegabyte * megabytes;
  const warmUpMs = warmUpRounds * intervalMs;
  const gateMs = gateRounds * intervalMs + (gateRounds + 1) * countMs;
  const cleanMs = warmUpMs + Math.max(leastCleanMs, gateMs);
  if (!snapshot.enough) return { cleanMs, leakMs: cleanMs };
  const snapshotMs = (snapshot.pauseUs / 1000) * (1 + sendPerPause) + readMsPerMegabyte * megabytes;
  return { cleanMs, leakMs: warmUpMs + gateMs + rounds * intervalMs + (rounds + 1) * snapshotMs };
};

/** `about 35 s if nothing grows, else about 2.3 min`. */
export const searchTime = ({ cleanMs, leakMs }: LeakSearchEstimate): string =>
  cleanMs === leakMs
    ? `about ${roughly(cleanMs)}`
    : `about ${roughly(cleanMs)} if nothing grows, else about ${roughly(leakMs)}`;

/** Two digits are enough for an estimate. */
const roughly = (ms: number): string =>
  ms < 90_000 ? `${Math.max(5, Math.round(ms / 5000) * 5)} s` : `${Number((ms / 60_000).toPrecision(2))} min`;
