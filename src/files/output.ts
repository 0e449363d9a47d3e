/**
 * The one way in which memwatch writes a file. In: a name and bytes. Out: a file that is complete or does not exist: it
 * is written under a name that nobody can predict (O_EXCL, no link followed, readable only by its owner) and gets its
 * final name at the end. A pipe or a device is written to directly. The rule for a name that is taken:
 *   it stays, unless the user gives `--overwrite`: a capture cannot be made again, and other files are not memwatch's;
 *   exports, reports and baselines replace those of the run before, which are known by how they begin.
 */
import {
  accessSync, closeSync, constants, fchmodSync, fstatSync, fsyncSync, linkSync, openSync, readSync, renameSync, rmSync, writeSync,
} from 'node:fs'; // prettier-ignore
import { dirname } from 'node:path';
import { MemwatchError } from '../errors.js';
import { beside, destinationOf, type Destination } from './destination.js';
import { codeOf, guarded } from './failure.js';
import { temporaryName } from './owner.js';
import { leaveTrace, removeAbandoned } from './temporary.js';

export interface OutputOptions {
  /** Replaces an existing file of that name. */
  readonly overwrite?: boolean | undefined;
  /** How a file begins that may be replaced without being asked for: what an earlier run wrote. */
  readonly earlier?: RegExp | undefined;
  /** Other users may read it, as far as the umask lets them: reports for other programs. */
  readonly forOthers?: boolean | undefined;
  /** It can be made again and is checked when it is read: memwatch does not wait for the disk. */
  readonly isRemade?: boolean | undefined;
}

export interface Output {
  /** True if it becomes a file; false for a pipe or a device, which cannot have a second file next to it. */
  readonly isFile: boolean;
  /** Where the bytes are until the end; for a writer that needs a name. */
  readonly path: string;
  /** Throws `cannot-write`, `no-room`. */
  write(data: Uint8Array): void;
  /** Gives the file its name. Throws `cannot-write` if the name was taken meanwhile. */
  commit(): void;
  /** Removes what was written; does nothing after commit. */
  discard(): void;
}

/** Writes synchronously: data that is not on disk yet never piles up in memwatch. */
export const createOutput = (file: string, options: OutputOptions = {}): Output =>
  guarded(file, () => {
    const destination = requireFree(file, options);
    if (destination.kind === 'stream') return toStream(file, destination);
    const replaces = options.overwrite === true || destination.existing !== undefined;
    return toFile(file, destination.path, replaces, options);
  });

/** Writes a whole file. Throws `cannot-write`, `no-room`. */
export const writeOutput = (file: string, content: string | Uint8Array, options: OutputOptions = {}): void => {
  const output = createOutput(file, options);
  try {
    output.write(typeof content === 'string' ? Buffer.from(content) : content);
    output.commit();
  } finally {
    output.discard();
  }
};

/** Checks before long work that its result can be written. Returns whether it will be a file. Throws `cannot-write`. */
export const checkOutput = (file: string, options: OutputOptions = {}): boolean =>
  guarded(file, () => {
    const destination = requireFree(file, options);
    const name = destination.kind === 'file' ? dirname(destination.path) : destination.path;
    accessSync(name, constants.W_OK);
    if (destination.kind === 'stream' && destination.stats.isFIFO() && !destination.isOpen) holdPipe(destination.path);
    return destination.kind === 'file';
  });

/** Fails if no process reads it. It stays open until memwatch ends: if it were closed, its reader would take that for the end. */
const holdPipe = (path: string): void => void openSync(path, O_WRONLY | O_NONBLOCK | (O_NOFOLLOW ?? 0));

const requireFree = (file: string, { overwrite = false, earlier }: OutputOptions): Destination => {
  const destination = destinationOf(file);
  if (destination.kind !== 'file' || destination.existing === undefined || overwrite) return destination;
  if (earlier === undefined) throw taken(file);
  const isEmpty = destination.existing.size === 0; // as mktemp makes it
  if (!isEmpty && !earlier.test(startOf(destination.path))) throw taken(file, 'not written by this command');
  return destination;
};

/** The first bytes of a file, each as one character. */
const startOf = (path: string): string => {
  const descriptor = openSync(path, constants.O_RDONLY | (O_NOFOLLOW ?? 0));
  try {
    const start = Buffer.alloc(1024);
    return start.toString('latin1', 0, readSync(descriptor, start));
  } finally {
    closeSync(descriptor);
  }
};

