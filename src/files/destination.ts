/**
 * Finds out what a file name refers to before memwatch writes to it. In: a name. Out: a file (existing or not), or a
 * pipe or a device, which is written to directly. Refuses what another user may have planted, and what cannot be
 * written to.
 */
import { lstatSync, readlinkSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MemwatchError } from '../errors.js';

export type Destination =
  | { readonly kind: 'file'; readonly path: string; readonly existing: Stats | undefined }
  /** `isOpen`: the name refers to something that is already open in this process (`/dev/stderr`, `/dev/fd/63`). */
  | { readonly kind: 'stream'; readonly path: string; readonly stats: Stats; readonly isOpen: boolean };

/** Throws `cannot-write`. */
export const destinationOf = (file: string): Destination => {
  const { path, stats, isOpen } = follow(file, resolve(file), 0);
  if (stats === undefined) return { kind: 'file', path, existing: undefined };
  if (stats.isFIFO() && !isOpen) requireTrusted(file, 'a pipe', stats);
  if (stats.isCharacterDevice() || stats.isFIFO() || isOpen) return { kind: 'stream', path, stats, isOpen };
  if (stats.isFile()) return { kind: 'file', path, existing: stats };
  throw refusal(file, stats.isDirectory() ? 'a folder' : stats.isSocket() ? 'a socket' : 'a block device');
};

interface Followed {
  readonly path: string;
  readonly stats: Stats | undefined;
  readonly isOpen: boolean;
}

/** Follows links one by one, because a link that another user made could lead anywhere. */
const follow = (file: string, path: string, links: number): Followed => {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() !== true) return { path, stats, isOpen: false };
  if (/^\/proc\/[^/]+\/(task\/\d+\/)?fd\/\d+$/.test(path)) return { path, stats: statSync(path), isOpen: true };
  requireTrusted(file, 'a link', stats);
  if (links === mostLinks) throw refusal(file, 'a link that leads to itself');
  return follow(file, resolve(realFolder(path), readlinkSync(path)), links + 1);
};
const mostLinks = 40;

const realFolder = (path: string): string => {
  const folder = dirname(path);
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
};

/** Refuses what belongs neither to this user nor to root, who needs no tricks. */
const requireTrusted = (file: string, what: string, { uid }: Stats): void => {
  if (uid === 0 || uid === process.geteuid?.()) return;
  throw refusal(file, `${what} that belongs to another user (uid ${uid})`);
};

const refusal = (file: string, what: string): MemwatchError =>
  new MemwatchError('cannot-write', `will not write to ${file}: it is ${what}`, { hint: 'name another file' });

/** Refuses a folder that is reached through another user's link; the folder itself need not exist. */
export const requireSafePath = (folder: string): void => {
  const { stats } = follow(folder, resolve(folder), 0);
  if (stats !== undefined && !stats.isDirectory()) throw refusal(folder, 'not a folder');
};

/** The path of a name in the same folder as a file. */
export const beside = (path: string, name: string): string => join(dirname(path), name);
