/**
 * Short messages from one memwatch to others of the same user that are running now. A memwatch that listens has a
 * temporary folder with the file `messages`; a sender adds a line to it. In: a line. Out: the lines that arrived.
 * Nothing is left when the listener is gone, and no message waits for a later listener.
 */
import { constants, closeSync, lstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guarded } from './failure.js';
import { writeAll, writeOutput } from './output.js';
import { isAbandoned, isTemporaryName } from './owner.js';
import { createTemporaryFolder } from './temporary.js';

export interface Mailbox {
  /** The lines that have arrived since the last call. */
  take(): string[];
  close(): void;
}

/** `about` tells senders what listens here. */
export const openMailbox = (about: string): Mailbox => {
  const folder = createTemporaryFolder();
  writeOutput(join(folder.path, aboutName), about);
  writeOutput(join(folder.path, messagesName), '');
  let taken = 0;
  return {
    take: () => {
      const content = readOr(join(folder.path, messagesName));
      const end = content.lastIndexOf('\n') + 1;
      const lines = content.slice(taken, end).split('\n').slice(0, -1);
      taken = Math.max(taken, end);
      return lines;
    },
    close: folder.remove,
  };
};

const messagesName = 'messages';
const aboutName = 'about';

export interface Listener {
  readonly about: string;
  /** Throws `cannot-write`. */
  send(line: string): void;
}

/** This user's listeners that are running now. */
export const findListeners = (): Listener[] => {
  const folders = namesIn(tmpdir()).filter((name) => isTemporaryName(name) && !isAbandoned(name));
  return folders.flatMap((name) => {
    const folder = join(tmpdir(), name);
    const file = join(folder, messagesName);
    if (!isOwn(folder) || !isOwn(file)) return [];
    return [{ about: readOr(join(folder, aboutName)), send: (line: string) => send(file, line) }];
  });
};

/** Writes a line in one call, so that the lines of two senders do not mix. */
const send = (file: string, line: string): void =>
  guarded(file, () => {
    const descriptor = openSync(file, constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0));
    try {
      writeAll(descriptor, Buffer.from(`${line}\n`));
    } finally {
      closeSync(descriptor);
    }
  });

const isOwn = (path: string): boolean => {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isSymbolicLink() && stats.uid === process.geteuid?.();
};

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const readOr = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
