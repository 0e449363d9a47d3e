/**
 * Whether anybody still reads a pipe that this process writes to. In: the file descriptor. Out: a function that looks. A
 * command that prints nothing for hours would not be told by an error. Linux alone shows it, in /proc.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * undefined if it is no pipe, or the system does not say who reads it. A reader that was never seen may be one that cannot be
 * seen: outside of this container, or of another user.
 */
export const createReaderCheck = (fd: number): (() => boolean) | undefined => {
  const pipe = linkOf(`/proc/self/fd/${fd}`);
  if (pipe?.startsWith('pipe:') !== true) return undefined;
  let reader = findReader(pipe);
  const wasSeen = reader !== undefined;
  return () => {
    if (reader === undefined || linkOf(reader) !== pipe) reader = findReader(pipe);
    return reader !== undefined || !(wasSeen || seesAll());
  };
};

/** The process namespace that the kernel begins with (PROC_PID_INIT_INO). */
const firstNamespace = 'pid:[4026531836]';
const seesAll = (): boolean => process.geteuid?.() === 0 && linkOf('/proc/self/ns/pid') === firstNamespace;

const linkOf = (path: string): string | undefined => {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
};

/** The descriptor of some process that the pipe is read from. */
const findReader = (pipe: string): string | undefined => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fd = namesIn(`/proc/${pid}/fd`).find(
      (one) => linkOf(`/proc/${pid}/fd/${one}`) === pipe && isReadable(pid, one),
    );
    if (fd !== undefined) return `/proc/${pid}/fd/${fd}`;
  }
  return undefined;
};

/** Empty for a process that has ended, or that may not be looked into. */
const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
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
