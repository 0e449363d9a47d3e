/**
 * What is known about a process: whether it is Node, what it waits for, how it ended. The parts that only Linux says are
 * unknown elsewhere. Nothing here touches the process.
 */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { stopOf, waitWords } from './waits.js';
import { namesIn, readLink, readText } from './proc-files.js';
import { environmentOf, hasProc, parentProcessId, readProcess } from './system.js';
import { ticksPerSecond, type ProcessStatus } from './process-source.js';

export { namesIn, processIds, readLink, readText } from './proc-files.js';
export { ticksPerSecond, type ProcessStatus } from './process-source.js';
export {
  atOneMoment,
  childProcessIds,
  environmentOf,
  folderOf,
  hasProc,
  readProcess,
  readProcesses,
} from './system.js';

/** Changes when a process becomes another program (exec), which keeps its id and its start; '' if it has ended. */
export const programOf = (pid: number): string => {
  const stat = readText(`/proc/${pid}/stat`);
  const places = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(23, 26); // of its code and its stack: by chance
  return places.every((place) => place === '0') ? '' : places.join(' ');
};

/** ps computes the start anew each time, and may differ by a second. */
const startTolerance = hasProc ? 0 : 2 * ticksPerSecond;

/** Two starts of one process id are those of one process. */
export const isSameStart = (one: number, other: number): boolean => Math.abs(one - other) <= startTolerance;

export const isNode = (status: ProcessStatus): boolean => looksLikeNode(status.executable);

/** `/usr/bin/node`, `nodejs`, `node22`, `node-v22.1.0`, and an executable whose file was replaced while it runs. */
export const looksLikeNode = (path: string): boolean =>
  /^(node|nodejs)(-?v?\d[\d.]*)?(\.exe)?$/.test(basename(path.replace(/ \(deleted\)$/, '')));

/** The Node flags of a process: those of NODE_OPTIONS, if its environment may be read, then those of its command line. */
export const nodeFlags = ({ pid, command }: ProcessStatus): string[] => {
  const nodeOptions =
    environmentOf(pid)
      .find((line) => line.startsWith('NODE_OPTIONS='))
      ?.slice('NODE_OPTIONS='.length) ?? '';
  return [...nodeOptions.split(/\s+/), ...command.slice(1)];
};

export const processExists = (pid: number): boolean =>
  hasProc ? existsSync(`/proc/${pid}`) : readProcess(pid) !== undefined;

/** The id that the process sees for itself; it differs from the outer one inside a container. */
export const innerPid = (pid: number): number => {
  const ids = /^NSpid:\s*(.*)$/m.exec(readText(`/proc/${pid}/status`))?.[1]?.split(/\s+/);
  return Number(ids?.at(-1) ?? pid);
};

/** Its main thread sleeps until an event comes: in its event loop, or in the loop of a spawnSync. */
const waitsForEvents = (pid: number): boolean =>
  readProcess(pid)?.state === 'S' && /epoll|ep_poll/.test(readText(`/proc/${pid}/wchan`));

