/**
 * A capture on its way to disk: under a temporary name until it is whole, for its owner's eyes alone, plain or gzip. In:
 * pieces of text (ASCII). Out: a file that is either complete or not there.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { MemwatchError, messageOf } from '../../errors.js';

export interface CaptureFile {
  /** Bytes on disk so far. */
  readonly bytes: number;
  /** Throws `cannot-write`, `no-room`. */
  write(text: string): void;
  /** Gives the file its name. */
  commit(): void;
  /** Removes what was written; nothing after commit. */
  discard(): void;
}

/** Gzip in members of about this much text: any reader takes them as one stream. */
const memberChars = 1 << 20;

/**
 * Writes synchronously: a disk that is slower than the target then slows the reading of the socket, and what is not
 * written yet never piles up in memwatch.
 */
export const createCaptureFile = (file: string, gzip = false): CaptureFile => {
  const part = `${file}.${process.pid}.part`;
  const descriptor = guarded(file, () => openSync(part, 'w', 0o600));
  let bytes = 0;
  let waiting: string[] = [];
  let waitingChars = 0;
  let open = true;
  const flush = (): void => {
    if (waitingChars === 0) return;
    const text = Buffer.from(waiting.join(''), 'latin1');
    waiting = [];
    waitingChars = 0;
    const data = gzip ? gzipSync(text, { level: 1 }) : text;
    for (let at = 0; at < data.length;) at += writeSync(descriptor, data, at);
    bytes += data.length;
  };
  const close = (): void => {
    if (open) closeSync(descriptor);
    open = false;
  };
  return {
    get bytes() {
      return bytes;
    },
    write: (text) => {
      waiting.push(text);
      waitingChars += text.length;
      if (waitingChars >= memberChars) guarded(file, flush);
    },
    commit: () =>
      guarded(file, () => {
        flush();
        fsyncSync(descriptor);
        close();
        renameSync(part, file);
      }),
    discard: () => {
      if (!open) return;
      close();
      rmSync(part, { force: true });
    },
  };
};

const guarded = <T>(file: string, body: () => T): T => {
  try {
    return body();
  } catch (error) {
    const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
    if (full)
      throw new MemwatchError('no-room', `the disk is full: ${file}`, {
        hint: 'name another place with -o',
        cause: error,
      });
    throw new MemwatchError('cannot-write', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
};
