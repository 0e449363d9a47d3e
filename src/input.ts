/**
 * Files that a user or a capture names, for reading: regular files only. A device may have no end, and opening a pipe that
 * nobody writes to never returns. In: a path. Out: its bytes. Throws the system's errors; `cannotRead` makes them a message.
 */
import { readFileSync, statSync } from 'node:fs';

/** Throws if there is no such file, or it is something else, such as a device. */
export const requireRegularFile = (path: string): void => {
  const stats = statSync(path);
  if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'it is a folder' : 'it is not a regular file');
};

export const readRegularFile = (path: string): Buffer => {
  requireRegularFile(path);
  return readFileSync(path);
};