/** Its main thread started a child that it may be waiting for in spawnSync; one with a channel (fork) it is not waiting for. */
export const mayWaitForChild = (pid: number): boolean =>
  readText(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .some((child) => child !== '' && !/(^|\0)NODE_CHANNEL_FD=/.test(readText(`/proc/${child}/environ`)));

/**
 * Its main thread waits in an inner loop, as in spawnSync: then no thread waits in the event loop, which has its own epoll.
 * Node makes another one first, which it never uses. False also if the kernel does not show to this user where threads wait.
 */
export const isInInnerLoop = (pid: number): boolean => {
  if (!waitsForEvents(pid)) return false;
  const calls = namesIn(`/proc/${pid}/task`).map((thread) => readText(`/proc/${pid}/task/${thread}/syscall`));
  if (calls.some((call) => call === '' || call.startsWith('running'))) return false;
  const fileOf = (call: string): number => Number(call.split(' ')[1]); // the first argument: of epoll_wait, the file
  const waitedIn = new Set(calls.map(fileOf));
  const ofMain = fileOf(readText(`/proc/${pid}/syscall`));
  const loops = namesIn(`/proc/${pid}/fd`)
    .map(Number)
    .filter((file) => readLink(`/proc/${pid}/fd/${file}`) === 'anon_inode:[eventpoll]')
    .toSorted((a, b) => a - b);
  return loops.slice(1).some((file) => file < ofMain && !waitedIn.has(file)); // later ones are of worker threads
};

/** Its main thread is seen to wait in its event loop. */
export const turnsItsLoop = (pid: number): boolean =>
  waitsForEvents(pid) && !mayWaitForChild(pid) && !isInInnerLoop(pid);

/** If the event loop still turns this long after the signal, the signal did not reach Node. */
export const idleMs = 2000;
/** To be asked repeatedly. `hasTurned`: the event loop has turned since the signal, so that no inspector comes any more. */
export const watchLoop = (pid: number): { hasTurned(): boolean } => {
  let idleSince = Infinity;
  const hasTurned = (): boolean => {
    if (turnsItsLoop(pid)) idleSince = Math.min(idleSince, Date.now()); // however busy it is
    else if (mayWaitForChild(pid)) idleSince = Infinity;
    return Date.now() - idleSince > idleMs;
  };
  return { hasTurned };
};

/** The process that started it, and the one that started that, and so on. */
export const ancestorsOf = (pid: number): number[] => {
  const parent = parentProcessId(pid);
  return parent === 0 ? [] : [parent, ...ancestorsOf(parent)];
};

/** What the main thread of a process that does not answer is doing, in words. */
export const describeWait = (pid: number): string => {
  const status = readProcess(pid);
  if (status === undefined || hasEnded(status)) return 'it has ended';
  const stop = stopOf(status.state, pid);
  if (stop !== undefined) return `it ${stop.how}: ${stop.hint}`;
  if (isInInnerLoop(pid)) return 'it waits for a child in spawnSync or execSync';
  if (waitsForEvents(pid))
    return mayWaitForChild(pid) ? 'it waits for events, or in spawnSync for a child' : 'it waits for events';
  if (status.state === 'R') return 'its main thread is busy';
  const what = waitWords(readText(`/proc/${pid}/wchan`).replace(/^0$/, ''), status.state);
  return what === null
    ? 'the system does not say what it waits for'
    : `its main thread is blocked: it waits for ${what}`;
};

/** It has ended; its parent may not have collected it yet. */
export const hasEnded = ({ state }: Pick<ProcessStatus, 'state'>): boolean => state === 'Z' || state === 'X';

/** By its stat and status in /proc: it was killed, or is exiting, and frees its memory, which may take seconds. */
export const isDying = (stat: string, status: string): boolean => {
  const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6] ?? 0);
  const pending = Array.from(status.matchAll(/^S\w+Pnd:\s*(\w+)$/gm), ([, mask = '0']) => BigInt(`0x${mask}`));
  return (flags & exitingFlag) !== 0 || pending.some((mask) => (mask & sigkillBit) !== 0n);
};

/** PF_EXITING of the kernel. */
const exitingFlag = 0x4;
const sigkillBit = 1n << 8n;

/**
 * Whether a process that has closed its connection still runs. A process that ends closes its files a moment before it is
 * gone.
 */
export const runsOn = async (pid: number, mostMs = 1000): Promise<boolean> => {
  for (let waitedMs = 0; waitedMs < mostMs; waitedMs += 50) {
    const status = readProcess(pid);
    if (status === undefined || hasEnded(status)) return false;
    if (isDying(readText(`/proc/${pid}/stat`), readText(`/proc/${pid}/status`))) return false;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  return true;
};

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How a process ended that its parent has not yet collected; undefined if that is not known. */
export const readExit = (pid: number, startTicks: number | undefined): ProcessExit | undefined => {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] !== 'Z' || Number(fields[19]) !== startTicks) return undefined;
  const status = Number(fields[49]);
  const signal = Object.entries(constants.signals).find(([, number]) => number === (status & 0x7f))?.[0];
  return signal === undefined ? { code: status >> 8, signal: null } : { code: null, signal: signal as NodeJS.Signals };
};

/** 0 if there is no such process. */
export const threadCount = (pid: number): number => namesIn(`/proc/${pid}/task`).length;