const taken = (file: string, whose = ''): MemwatchError =>
  new MemwatchError('cannot-write', `${file} already exists${whose === '' ? '' : `, and was ${whose}`}`, {
    hint: 'name another file, or add --overwrite',
  });

type Stream = Extract<Destination, { kind: 'stream' }>;

const { O_APPEND, O_CREAT, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

const toFile = (
  file: string,
  path: string,
  replaces: boolean,
  { forOthers = false, isRemade }: OutputOptions,
): Output => {
  removeAbandoned(dirname(path));
  const part = beside(path, `${temporaryName()}.part`);
  const descriptor = openSync(part, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), forOthers ? 0o666 : 0o600);
  const removeTrace = leaveTrace(part);
  let open = true;
  const close = (): void => {
    if (open) closeSync(descriptor);
    open = false;
  };
  return {
    isFile: true,
    path: part,
    write: (data) => guarded(file, () => writeAll(descriptor, data)),
    commit: () =>
      guarded(file, () => {
        if (isRemade !== true) syncIfPermitted(descriptor);
        if (forOthers) keepMode(descriptor, path);
        close();
        if (replaces) replace(part, file, path);
        else giveName(part, file, path);
        removeTrace();
      }),
    discard: () => {
      close();
      rmSync(part, { force: true });
      removeTrace();
    },
  };
};

/** Node's permission model allows no fsync before Node 24; then the kernel writes when it wants to. */
const syncIfPermitted = (descriptor: number): void => {
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (codeOf(error) !== 'ERR_ACCESS_DENIED') throw error;
  }
};

/** A report that is replaced keeps its permissions: others can read it if they could before. */
const keepMode = (descriptor: number, path: string): void => {
  const before = destinationOf(path);
  if (before.kind === 'file' && before.existing?.uid === process.geteuid?.())
    fchmodSync(descriptor, (before.existing?.mode ?? fstatSync(descriptor).mode) & 0o777);
};

const replace = (part: string, file: string, path: string): void => {
  if (destinationOf(path).kind !== 'file') throw taken(file);
  renameSync(part, path);
};

/**
 * A link, unlike a rename, never replaces a file; on a file system without links, an empty file takes the name first.
 */
const giveName = (part: string, file: string, path: string): void => {
  try {
    linkSync(part, path);
    rmSync(part, { force: true });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw taken(file);
    try {
      closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL, 0o600));
    } catch (again) {
      throw codeOf(again) === 'EEXIST' ? taken(file) : again;
    }
    renameSync(part, path);
  }
};

/** Opened in such a way that a pipe without a reader is an error, not a wait that Ctrl-C cannot end. */
const toStream = (file: string, destination: Stream): Output => {
  const { path, stats, isOpen } = destination;
  const descriptor = openSync(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | (isOpen ? 0 : (O_NOFOLLOW ?? 0)));
  let open = true;
  const close = (): void => {
    if (open) closeSync(descriptor);
    open = false;
  };
  const { dev, ino } = fstatSync(descriptor);
  if (dev !== stats.dev || ino !== stats.ino) {
    close();
    throw new MemwatchError('cannot-write', `${file} was replaced while it was being opened`);
  }
  return {
    isFile: false,
    path,
    write: (data) => guarded(file, () => writeAll(descriptor, data)),
    commit: close,
    discard: close,
  };
};

export const writeAll = (descriptor: number, data: Uint8Array): void => {
  let waitedMs = 0;
  for (let at = 0; at < data.length;) {
    try {
      at += writeSync(descriptor, data, at);
      waitedMs = 0;
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN' || waitedMs >= slowReaderMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
      waitedMs += pauseMs;
    }
  }
};

/** The reader of a pipe may take nothing for this long; memwatch is blocked meanwhile. */
const slowReaderMs = 5000;
const pauseMs = 5;

/** Adds to a file that belongs to someone else, such as a CI job's summary. Throws `cannot-write`, `no-room`. */
export const appendTo = (file: string, text: string): void =>
  guarded(file, () => {
    const destination = destinationOf(file);
    if (destination.kind === 'stream') return writeOutput(file, text);
    const descriptor = openSync(destination.path, O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0), 0o666);
    try {
      writeAll(descriptor, Buffer.from(text));
    } finally {
      closeSync(descriptor);
    }
  });
