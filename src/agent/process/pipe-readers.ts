/**
 * Whether anybody still reads a pipe that this process writes to. In: the file descriptor. Out: a function that looks. A
 * command that prints nothing for hours would not be told by an error. Linux alone shows it, in /proc.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** undefined if it is no pipe, or the system does not say who reads it. */
export const createReaderCheck = (fd: number): (() => boolean) | undefined => {
  const pipe = linkOf(`/proc/self/fd/${fd}`);
  if (pipe?.startsWith('pipe:') !== true) return undefined;
  let reader: string | undefined;
  let isUnknown = false; // a reader of another user is not seen
  return () => {
    if (reader !== undefined && linkOf(reader) === pipe) return true;
    const found = findReader(pipe);
    isUnknown ||= reader === undefined && found.isPartial;
    reader = found.reader ?? reader;
    return found.reader !== undefined || isUnknown;
  };
};

const linkOf = (path: string): string | undefined => {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
};

/** The descriptor of some process that the pipe is read from. */
const findReader = (pipe: string): { reader: string | undefined; isPartial: boolean } => {
  let isPartial = false;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fds = namesIn(`/proc/${pid}/fd`);
    isPartial ||= fds === undefined;
    const fd = fds?.find((one) => linkOf(`/proc/${pid}/fd/${one}`) === pipe && isReadable(pid, one));
    if (fd !== undefined) return { reader: `/proc/${pid}/fd/${fd}`, isPartial };
  }
  return { reader: undefined, isPartial };
};

/** Empty for a process that has ended; undefined if its owner is another user. */
const namesIn = (folder: string): string[] | undefined => {
  try {
    return readdirSync(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : [];
  }
};

const isReadable = (pid: string, fd: string): boolean => {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '1';
    return (Number.parseInt(flags, 8) & 3) !== 1; // 1: for writing alone
  } catch {
    return false;
  }
};
