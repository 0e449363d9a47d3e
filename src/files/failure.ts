/** Turns errors of the disk into memwatch's own. In: a name and the work on it. Out: `cannot-write`, `no-room`. */
import { MemwatchError, messageOf } from '../errors.js';

export const guarded = <T>(file: string, body: () => T): T => {
  try {
    return body();
  } catch (error) {
    throw asFailure(file, error);
  }
};

const asFailure = (file: string, cause: unknown): unknown => {
  if (cause instanceof MemwatchError) return cause;
  const code = codeOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new MemwatchError('no-room', `the disk is full: ${file}`, { hint: 'name another place', cause });
  if (code === 'ENXIO')
    return new MemwatchError('cannot-write', `no process reads ${file}`, { hint: 'start its reader first', cause });
  if (code === 'EPIPE') return new MemwatchError('cannot-write', `the reader of ${file} has gone`, { cause });
  return new MemwatchError('cannot-write', `cannot write ${file}: ${messageOf(cause)}`, {
    hint: code === undefined ? undefined : hints[code],
    cause,
  });
};

const hints: Readonly<Record<string, string>> = {
  ENOENT: 'make the folder first, or name another one',
  EROFS: 'name a folder that can be written to',
  EFBIG: 'memwatch may not write larger files here: raise ulimit -f',
  EACCES: 'name a folder that can be written to',
};

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined;
