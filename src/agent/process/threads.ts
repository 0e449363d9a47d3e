/** The threads of a process as Linux shows them. In: a pid. Out: their states, and words. Nothing here touches the process. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KernelThread } from '../../analyzer/model/dump.js';
import { childProcessIds, namesIn, readProcess, readText, ticksPerSecond } from './proc.js';
import { stopOf, waitWords } from './waits.js';

const tickUs = 1e6 / ticksPerSecond;

export const readThreads = (pid: number): KernelThread[] =>
  namesIn(`/proc/${pid}/task`).flatMap((id) => readThread(pid, Number(id)) ?? []);

/** undefined if there is no such thread. */
export const readThread = (pid: number, id: number): KernelThread | undefined => {
  for (let looks = 1; ; looks++) {
    const thread = readThreadOnce(pid, id);
    // it woke up between the two files, if the kernel says at all what a thread waits in
    const wokeUp = thread !== undefined && thread.state === 'S' && thread.waitsIn === '';
    if (!wokeUp || looks === mostLooks) return thread;
  }
};
const mostLooks = 5;

const readThreadOnce = (pid: number, id: number): KernelThread | undefined => {
  const folder = `/proc/${pid}/task/${id}`;
  const stat = readText(`${folder}/stat`);
  const end = stat.lastIndexOf(')');
  if (end === -1) return undefined;
  const fields = stat.slice(end + 2).split(' ');
  const state = fields[0] ?? '?';
  const waitsIn = readText(`${folder}/wchan`).replace(/^0$/, '');
  const [cpuNs] = readText(`${folder}/schedstat`).split(' ');
  return {
    id,
    name: stat.slice(stat.indexOf('(') + 1, end),
    state,
    isStopped: stopOf(state, pid) !== undefined,
    waitsIn,
    waitsFor: waitWords(waitsIn, state),
    // a tick is too long for a look of some milliseconds
    cpuUs:
      cpuNs === undefined || cpuNs === '' ? (Number(fields[11]) + Number(fields[12])) * tickUs : Number(cpuNs) / 1000,
  };
};

/** The thread of a worker: newer versions of Node give it the worker's name. undefined if that is not known for certain. */
export const findThreadNamed = (pid: number, name: string): KernelThread | undefined => {
  const [thread, other] = readThreads(pid).filter((one) => one.id !== pid && one.name === name.slice(0, longestName));
  return other === undefined ? thread : undefined;
};
const longestName = 15;

const lookMs = 200;

/** What keeps a worker from answering, as its process's threads show it. */
export const describeSilentWorker = async (pid: number | undefined): Promise<string> => {
  if (pid === undefined) return unknownSilence;
  const before = readThreads(pid);
  await sleep(lookMs);
  return silenceOf({
    pid,
    state: readProcess(pid)?.state ?? '',
    before,
    after: readThreads(pid),
    hasChildren: childProcessIds(pid).length > 0,
  });
};

export interface SilentProcess {
  readonly pid: number;
  readonly state: string;
  /** Its threads `lookMs` ago, and now. */
  readonly before: readonly KernelThread[];
  readonly after: readonly KernelThread[];
  readonly hasChildren: boolean;
}

/**
 * The kernel does not say which of the threads is a certain worker. But a worker that waits for events, or in Atomics.wait,
 * does answer: so it is one that is busy, or waits for something else. V8's own threads only compute, or wait for a lock.
 */
export const silenceOf = ({ pid, state, before, after, hasChildren }: SilentProcess): string => {
  const stop = stopOf(state, pid);
  if (stop !== undefined) return `the process ${stop.how}; ${stop.hint}`;
  const others = after.filter(({ id, name }) => id !== pid && !ofV8.test(name));
  const cpuBefore = new Map(before.map(({ id, cpuUs }) => [id, cpuUs]));
  const busy = others.filter(({ id, cpuUs }) => cpuUs - (cpuBefore.get(id) ?? cpuUs) > busyShare * lookMs * 1000);
  if (busy.length > 0) return `it is busy, probably in native code: ${threadsOf(busy)} uses the processor`;
  const asleep = others.filter(({ waitsIn }) => waitsIn !== '' && !/poll|futex/.test(waitsIn));
  if (asleep.length > 0) return `${threadsOf(asleep)} waits for ${asleep[0]?.waitsFor}`;
  return hasChildren ? 'it may wait for a child process' : unknownSilence;
};

const busyShare = 0.5;
const ofV8 = /^(?:node-)?V8Worker|^DelayedTaskSche|^SignalInspector|^libuv-worker/;
const threadsOf = (threads: readonly KernelThread[]): string => `thread ${threads.map(({ id }) => id).join(', ')}`;
const unknownSilence = 'it may run native code, wait for a lock there, or be busy';
