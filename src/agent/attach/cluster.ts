/**
 * A node:cluster primary forwards SIGUSR1: when its inspector opens, it signals every worker. Each worker would open its
 * own inspector, for good, and one that does not catch the signal would be killed. So memwatch opens the workers'
 * inspectors first, which makes the primary's signal do nothing there, and closes them again once the primary's is open.
 */
import type { Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemwatchError, messageOf } from '../../errors.js';
import { childProcessIds, environmentOf, innerPid, readProcess, runsOn, type ProcessStatus } from '../process/proc.js';
import { evaluate } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import type { Session } from '../session/protocol.js';
import { findInspector } from './inspector.js';
import { startsWithInspector } from './port.js';
import { obstacleOf } from './safety.js';

/** The workers of a cluster primary that run now. */
export const clusterWorkersOf = (pid: number): ProcessStatus[] =>
  childProcessIds(pid)
    .filter((child) => environmentOf(child).some((variable) => variable.startsWith('NODE_UNIQUE_ID=')))
    .flatMap((child) => readProcess(child) ?? [])
    .filter(({ command }) => command.length > 0); // a worker that is ending has already freed its memory

/**
 * Opens a worker's inspector and returns a function that closes it. `bySignal`: if it is already open, the primary's signal
 * has opened it.
 */
export type OpenWorker = (pid: number, bySignal: boolean) => Promise<() => Promise<void>>;

/** Opens the primary with `openPrimary`, which sends it SIGUSR1; afterwards its workers are as they were. */
export const openWithWorkers = async <P extends { readonly main: Session }>(
  pid: number,
  openWorker: OpenWorker,
  openPrimary: () => Promise<P>,
): Promise<P> => {
  checkPrimary(pid, signalled(pid).length);
  const open = new Map<number, () => Promise<void>>();
  try {
    for (let pass = 1; pass <= 5; pass++) {
      const workers = signalled(pid).filter((worker) => !open.has(worker.pid)); // others may start meanwhile
      const ready: ProcessStatus[] = [];
      for (const worker of workers) if (await isReady(pid, worker)) ready.push(worker); // all are checked before the first is signalled
      for (const worker of ready) await openOne(pid, worker.pid, openWorker, open);
      if (workers.length === 0) break;
    }
    const primary = await openPrimary();
    // the primary is open, and the caller must be able to close it
    await openLate(pid, primary.main, openWorker, open).catch(() => {});
    return primary;
  } finally {
    await Promise.all([...open.values()].map((close) => close().catch(() => {}))); // a worker that has ended needs no closing
  }
};

/** Before the first worker is signalled: there must be room for all inspectors at once. */
const checkPrimary = (pid: number, workers: number): void => {
  const status = workers === 0 ? undefined : readProcess(pid);
  const obstacle = status && obstacleOf(status, true, workers); // the user's consent is checked before its own signal
  if (obstacle === undefined) return;
  throw new MemwatchError(obstacle.code, `process ${pid} ${obstacle.reason}`, { hint: obstacle.hint });
};

/** It may not yet have installed its handler for the signal. */
const isStarting = ({ uptimeSeconds, catchesSigusr1, command }: ProcessStatus): boolean =>
  uptimeSeconds < 2 && catchesSigusr1 !== true && command.length > 0;

/** The workers on which the primary's signal has an effect. */
const signalled = (pid: number): ProcessStatus[] => clusterWorkersOf(pid).filter((worker) => !worker.blocksSigusr1);

const passesOn = (pid: number, worker: number): string =>
  `process ${pid} is a cluster primary and passes SIGUSR1 on to its worker ${worker}`;

/** False if it has ended, or blocks the signal, as a worker does that takes long to start. Throws if the signal would harm it. */
const isReady = async (pid: number, worker: ProcessStatus): Promise<boolean> => {
  let status: ProcessStatus | undefined = worker;
  for (; status !== undefined && isStarting(status); status = readProcess(worker.pid)) await sleep(20);
  if (status === undefined || status.command.length === 0 || status.blocksSigusr1) return false;
  const obstacle = obstacleOf(status, true); // whoever agreed to the primary's signal agreed to this
  if (obstacle === undefined) return true;
  throw new MemwatchError(obstacle.code, `${passesOn(pid, worker.pid)}, which ${obstacle.reason}`, {
    hint: obstacle.hint,
  });
};

const openOne = async (
  pid: number,
  worker: number,
  openWorker: OpenWorker,
  open: Map<number, () => Promise<void>>,
): Promise<void> => {
  try {
    open.set(worker, await openWorker(worker, false));
  } catch (error) {
    // workers come and go; one whose JavaScript is gone already may take long to end on a busy machine
    const isEnding = error instanceof MemwatchError && error.code === 'target-error';
    if (!(await runsOn(worker, isEnding ? 10_000 : 1000))) return;
    if (!(error instanceof MemwatchError) || error.code === 'interrupted') throw error;
    throw new MemwatchError(error.code, `${passesOn(pid, worker)}: ${messageOf(error)}`, { hint: error.hint });
  }
};

/** Workers that started while the primary was opened may have got its signal: opens theirs as well, to close them again. */
const openLate = async (
  pid: number,
  primary: Session,
  openWorker: OpenWorker,
  open: Map<number, () => Promise<void>>,
): Promise<void> => {
  const workers = clusterWorkersOf(pid);
  if (workers.length === 0) return;
  const starting = await evaluate(primary, forgetStarting);
  const late = workers.filter((worker) => !open.has(worker.pid) && !starting.includes(innerPid(worker.pid)));
  for (let looks = 0; looks < 10 && late.length > 0; looks++, await sleep(50)) {
    for (const worker of late.filter((one) => !open.has(one.pid) && !startsWithInspector(one))) {
      if ((await findInspector(worker.pid)) !== undefined) open.set(worker.pid, await openWorker(worker.pid, true));
    }
  }
};

/**
 * Runs in the primary, which signals workers that were starting as soon as they are online: cancels that and returns their
 * ids.
 */
const forgetStarting = (): (number | undefined)[] => {
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  const workers: NodeJS.Dict<Worker> = Reflect.get(guard?.builtin('node:cluster') ?? {}, 'workers') ?? {};
  return Object.values(workers).flatMap((worker) => {
    if (worker === undefined) return [];
    const signals = worker.listeners('online').filter((listener) => String(listener).includes('_debugProcess'));
    for (const signal of signals) worker.removeListener('online', signal as () => void);
    return signals.length === 0 ? [] : [worker.process.pid];
  });
};
