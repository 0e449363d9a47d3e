/**
 * Temporary folders, and what a killed memwatch left behind: the next memwatch removes it if it belongs to this user
 * and its maker is known to be gone. Links are never followed.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MemwatchError, messageOf } from '../errors.js';
import { safePathOf } from './destination.js';
import { codeOf, guarded } from './failure.js';
import { isAbandoned, temporaryName } from './owner.js';

/** Whether a file is below the system's temporary folder, which TMPDIR names. */
export const isTemporaryFile = (file: string): boolean => resolve(file).startsWith(resolve(tmpdir()));

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/** A folder for this user alone, in the system's temporary folder or in another. Throws `cannot-write`. */
export const createTemporaryFolder = (parent = tmpdir()): TemporaryFolder => {
  const path = join(
    guarded(parent, () => safePathOf(parent)),
    temporaryName(),
  );
  removeAbandoned(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    throw new MemwatchError('cannot-write', `cannot make a temporary folder in ${parent}: ${messageOf(cause)}`, {
      hint: parent === tmpdir() ? 'set TMPDIR to a folder that can be written to' : undefined,
      cause,
    });
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** Creates the folder that the user named, with its parent folders, for this user alone. Throws `cannot-write`. */
export const makeFolder = (folder: string): void =>
  guarded(folder, () => {
    const path = safePathOf(folder);
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      mkdirSync(path, { mode: 0o700 }); // says why: with `recursive` a read-only disk is ENOENT
    }
  });

const looked = new Set<string>();

/** Done once per folder; what cannot be read or removed stays. */
export const removeAbandoned = (folder = tmpdir()): void => {
  if (looked.has(folder)) return;
  looked.add(folder);
  try {
    for (const name of readdirSync(folder)) if (isAbandoned(name)) removeOwn(join(folder, name));
  } catch {
    // the folder cannot be read: then nothing is removed
  }
};

const removeOwn = (path: string): void => {
  try {
    const stats = lstatSync(path);
    const isOwn = stats.uid === process.geteuid?.() && (stats.isDirectory() || stats.isFile());
    if (isOwn) rmSync(path, { recursive: true, force: true });
  } catch {
    // another memwatch has removed it already
  }
};
