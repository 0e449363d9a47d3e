/**
 * A capture file while it is written, plain or gzip. In: pieces of text (ASCII). Out: a file that is either complete or not
 * there (see files/output.ts).
 */
import { gzipSync } from 'node:zlib';
import { createOutput, type OutputOptions } from '../../files/output.js';

export interface CaptureFile {
  /** Bytes written so far. */
  readonly bytes: number;
  /** False for a pipe or a device, which has no place for a scripts table beside it. */
  readonly isFile: boolean;
  /** Throws `cannot-write`, `no-room`. */
  write(text: string): void;
  /** Completes the file under its final name. */
  commit(): void;
  /** Removes what was written; does nothing after commit. */
  discard(): void;
}

/** The text is gzipped in members of about this size, which any reader takes as one stream. */
const memberChars = 1 << 20;

/**
 * Writes synchronously: a disk that is slower than the target then slows down the reading of the socket, and unwritten data
 * never piles up in memwatch.
 */
export const createCaptureFile = (file: string, gzip: boolean, options: OutputOptions): CaptureFile => {
  const output = createOutput(file, options);
  let bytes = 0;
  let waiting: string[] = [];
  let waitingChars = 0;
  const flush = (): void => {
    if (waitingChars === 0) return;
    const text = Buffer.from(waiting.join(''), 'latin1');
    waiting = [];
    waitingChars = 0;
    const data = gzip ? gzipSync(text, { level: 1 }) : text;
    output.write(data);
    bytes += data.length;
  };
  return {
    get bytes() {
      return bytes;
    },
    isFile: output.isFile,
    write: (text) => {
      waiting.push(text);
      waitingChars += text.length;
      if (waitingChars >= memberChars) flush();
    },
    commit: () => {
      flush();
      output.commit();
    },
    discard: () => output.discard(),
  };
};
