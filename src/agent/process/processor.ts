/**
 * How busy the processors are: how long a thread that is ready to run waits, because others run. In: a pid, and a moment of
 * memwatch's own time. Out: how many times longer than on an idle machine work takes now. Linux only; elsewhere 1.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readText } from './proc.js';

export interface Waits {
  readonly ranNs: number;
  readonly waitedNs: number;
}

/** Of the main thread, since it started. */
export const waitsOf = (pid: number | undefined): Waits =>
  pid === undefined ? { ranNs: 0, waitedNs: 0 } : readWaits(`/proc/${pid}/task/${pid}`);

const readWaits = (folder: string): Waits => {
  const [ranNs = 0, waitedNs = 0] = readText(`${folder}/schedstat`).split(' ').map(Number);
  return { ranNs, waitedNs };
};

/** What memwatch has computed in the last seconds says how busy the processors are. */
const recentMs = 5000;
/** If that is less, it computes until it is this long, which says more than the short moments in which a target runs. */
const triedNs = 6e7;
/** And longer if it had to wait: other processes may have been busy for a moment only. */
const triedLongerNs = 2e8;
const mostMs = 1500;
const pieceMs = 4;
const quietSlowdown = 1.1;

/** When memwatch last looked; first: when it started. */
let looked = { atMs: 0, waits: { ranNs: 0, waitedNs: 0 } };

/** How long memwatch's own thread ran and waited, of late. */
export const tryProcessor = async (): Promise<Waits> => {
  const start = performance.now();
  const now = readWaits('/proc/thread-self');
  const before = start - looked.atMs < recentMs ? looked.waits : now;
  const passed = (): Waits => {
    const { ranNs, waitedNs } = readWaits('/proc/thread-self');
    return { ranNs: ranNs - before.ranNs, waitedNs: waitedNs - before.waitedNs };
  };
  let waits = passed();
  const wantedNs = (): number => (slowdownOf([waits]) > quietSlowdown ? triedLongerNs : triedNs);
  while (waits.ranNs < wantedNs() && performance.now() - start < mostMs) {
    const until = performance.now() + pieceMs;
    while (performance.now() < until);
    await nextTurn();
    waits = passed();
    if (waits.ranNs === 0) break;
  }
  looked = { atMs: performance.now(), waits: readWaits('/proc/thread-self') };
  return waits;
};

export const slowdownOf = (all: readonly Waits[]): number => {
  const ranNs = all.reduce((sum, one) => sum + one.ranNs, 0);
  const waitedNs = all.reduce((sum, one) => sum + one.waitedNs, 0);
  return ranNs === 0 ? 1 : 1 + waitedNs / ranNs;
};

/** On a busy machine every thread waits for its turn. How long memwatch itself has waited since it started says how long. */
export const longerIfBusy = (ms: number): number => ms * Math.min(mostSlowdown, slowdownOf([waitsOf(process.pid)]));
const mostSlowdown = 10;
