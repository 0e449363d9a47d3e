/**
 * A folder that holds the snapshots of one run, `1.heapsnapshot` and so on with their scripts tables. In: the folder.
 * Out: the folder, created if missing, and without snapshots of another run, which could be mistaken for this one's.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MemwatchError } from '../errors.js';
import { guarded } from './failure.js';
import { makeFolder } from './temporary.js';

/** Throws `cannot-write` if there are snapshots already, unless they are to be replaced. */
export const prepareSeries = (folder: string, overwrite = false): void => {
  const names = checkSeries(folder, overwrite);
  guarded(folder, () => {
    for (const name of names) if (lstatSync(join(folder, name)).isFile()) rmSync(join(folder, name));
  });
};

/** The same, but removes nothing yet: a run that fails before its first snapshot must not cost those of another run. */
export const checkSeries = (folder: string, overwrite = false): string[] => {
  makeFolder(folder);
  return guarded(folder, () => {
    const names = readdirSync(folder).filter((name) => /^\d+\.heapsnapshot(\.scripts\.json)?$/.test(name));
    if (names.length === 0 || overwrite) return names;
    throw new MemwatchError('cannot-write', `${folder} holds the snapshots of another run`, {
      hint: 'name another folder, or add --overwrite to replace them',
    });
  });
};
