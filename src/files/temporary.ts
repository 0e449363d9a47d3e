/**
 * Temporary folders, and what a killed memwatch left behind: the next memwatch removes it if it belongs to this user and its
 * maker is known to be gone. Links are not followed, except those that memwatch made to find it, see `leaveTrace`.
 */
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { MemwatchError, messageOf } from '../errors.js';
import { safePathOf } from './destination.js';
import { codeOf, guarded } from './failure.js';
import { isAbandoned, temporaryName } from './owner.js';

/** Whether a file is below the system's temporary folder, which TMPDIR names. */
export const isTemporaryFile = (file: string): boolean => resolve(file).startsWith(resolve(tmpdir()));

/** The path of that name in the system's temporary folder, for a socket that others look for by its name. */
export const temporaryPath = (name: string): string => join(tmpdir(), name);

/** Removes a file that is of no use any more; it may be gone already. */
export const removeFile = (path: string): void => rmSync(path, { force: true });

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
  const removeTrace = leaveTrace(path);
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true });
    removeTrace();
  };
  return { path, remove };
};

/**
 * Makes a link of the same name in the system's temporary folder, where every memwatch looks: if this one is killed, the next
 * one finds what it left in a folder that is not used again. Returns what removes the link.
 */
export const leaveTrace = (path: string): (() => void) => {
  const trace = join(tmpdir(), basename(path));
  if (resolve(trace) === resolve(path)) return () => {};
  try {
    symlinkSync(resolve(path), trace);
    return () => rmSync(trace, { force: true });
  } catch {
    return () => {}; // the temporary folder cannot be written to: then only the same folder is looked through
  }
};

/** Creates the folder that the user named, with its parent folders, for this user alone. Throws `cannot-write`. */
export const makeFolder = (folder: string): void =>
  guarded(folder, () => {
    const missing: string[] = [];
    for (let path = safePathOf(folder); lstatSync(path, { throwIfNoEntry: false }) === undefined; path = dirname(path))
      missing.unshift(path);
    missing.forEach(makeOne);
  });

/** Node's own `recursive` never returns where the kernel answers ENOENT (below /proc), and says ENOENT for a read-only disk. */
const makeOne = (path: string): void => {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // another process was faster
  }
};

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

const removeOwn = (path: string, mayBeTrace = true): void => {
  try {
    const stats = lstatSync(path);
    if (stats.uid !== process.geteuid?.()) return;
    if (stats.isSymbolicLink()) {
      const left = readlinkSync(path);
      if (!mayBeTrace || basename(left) !== basename(path)) return;
      removeOwn(left, false);
    } else if (!stats.isDirectory() && !stats.isFile()) return;
    rmSync(path, { recursive: true, force: true });
  } catch {
    // another memwatch has removed it already
  }
};
