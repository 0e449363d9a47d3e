/** What Linux says about processes, from /proc. */
import { existsSync, readFileSync } from 'node:fs';
import { MemwatchError } from '../../errors.js';
import { namesIn, processIds, readLink, readText } from './proc-files.js';
import { holdersOf, listeningPorts, openPortReader } from './proc-sockets.js';
import { ticksPerSecond, type ProcessSource, type ProcessStatus } from './process-source.js';

const sigusr1Bit = 9n;
/** The status of a process, or undefined if there is none. */
const readProcess = (pid: number): ProcessStatus | undefined => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
    const hasSigusr1 = (name: string): boolean => ((BigInt(`0x${field(name) || '0'}`) >> sigusr1Bit) & 1n) === 1n;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startTicks = Number(fields[19]);
    const sinceBoot = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
    const state = field('State').charAt(0);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    const executable = readLink(`/proc/${pid}/exe`);
    return {
      pid,
      command,
      executable: executable || (command[0] ?? field('Name')),
      permitted: executable !== '' || state === 'Z',
      state,
      catchesSigusr1: hasSigusr1('SigCgt'),
      blocksSigusr1: hasSigusr1('SigBlk'),
      userId: Number.parseInt(field('Uid'), 10),
      rssBytes: Number.parseInt(field('VmRSS') || '0', 10) * 1024,
      uptimeSeconds: Math.max(0, sinceBoot - startTicks / ticksPerSecond),
      startTicks,
      cpuTicks: Number(fields[11]) + Number(fields[12]),
    };
  } catch {
    return undefined;
  }
};

/** Without /proc nothing is known of any process. */
export const checkProc = (): void => {
  if (existsSync('/proc/self')) return;
  throw new MemwatchError('not-found', 'there is no /proc here, in which memwatch looks at processes', {
    hint: 'mount -t proc proc /proc (a chroot needs its own), or name the address of an inspector: memwatch cpu 127.0.0.1:9229',
  });
};

/** The /proc of another process namespace has other ids than signals have: one could reach, and end, another process. */
export const checkOwnProc = (): void => {
  checkProc();
  if (readLink('/proc/self') === String(process.pid)) return;
  throw new MemwatchError('not-attachable', 'the /proc here shows the process ids of another process namespace', {
    hint: 'mount memwatch its own (mount -t proc proc /proc, unshare --mount-proc), or run it outside of this namespace',
  });
};

const readProcesses = (): ProcessStatus[] => {
  checkProc();
  return processIds().flatMap((pid) => readProcess(pid) ?? []);
};

const childProcessIds = (pid: number): number[] =>
  namesIn(`/proc/${pid}/task`)
    .flatMap((thread) => readText(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter((id) => id !== '')
    .map(Number);

const parentProcessId = (pid: number): number => {
  const stat = readText(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
};

export const procSource: ProcessSource = {
  readProcess,
  readProcesses,
  childProcessIds,
  parentProcessId,
  environmentOf: (pid) => readText(`/proc/${pid}/environ`).split('\0').slice(0, -1),
  folderOf: (pid) => readLink(`/proc/${pid}/cwd`),
  listeningPorts: (pid) => listeningPorts(pid),
  openPortReader,
  holdersOf,
  atOneMoment: (look) => look(),
};
