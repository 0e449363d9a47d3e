/**
 * The one error class that memwatch throws on purpose, and every code it can carry.
 * A message says what failed and on what; the hint says what to do next.
 */
import { existsSync } from 'node:fs';

/** Every code with its meaning. The process ends with exit code 2, or 130 for `interrupted` (see `exitCodeOf`). */
export const errorCodes = {
  'bad-argument': 'an argument of the command line cannot be used',
  'no-such-process': 'there is no process with that id, or it is gone',
  'not-node': 'the process is not a Node.js process',
  'not-attachable': 'the process is Node.js, but an inspector cannot be opened in it safely',
  'no-permission': 'the operating system does not let this user do it',
  'port-taken': 'the inspector port is held by another process',
  'no-answer': 'the target did not answer in time',
  disconnected: 'the connection to the target broke',
  'target-error': 'the target answered with an error',
  'no-room': 'there is not enough memory or disk for the step',
  'not-this-format': 'the file is of another kind',
  'broken-file': 'the file is of the right kind, but cut off or inconsistent',
  'broken-index': 'an index of a snapshot is damaged; the snapshot itself is not',
  'cannot-read': 'a file cannot be read',
  'cannot-write': 'a file cannot be written',
  'not-found': 'what was asked for is not in the data',
  interrupted: 'the user stopped it',
} as const;

export type ErrorCode = keyof typeof errorCodes;

export class MemwatchError extends Error {
  readonly code: ErrorCode;
  /** One line: what to do next. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MemwatchError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The process's exit code for a thrown value: 130 for `interrupted`, otherwise 2: memwatch could not do its work. */
export const exitCodeOf = (error: unknown): number =>
  error instanceof MemwatchError && error.code === 'interrupted' ? 130 : 2;

/** Throws `interrupted` if the signal was aborted; cancelling is never reported as a failure. */
export const throwIfInterrupted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) throw new MemwatchError('interrupted', 'interrupted');
};

/** An error of the operating system is not a bug of memwatch: says in words what it is, and what to do. */
export const asSystemError = (error: unknown): unknown => {
  if (error instanceof MemwatchError || !(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : '';
  if (code === 'EMFILE' || code === 'ENFILE' || isUnopenedModule(error, code))
    return new MemwatchError('no-room', 'the limit of open files is too low', { hint: 'ulimit -n 1024', cause: error });
  if (!('syscall' in error)) return error;
  if (error.syscall === 'uv_cwd')
    return new MemwatchError('cannot-read', 'the current folder was removed', {
      hint: 'cd to another folder',
      cause: error,
    });
  return new MemwatchError('cannot-read', messageOf(error), { cause: error });
};

/** Node says that a package has no such file if it could not open the package's package.json, although that is there. */
const isUnopenedModule = ({ message }: Error, code: unknown): boolean => {
  const folder = /^Cannot find package '(\/.+)\/[^/']+'/.exec(message)?.[1];
  return code === 'ERR_MODULE_NOT_FOUND' && folder !== undefined && existsSync(`${folder}/package.json`);
};

/** The message of any thrown value, in one line. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

/** The error for a file that cannot be read, with the reason in words if it is a common one. */
export const cannotRead = (path: string, cause: unknown): MemwatchError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return new MemwatchError('cannot-read', `cannot read ${path}: ${fileReasons[code] ?? messageOf(cause)}`, { cause });
};

const fileReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'it, or a part of its path, is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EMFILE: 'too many files are open (ulimit -n)',
  ELOOP: 'its links form a loop',
};
