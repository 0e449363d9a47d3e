/**
 * Files as a process sees them, which may be in a container. In: a pid and a path of its own. Out: the text. The container
 * may be hostile: no link in it leads outside of its root, at no moment. Each folder on the way is opened by the folder
 * before it, and links are followed here, by their text, as openat2 does with RESOLVE_IN_ROOT.
 */
import { close, constants, fstat, open, readFile, readlink, stat, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { MemwatchError } from '../../errors.js';
import { hasProc, readLink } from './proc.js';

const file = {
  open: promisify(open),
  close: promisify(close),
  fstat: promisify(fstat),
  read: promisify(readFile),
  readLink: promisify(readlink),
  stat: promisify(stat),
};

/** The text of a regular file; undefined if there is none, it may not be read or is larger than the limit. */
export const readTargetFile = async (pid: number, path: string, limitBytes: number): Promise<string | undefined> => {
  const text = (await hasOtherRoot(pid))
    ? readInside(`/proc/${pid}/root`, path, limitBytes)
    : readHere(path, limitBytes);
  return text.catch(() => undefined);
};

const readHere = async (path: string, limitBytes: number): Promise<string> => {
  checkFile(path, await file.stat(path), limitBytes);
  return file.read(path, 'utf8');
};

const checkFile = (path: string, status: Stats, limitBytes: number): void => {
  if (!status.isFile()) throw refusal(path, 'it is not a regular file');
  if (status.size > limitBytes) throw refusal(path, `it is larger than ${limitBytes} bytes`);
};

/** It has another root folder, by chroot or because its file system is that of a container. */
export const hasOtherRoot = async (pid: number): Promise<boolean> => {
  if (!hasProc) return false;
  const space = readLink(`/proc/${pid}/ns/mnt`);
  if (space !== '' && space !== readLink('/proc/self/ns/mnt')) return true;
  const [theirs, ours] = await Promise.all([file.stat(`/proc/${pid}/root`), file.stat('/')]).catch(() => []);
  return theirs !== undefined && ours !== undefined && (theirs.dev !== ours.dev || theirs.ino !== ours.ino);
};

/** Linux's O_PATH, which Node does not name: the place of a file, without opening it. */
const placeOnly = 0o10000000;
const mostLinks = 40;

/** Reads a file below a root. Throws if it is not a regular file, is larger than the limit, or the kernel says no. */
export const readInside = async (root: string, path: string, limitBytes: number): Promise<string> => {
  const place = await openPlace(root, path);
  try {
    checkFile(path, await file.fstat(place), limitBytes);
    return await file.read(`/proc/self/fd/${place}`, 'utf8');
  } finally {
    await file.close(place);
  }
};

/** The place that a path leads to; the caller closes it. */
const openPlace = async (root: string, path: string): Promise<number> => {
  const names = partsOf(path);
  const opened = [await file.open(root, placeOnly | constants.O_DIRECTORY)];
  let links = 0;
  try {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const target = name === '..' ? await goUp(opened) : await goDown(opened, name);
      if (target === undefined) continue;
      if (++links > mostLinks) throw refusal(path, 'too many links');
      names.unshift(...partsOf(target));
      if (target.startsWith('/')) await closeAll(opened.splice(1));
    }
    return opened.pop() ?? -1;
  } finally {
    await closeAll(opened);
  }
};

/** Above the root is the root. */
const goUp = async (opened: number[]): Promise<undefined> => {
  if (opened.length > 1) await closeAll(opened.splice(-1));
};

/** Opens the next place; if that is a link, returns where it leads instead. */
const goDown = async (opened: number[], name: string): Promise<string | undefined> => {
  const path = `/proc/self/fd/${opened.at(-1)}/${name}`;
  const next = await file.open(path, placeOnly | constants.O_NOFOLLOW);
  opened.push(next);
  if (!(await file.fstat(next)).isSymbolicLink()) return undefined;
  await closeAll(opened.splice(-1));
  return file.readLink(path);
};

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

const closeAll = async (places: readonly number[]): Promise<void> => {
  for (const place of places) await file.close(place);
};

const refusal = (path: string, why: string): MemwatchError =>
  new MemwatchError('cannot-read', `${path} cannot be read: ${why}`);
