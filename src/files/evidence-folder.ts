/**
 * Folders that a running program fills for a long time, with a bound on how much stays. In: a folder, a pattern of names
 * that are in the order of time. Out: the folder for this user alone, with only the newest of those names.
 */
import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MemwatchError } from '../errors.js';
import { guarded } from './failure.js';
import { makeFolder } from './temporary.js';

/** Creates the folder; one that is there must be this user's. Throws `cannot-write`. */
export const makeOwnFolder = (folder: string): void => {
  makeFolder(folder);
  const { uid } = guarded(folder, () => lstatSync(folder));
  if (uid !== (process.geteuid?.() ?? uid))
    throw new MemwatchError('cannot-write', `${folder} belongs to another user`, { hint: 'name another folder' });
};

/** Removes the older of the files and folders with such a name that are not in use. What cannot be removed stays. */
export const keepNewest = (
  folder: string,
  pattern: RegExp,
  count: number,
  isInUse: (name: string) => boolean = () => false,
): void => {
  const names = guarded(folder, () => readdirSync(folder))
    .filter((name) => pattern.test(name) && !isInUse(name))
    .toSorted();
  for (const name of names.slice(0, Math.max(0, names.length - count))) {
    try {
      rmSync(join(folder, name), { recursive: true, force: true });
    } catch {
      // it may be another user's
    }
  }
};

/**
 * Removes the oldest folders with such a name until all take no more than `mostBytes`, and, if the newest alone takes more,
 * its largest files.
 */
export const keepWithin = (folder: string, pattern: RegExp, mostBytes: number): void =>
  guarded(folder, () => {
    const folders = readdirSync(folder)
      .filter((name) => pattern.test(name))
      .toSorted()
      .map((name) => ({ path: join(folder, name), bytes: bytesIn(join(folder, name)) }));
    let bytes = folders.reduce((sum, one) => sum + one.bytes, 0);
    const newest = folders.pop();
    const files = newest === undefined ? [] : filesIn(newest.path).toSorted((a, b) => b.bytes - a.bytes);
    for (const one of [...folders, ...files]) {
      if (bytes <= mostBytes) return;
      rmSync(one.path, { recursive: true, force: true });
      bytes -= one.bytes;
    }
  });

const bytesIn = (folder: string): number => filesIn(folder).reduce((sum, { bytes }) => sum + bytes, 0);

const filesIn = (folder: string): { readonly path: string; readonly bytes: number }[] =>
  readdirSync(folder).map((name) => {
    const path = join(folder, name);
    return { path, bytes: lstatSync(path).size };
  });

/** Lets only this user use a file or a socket; `mode`: 0o700 for a folder. */
export const makePrivate = (path: string, mode = 0o600): void => guarded(path, () => chmodSync(path, mode));
