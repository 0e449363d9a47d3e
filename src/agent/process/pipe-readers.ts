/**
 * Whether anybody still reads a pipe that this process writes to. In: the file descriptor. Out: a function that looks. A
 * command that prints nothing for hours would not be told by an error. Linux alone shows it, in /proc.
 */
import { namesIn, processIds, readLink, readText } from './proc-files.js';

/**
 * undefined if it is no pipe, or the system does not say who reads it. A reader that was never seen may be one that cannot be
 * seen: outside of this container, or of another user.
 */
export const createReaderCheck = (fd: number): (() => boolean) | undefined => {
  const pipe = readLink(`/proc/self/fd/${fd}`);
  if (!pipe.startsWith('pipe:')) return undefined;
  let reader = findReader(pipe);
  const wasSeen = reader !== undefined;
  return () => {
    if (reader === undefined || readLink(reader) !== pipe) reader = findReader(pipe);
    return reader !== undefined || !(wasSeen || seesAll());
  };
};

/** The process namespace that the kernel begins with (PROC_PID_INIT_INO). */
const firstNamespace = 'pid:[4026531836]';
const seesAll = (): boolean => process.geteuid?.() === 0 && readLink('/proc/self/ns/pid') === firstNamespace;

/** The descriptor of some process that the pipe is read from. */
const findReader = (pipe: string): string | undefined => {
  for (const pid of processIds()) {
    const fd = namesIn(`/proc/${pid}/fd`).find(
      (one) => readLink(`/proc/${pid}/fd/${one}`) === pipe && isReadable(pid, one),
    );
    if (fd !== undefined) return `/proc/${pid}/fd/${fd}`;
  }
  return undefined;
};

const isReadable = (pid: number, fd: string): boolean => {
  const flags = /^flags:\s*(\d+)/m.exec(readText(`/proc/${pid}/fdinfo/${fd}`))?.[1] ?? '1';
  return (Number.parseInt(flags, 8) & 3) !== 1; // 1: for writing alone
};
