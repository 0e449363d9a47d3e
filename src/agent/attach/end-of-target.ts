/**
 * How a target ended while memwatch was attached to it. In: what is known of it while it runs, and its broken connection.
 * Out: words, which say only what is certain: a process's exit code is known to its parent, and to others only until the
 * parent has collected it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MemwatchError } from '../../errors.js';
import { watchOomKills, type OomKill } from '../process/cgroup-state.js';
import { hasProc, processExists, readExit, readProcess, runsOn, type ProcessExit } from '../process/proc.js';
import type { HeapFigures } from '../session/guard.js';
import type { Link } from './link.js';

/**
 * Begins to watch, and returns a function for when the connection has broken. That returns how the process ended, as the
 * rest of a sentence that begins `process 123`; undefined if it still runs, or is no process of this machine. One at its
 * end runs until memwatch has detached. `isLeaving`: memwatch itself closes the connection of one that runs on, so there is
 * no end to look for.
 */
export const watchEnd = (
  { pid, main, launched, guard }: Link,
  isLeaving: () => boolean,
): (() => Promise<string | undefined>) => {
  if (pid === undefined) return async () => undefined;
  const killsSince = watchOomKills(pid);
  const startTicks = readProcess(pid)?.startTicks;
  let seen: Promise<Ending> | undefined;
  let isOrderly = false;
  // at once: soon the parent has collected the process, and its container is gone
  const look = () => (seen ??= findEnding(pid, startTicks, killsSince));
  const onClosed = (): void => {
    if (wasCut(main.closed) || (isLeaving() && !isOrderly)) return;
    void look();
  };
  main.closed.addEventListener('abort', onClosed, { once: true });
  main.on('NodeRuntime.waitingForDisconnect', () => (isOrderly = true));
  return async () => {
    if (await runsOn(pid)) return undefined;
    const { exit, kill } = await look();
    const known = launched === undefined ? exit : await launched.program.exited;
    if (isOrderly && known === undefined) return 'has run to its end';
    return describeEnd(known, isOrderly ? undefined : kill, guard.heap()); // whom the kernel kills does not wait for us
  };
};

/** By memwatch, after Ctrl-C, because the target did not answer: it runs on, and looking would keep memwatch for a second. */
const wasCut = ({ reason }: AbortSignal): boolean => reason instanceof MemwatchError && reason.code === 'interrupted';

interface Ending {
  readonly exit: ProcessExit | undefined;
  readonly kill: OomKill | undefined;
}

/** A process closes its sockets first; a moment later its exit code is known, until its parent collects it. */
const patienceMs = hasProc ? 1000 : 0;

const findEnding = async (
  pid: number,
  startTicks: number | undefined,
  killsSince: () => OomKill | undefined,
): Promise<Ending> => {
  const kill = killsSince();
  const untilMs = performance.now() + patienceMs;
  let exit = readExit(pid, startTicks);
  while (exit === undefined && processExists(pid) && performance.now() < untilMs) {
    await sleep(1);
    exit = readExit(pid, startTicks);
  }
  return { exit, kill: kill ?? killsSince() };
};

const describeEnd = (
  exit: ProcessExit | undefined,
  kill: OomKill | undefined,
  heap: HeapFigures | undefined,
): string => {
  if (kill !== undefined && (exit === undefined || exit.signal === 'SIGKILL')) return describeKill(exit, kill);
  const heapText = heap === undefined ? '' : `V8's heap was at ${sizeOf(heap.usedBytes)} of ${sizeOf(heap.limitBytes)}`;
  const isFull = heap !== undefined && heap.usedBytes > fullShare * heap.limitBytes;
  if (exit === undefined) return `has ended, crashed or been killed${isFull ? `; a moment before, ${heapText}` : ''}`;
  if (exit.signal === null) return `has ended with exit code ${exit.code}`;
  if (exit.signal !== 'SIGABRT') return `was ended by ${exit.signal}`;
  if (isFull) return `was ended by SIGABRT, most likely by V8, because its heap was full: a moment before, ${heapText}`;
  return 'was ended by SIGABRT: V8 does that when its heap is full or a check of its own fails, and says why on stderr';
};

/** Above this share of its limit V8 collects the heap without end. */
const fullShare = 0.85;

const describeKill = (exit: ProcessExit | undefined, { isAlone, peakBytes, limit }: OomKill): string => {
  const most = peakBytes === undefined ? '' : `${sizeOf(peakBytes)} of `;
  const at = limit === undefined ? '' : `: ${most}${sizeOf(limit.limitBytes)} (${limit.of})`;
  if (exit !== undefined) return `was killed by the kernel, because memory ran out${at}`;
  if (isAlone) return `has ended: most likely the kernel killed it, because memory ran out${at}`; // or a child that it had
  return `has ended, and the kernel has killed a process of its cgroup, because memory ran out${at}`;
};

const sizeOf = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
