/**
 * What the kernel says of a process, from Linux's /proc: is it Node, does it catch SIGUSR1, which ports does it own.
 * Nothing here touches the process.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

export interface ProcessStatus {
  readonly pid: number;
  readonly command: string[];
  readonly executable: string;
  /** One letter of `State:`: R, S, D, T (stopped), t (traced), Z (zombie). */
  readonly state: string;
  readonly catchesSigusr1: boolean;
  readonly rssBytes: number;
  /** Clock ticks since boot at which it started; with the pid it names one process for ever. */
  readonly startTicks: number;
}

const sigusr1Bit = 9n;

/** The status of a process, or undefined where there is none or it may not be read. */
export const readProcess = (pid: number): ProcessStatus | undefined => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      pid,
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1),
      executable: readlinkSync(`/proc/${pid}/exe`),
      state: field('State').charAt(0),
      catchesSigusr1: ((BigInt(`0x${field('SigCgt') || '0'}`) >> sigusr1Bit) & 1n) === 1n,
      rssBytes: Number.parseInt(field('VmRSS') || '0', 10) * 1024,
      startTicks: Number(afterName[19]),
    };
  } catch {
    return undefined;
  }
};

export const isNode = (status: ProcessStatus): boolean =>
  /^(node|nodejs)(\.exe)?(-?v?\d[\d.]*)?$/.test(basename(status.executable.replace(/ \(deleted\)$/, '')));

/** The TCP ports that this process itself listens on: its socket inodes met with the kernel's table of listeners. */
export const listeningPorts = (pid: number): { host: string; port: number }[] => {
  const inodes = socketInodes(pid);
  return ['tcp', 'tcp6'].flatMap((table) => listeners(pid, table)).filter(({ inode }) => inodes.has(inode));
};

const socketInodes = (pid: number): Set<string> => {
  const inodes = new Set<string>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const link = tryReadLink(`/proc/${pid}/fd/${fd}`);
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  } catch {
    // another user's process: no ports can be seen
  }
  return inodes;
};

const tryReadLink = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

const listeners = (pid: number, table: string): { inode: string; host: string; port: number }[] => {
  const listen = '0A';
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/net/${table}`, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((column) => column[3] === listen)
    .map((column) => {
      const port = Number.parseInt((column[1] ?? '').split(':')[1] ?? '0', 16);
      return { inode: column[9] ?? '', host: table === 'tcp' ? '127.0.0.1' : '[::1]', port };
    });
};
