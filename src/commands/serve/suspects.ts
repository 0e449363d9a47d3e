/**
 * Suspected leaks of `memwatch serve`. In: the served processes. Out: for each whose heap is proved to grow, what a search for
 * leaks finds with counts and samples, without snapshots. One search at a time, and of each process at most one an hour.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../analyzer/model/finding.js';
import { formatPlace } from '../../analyzer/model/location.js';
import { messageOf } from '../../errors.js';
import { findAttachedLeaks } from '../../leaks/find-leaks.js';
import { escapeText } from '../../report/units.js';
import type { Io } from '../io.js';
import type { CaptureTurn } from './capture-turn.js';
import type { ServedProcess } from './served.js';

export interface Suspects {
  /** Empty until a search has called it a leak. */
  of(one: ServedProcess): readonly Finding[];
  /** When the last search has ended. */
  readonly ended: Promise<void>;
}

const lookEveryMs = 5000;
const searchEveryMs = 3_600_000;
const search = { light: true, intervalMs: 5000, maxMs: 60_000 };

/** Until the signal is aborted. */
export const searchForSuspects = (
  list: () => readonly ServedProcess[],
  turn: CaptureTurn,
  { warn, ...io }: Pick<Io, 'signal' | 'warn' | 'progress'>,
): Suspects => {
  const found = new WeakMap<ServedProcess, readonly Finding[]>();
  const searchedMs = new WeakMap<ServedProcess, number>();
  const searchIn = async (one: ServedProcess): Promise<void> => {
    searchedMs.set(one, Date.now());
    try {
      const { verdict, findings } = await findAttachedLeaks(one.attachment, search, { ...io, warn: () => {} });
      found.set(one, verdict === 'leak' ? firstOfEachPlace(findings) : []);
    } catch (error) {
      if (!io.signal.aborted && !one.attachment.ending.aborted)
        warn(escapeText(`process ${one.labels['pid']}: no search for leaks: ${messageOf(error)}`));
    }
  };
  const isDue = (one: ServedProcess): boolean =>
    one.growth().low > 0 && Date.now() - (searchedMs.get(one) ?? -Infinity) >= searchEveryMs;
  const searchAll = async (): Promise<void> => {
    while (await sleep(lookEveryMs, true, { signal: io.signal }).catch(() => false)) {
      const due = list().find(isDue);
      if (due !== undefined) await turn.take(() => searchIn(due));
    }
  };
  return { of: (one) => found.get(one) ?? [], ended: searchAll() };
};

/** What a collection holds grows with it, at the same place: it is one leak. */
const firstOfEachPlace = (findings: readonly Finding[]): Finding[] => {
  const placeOf = ({ location, signature }: Finding): string => (location === null ? signature : formatPlace(location));
  return findings.filter((one, at) => findings.findIndex((other) => placeOf(other) === placeOf(one)) === at);
};
