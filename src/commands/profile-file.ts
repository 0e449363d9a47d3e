/**
 * Files that a user names: a profile of any format, or the right name of what the file is. In: a path. Out: a Profile,
 * with a warning for parts that could not be read; errors that name the command that opens the file.
 */
import { open, stat } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { gunzipSync, constants } from 'node:zlib';
import { isGzip } from '../analyzer/formats/file-content.js';
import { nameFormat, readProfile } from '../analyzer/formats/profile.js';
import type { Profile } from '../analyzer/model/profile.js';
import { cannotRead, MemwatchError } from '../errors.js';
import { escapeText } from '../report/units.js';
import { readCaptureBytes } from './capture-file.js';
import type { Io } from './io.js';

/** The text names a regular file and is not a process id. */
export const isFile = (text: string): boolean =>
  !/^\d+(\/\d+)?$/.test(text) && statSync(text, { throwIfNoEntry: false })?.isFile() === true;

/** The text names a file, and not the script of a process: `memwatch heap server.js` means the process that runs it. */
export const isCapture = (text: string): boolean => isFile(text) && !/\.[cm]?[jt]sx?$/.test(text);

/** Throws `cannot-read`, `not-this-format`, `broken-file`. */
export const openProfile = async (file: string, io: Pick<Io, 'warn'>): Promise<Profile> => {
  const profile = await readProfileFile(file);
  for (const warning of profile.warnings ?? []) io.warn(escapeText(`${file}: ${warning}`));
  return profile;
};

/** As `openProfile`, without warnings. */
export const readProfileFile = async (file: string): Promise<Profile> => {
  if (await beginsAsSnapshot(file)) throw wrongFile(file, { name: 'a heap snapshot', command: 'heap' }, undefined);
  return readProfileBytes(await readCaptureBytes(file), file);
};

export const readProfileBytes = (bytes: Uint8Array, file: string): Profile => naming(file, () => readProfile(bytes));

/** Errors of `read` with the file's name. */
const naming = (file: string, read: () => Profile): Profile => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MemwatchError)) throw error;
    throw new MemwatchError(error.code, `${file}: ${error.message}`, { hint: error.hint, cause: error });
  }
};

interface FileName {
  readonly name: string;
  readonly command?: string;
  readonly hint?: string;
  /** Of a profile. */
  readonly read?: () => Profile;
}

/** The kind of the file, with the command that opens it; undefined if memwatch does not know it. Throws `broken-file`. */
export const nameFile = async (file: string): Promise<FileName | undefined> => {
  if (await beginsAsSnapshot(file)) return { name: 'a heap snapshot', command: 'heap' };
  const named = nameFormat(await readCaptureBytes(file));
  return named && { ...named, read: () => naming(file, named.read) };
};

/** Throws `cannot-read` if there is no such file, `not-this-format` unless it begins as a snapshot. */
export const requireSnapshot = async (file: string): Promise<void> => {
  await stat(file).catch((error: unknown) => Promise.reject(cannotRead(file, error)));
  if (!(await beginsAsSnapshot(file)))
    throw new MemwatchError('not-this-format', `${file} is not a heap snapshot`, {
      hint: 'leaks reads three or more .heapsnapshot files of one process',
    });
};

/** Snapshots are too large to read just to identify them; their first bytes are enough. */
const beginsAsSnapshot = async (file: string): Promise<boolean> => {
  const start = await readStart(file);
  const bytes = isGzip(start) ? gunzipStart(start) : start;
  return /^\s*\{\s*"snapshot"\s*:/.test(bytes.toString('latin1', 0, 4096));
};

const readStart = async (path: string): Promise<Buffer> => {
  if (!(await stat(path).catch(() => undefined))?.isFile()) return Buffer.alloc(0); // the reader reports the error
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const gunzipStart = (start: Buffer): Buffer => {
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
};

/** Commands that take profiles of any kind; their errors are passed on unchanged. */
const takesProfiles: readonly string[] = ['view', 'export', 'diff', 'mcp'];

/** Commands that take snapshots alone; a result of memwatch may look like a broken one. */
const takesSnapshots: readonly string[] = ['heap', 'waste', 'query'];

/** `leaks` compares several snapshots; `cpu` and `alloc` read all that `view` reads, and say what they miss in it. */
const isFor = (command: string, named: FileName, files: readonly string[]): boolean =>
  named.command === command ||
  (named.command === 'heap' && takesSnapshots.includes(command)) ||
  (named.command === 'heap' && command === 'leaks' && files.length > 1) ||
  (named.command === 'view' && ['cpu', 'alloc'].includes(command));

const isEmpty = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.size === 0;

/** If the file belongs to another command, an error that names that command; else the error as it was. */
export const explainFile = async (thrown: unknown, [command = '', ...words]: readonly string[]): Promise<unknown> => {
  if (!(thrown instanceof MemwatchError)) return thrown;
  const isNoTarget = thrown.code === 'not-found' && words.some((word) => thrown.message.endsWith(` runs ${word}`));
  const isOther = ['not-this-format', 'bad-argument'].includes(thrown.code) || isNoTarget;
  if (!isOther && !(thrown.code === 'broken-file' && takesSnapshots.includes(command))) return thrown;
  if (thrown.code === 'bad-argument' && takesProfiles.includes(command)) return thrown;
  if (thrown.message.startsWith('-')) return thrown; // it is about an option
  const files = words.filter(isFile);
  const blamed = files.filter((file) => thrown.message.includes(file));
  for (const file of blamed.length > 0 ? blamed : files) {
    if (isEmpty(file))
      return new MemwatchError('not-this-format', `${file} is empty`, { hint: thrown.hint, cause: thrown });
    const named = await nameFile(file).catch(() => undefined);
    if (
      named !== undefined &&
      !isFor(command, named, files) &&
      !(named.command === 'heap' && !isOther) &&
      !thrown.message.includes(named.name)
    )
      return wrongFile(file, named, thrown);
  }
  return thrown;
};

/** Throws `not-this-format` if a capture is named instead of a module. */
export const refuseCapture = async (file: string): Promise<void> => {
  if (/\.[cm]?[jt]sx?$/.test(file) || !isFile(file)) return;
  const named = await nameFile(file);
  if (named !== undefined) throw wrongFile(file, named, undefined);
};

const wrongFile = (file: string, { name, command, hint }: FileName, cause: unknown): MemwatchError =>
  new MemwatchError('not-this-format', `${file} is ${name}`, {
    hint: command === undefined ? (hint ?? 'no memwatch command opens it') : `run memwatch ${command} ${file}`,
    cause,
  });
