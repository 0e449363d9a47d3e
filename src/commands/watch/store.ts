/**
 * The folder of `memwatch watch`: a folder for each event, with a bound on what all of them take. In: the folder's name and
 * the bound. Out: folders to fill, and the events that are there from before.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { watchEvent } from '../../analyzer/formats/documents/watch-event.js';
import type { WatchEvent } from '../../analyzer/model/watch-event.js';
import { keepWithin, makeOwnFolder } from '../../files/evidence-folder.js';
import { readRegularFile } from '../../input.js';

export interface EvidenceStore {
  readonly mostBytes: number;
  /** A new folder for this user alone. */
  create(timeMs: number, pid: number | null): string;
  /** Removes the oldest evidence if all takes too much. */
  makeRoom(): void;
  /** The events that memwatch captured before into this folder. */
  events(): WatchEvent[];
}

/** As `20261128-083000-123-4711`: names are in the order of time. */
const eventFolder = /^\d{8}-\d{6}-\d{3}-\w+$/;
/** For the report and the event, which are written when there is room. */
const reserveBytes = 256 * 1024;

/** Throws `cannot-write`. */
export const openStore = (keep: string, mostBytes: number): EvidenceStore => {
  makeOwnFolder(keep);
  return {
    mostBytes,
    create: (timeMs, pid) => {
      const stamp = new Date(timeMs).toISOString().slice(0, 23).replaceAll(/[-:]/g, '').replaceAll(/[T.]/g, '-');
      const folder = join(keep, `${stamp}-${pid ?? 'remote'}`);
      makeOwnFolder(folder);
      return folder;
    },
    makeRoom: () => keepWithin(keep, eventFolder, mostBytes - reserveBytes),
    events: () =>
      readdirSync(keep)
        .filter((name) => eventFolder.test(name))
        .flatMap((name) => readEvent(join(keep, name))),
  };
};

/** None if memwatch was killed before it was written. */
const readEvent = (folder: string): WatchEvent[] => {
  try {
    return [watchEvent(JSON.parse(readRegularFile(join(folder, 'event.json')).toString('utf8')), '')];
  } catch {
    return [];
  }
};
