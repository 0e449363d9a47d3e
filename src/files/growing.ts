/**
 * A file that grows while memwatch runs and can be used at any moment, even if memwatch is killed. In: a name and the
 * first bytes. Out: a file that has its name from the start, and to which only whole pieces are added. To rewrite it, a
 * new file takes its name.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { MemwatchError } from '../errors.js';
import { destinationOf } from './destination.js';
import { guarded } from './failure.js';
import { writeAll, writeOutput, type OutputOptions } from './output.js';

export interface GrowingFile {
  readonly bytes: number;
  /** Throws `cannot-write`, `no-room`. */
  append(data: string): void;
  /** Everything written so far. */
  read(): Uint8Array;
  /** Replaces the content under the same name; if that fails, the old content stays. */
  replace(content: Uint8Array): void;
  close(): void;
}

/** Throws `cannot-write`, also for a pipe or a device: what is written there cannot be rewritten. */
export const createGrowingFile = (file: string, first: string, options: OutputOptions): GrowingFile => {
  const { kind, path } = guarded(file, () => destinationOf(file));
  if (kind !== 'file')
    throw new MemwatchError('cannot-write', `${file} is not a regular file`, { hint: 'name a file' });
  writeOutput(path, first, options);
  let descriptor = guarded(file, () => openToGrow(path));
  let bytes = Buffer.byteLength(first);
  return {
    get bytes() {
      return bytes;
    },
    append: (data) =>
      guarded(file, () => {
        const content = Buffer.from(data);
        try {
          writeAll(descriptor, content);
        } catch (error) {
          cutOff(descriptor, bytes);
          throw error;
        }
        bytes += content.length;
      }),
    read: () => guarded(file, () => readAll(descriptor)),
    replace: (content) =>
      guarded(file, () => {
        writeOutput(path, content, { overwrite: true });
        closeSync(descriptor);
        descriptor = openToGrow(path);
        bytes = content.length;
      }),
    close: () => closeSync(descriptor),
  };
};

const { O_APPEND, O_NOFOLLOW, O_RDWR } = constants;
const openToGrow = (path: string): number => openSync(path, O_RDWR | O_APPEND | (O_NOFOLLOW ?? 0));

/** What a full disk has taken of a piece; without this the next piece would be joined to it. */
const cutOff = (descriptor: number, bytes: number): void => {
  try {
    ftruncateSync(descriptor, bytes);
  } catch {
    // Node's permission model may not allow it
  }
};

const readAll = (descriptor: number): Uint8Array => {
  const content = Buffer.alloc(fstatSync(descriptor).size);
  for (let at = 0; at < content.length;) {
    const read = readSync(descriptor, content, at, content.length - at, at);
    if (read === 0) return content.subarray(0, at);
    at += read;
  }
  return content;
};
