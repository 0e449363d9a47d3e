/**
 * Where the index of a snapshot is, and whether it is still true. In: a snapshot file. Out: its index, if there is one that
 * was made of the same bytes. Indexes are in the user's cache folder, bounded in number and size.
 */
import { createHash } from 'node:crypto';
import {
  closeSync, lstatSync, openSync, readdirSync, readSync, realpathSync, statfsSync, statSync, utimesSync, type Stats,
} from 'node:fs'; // prettier-ignore
import { homedir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { IndexedFile } from '../analyzer/formats/heap-index/layout.js';
import { readHeapIndex, readIndexedFile, type HeapIndex } from '../analyzer/formats/heap-index/read.js';
import { scriptsFileOf } from '../analyzer/model/scripts.js';
import { messageOf } from '../errors.js';
import { removeFile } from '../files/temporary.js';
import { requireRegularFile } from '../input.js';

/** Of all indexes together; those that were not used for the longest time are removed first. */
const mostBytes = 8 * 2 ** 30;
/** An index may take this share of the disk's free bytes. */
const mostOfFree = 0.25;

/** The folder of all indexes of this user. */
const indexFolder = (): string => {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const cache = XDG_CACHE_HOME || (process.platform === 'win32' && LOCALAPPDATA) || join(homedir(), '.cache');
  return join(cache, 'memwatch', 'indexes');
};

/** The name that an index of this file has. */
export const indexOf = ({ path }: Pick<IndexedFile, 'path'>): string =>
  join(indexFolder(), `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.index`);

/** Whether there is an index, true or not: identifying a file reads a megabyte of it. */
export const hasIndex = (file: string): boolean => {
  try {
    return statSync(indexOf({ path: realpathSync(file) }), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // the file cannot be read: whoever reads it says why
  }
};

const samples = 64;
const sampleBytes = 1 << 14;

/** What identifies the content of a file; undefined if it cannot be read: whoever reads it says why. */
export const identify = (file: string): IndexedFile | undefined => {
  try {
    requireRegularFile(file);
    return identityOf(file);
  } catch {
    return undefined;
  }
};

const identityOf = (file: string): IndexedFile => {
  const path = realpathSync(file);
  const descriptor = openSync(path, 'r');
  try {
    const { size, mtimeMs } = statSync(path);
    const sample = Buffer.alloc(sampleBytes);
    let checksum = 0;
    for (let number = 0; number < samples; number++) {
      const at = Math.floor((Math.max(0, size - sampleBytes) * number) / (samples - 1));
      checksum = crc32(sample.subarray(0, readSync(descriptor, sample, 0, sampleBytes, at)), checksum);
    }
    return { path, bytes: size, modifiedMs: mtimeMs, checksum, scripts: scriptsOf(file) };
  } finally {
    closeSync(descriptor);
  }
};

const scriptsOf = (file: string): string => {
  const stats = statSync(scriptsFileOf(file), { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.size} ${stats.mtimeMs}`;
};

/** The index of a file; undefined if there is none, or none that is true. `warn` hears why one is ignored. */
export const findIndex = (file: IndexedFile, warn: (text: string) => void): HeapIndex | undefined => {
  const path = indexOf(file);
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!isOwn(stats)) throw new Error(`the index ${path} belongs to another user`);
    const index = readHeapIndex(path, removeFile);
    const changed = (['path', 'bytes', 'modifiedMs', 'checksum', 'scripts'] as const).some(
      (name) => index.file[name] !== file[name],
    );
    if (changed) warn(`${file.path} has changed since its index was made: the index is ignored`);
    else utimesSync(path, new Date(), new Date()); // used now, see makeRoom
    return changed ? undefined : index;
  } catch (error) {
    warn(`${messageOf(error)}: it is ignored`);
    return undefined;
  }
};

/**
 * Removes indexes whose snapshots are gone, and the oldest ones, until one of this size fits. Returns false if it never will.
 */
export const makeRoom = (folder: string, bytes: number): boolean => {
  const { bavail, bsize } = statfsSync(folder);
  if (bytes > mostBytes || bytes > bavail * bsize * mostOfFree) return false;
  let total = bytes;
  for (const { path, size } of indexesIn(folder)) {
    if (total + size > mostBytes || isOrphan(path)) removeFile(path);
    else total += size;
  }
  return true;
};

/** It could hold anything otherwise: root may use the cache folder of another user. */
const isOwn = ({ uid }: Stats): boolean => uid === (process.geteuid?.() ?? uid);

/** Those used last first. */
const indexesIn = (folder: string): { path: string; size: number; usedMs: number }[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.index'))
    .flatMap((name) => {
      const path = join(folder, name);
      const stats = lstatSync(path);
      return isOwn(stats) ? [{ path, size: stats.size, usedMs: stats.mtimeMs }] : [];
    })
    .toSorted((a, b) => b.usedMs - a.usedMs);

const isOrphan = (path: string): boolean => {
  try {
    return statSync(readIndexedFile(path, removeFile).path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return true; // it cannot be used
  }
};
