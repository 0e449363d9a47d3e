/**
 * Names of temporary files and folders. A name shows which memwatch made it, so that the next one recognises what a
 * killed memwatch left behind: `memwatch-<machine>-<pid>-<start>-<random>`, files with `.part` at the end.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A new name that nobody can predict. */
export const temporaryName = (): string => `${ownPrefix()}-${randomBytes(6).toString('hex')}`;

const pattern = /^memwatch-([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{12}(?:\.part)?$/;

export const isTemporaryName = (name: string): boolean => pattern.test(name);

/** True if the memwatch that chose the name is known to be gone: it ran on this machine, and its process has ended. */
export const isAbandoned = (name: string): boolean => {
  const match = pattern.exec(name);
  if (match === null || match[1] !== machine()) return false;
  const start = startOf(Number(match[2]));
  return start === undefined || (start !== '0' && match[3] !== '0' && start !== match[3]);
};

let prefix: string | undefined;
const ownPrefix = (): string => (prefix ??= `memwatch-${machine()}-${process.pid}-${startOf(process.pid) ?? '0'}`);

/** A process id means something only on its host and in its pid namespace: several of them may share a folder. */
let hash: string | undefined;
const machine = (): string => (hash ??= createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8)); // prettier-ignore

const pidNamespace = (): string => {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
};

/**
 * When a process started, in ticks since the machine did, because pids are used again. '0' if nothing more is known
 * than whether it lives.
 */
const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return lives(pid) ? '0' : undefined;
  }
};

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};
