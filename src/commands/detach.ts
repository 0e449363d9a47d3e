/** `memwatch detach <target>`: removes what a killed memwatch left in a target, and closes the inspector it opened. */
import { setTimeout as sleep } from 'node:timers/promises';
import { attach } from '../agent/attach/attach.js';
import { createCloser } from '../agent/attach/close-later.js';
import { clusterWorkersOf } from '../agent/attach/cluster.js';
import { clearGuard, closeInspector } from '../agent/session/guard.js';
import { isForgotten } from '../agent/attach/forgotten.js';
import { findInspector } from '../agent/attach/inspector.js';
import { inspectorListener, portClosed, unreachableInspector } from '../agent/attach/port.js';
import { loopbackAdvice } from '../agent/process/network.js';
import { describeWait, hasProc, readProcess, turnsItsLoop } from '../agent/process/proc.js';
import { checkReachable } from '../agent/attach/safety.js';
import type { Target } from '../agent/attach/target.js';
import { MemwatchError } from '../errors.js';
import { targetForms, targetOf } from './choose-target.js';
import type { Command, Io } from './io.js';

export const detachCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('target', { type: 'string', describe: targetForms })
      .option('force', { type: 'boolean', describe: 'close the inspector even if memwatch did not open it' })
      .example('$0 detach 1234', 'restore 1234 and its cluster workers'),
  async run(args, io) {
    const target = await targetOf(args, io);
    const ends = await detachFromAll(target, args['force'] === true, io);
    const closed = ends.some(({ outcome }) => outcome === 'closed');
    const mayOpenLater = ends.some(({ outcome }) => outcome === 'may open later');
    io.print({ schema: 'memwatch/detach@1', closed, mayOpenLater }, () => ends.map(describe).join('\n'));
  },
};

interface End {
  readonly name: string;
  readonly outcome: 'closed' | 'left open' | 'none open' | 'may open later';
  /** Continues the sentence, for an inspector that may open later. */
  readonly why?: string;
}

const describe = ({ name, outcome, why = '' }: End): string => {
  if (outcome === 'closed') return `${name}: inspector closed`;
  if (outcome === 'may open later') return `${name} has no open inspector now. ${why}`;
  if (outcome === 'none open') return `${name} has no open inspector`;
  return `${name}: its inspector was not opened by memwatch: left open (--force closes it)`;
};

/** A cluster primary passes the signal on that opens its inspector, so its workers are checked, too. */
const detachFromAll = async (target: Target, force: boolean, io: Io): Promise<End[]> => {
  if (target.kind !== 'pid') return [await detachFrom(target, 'the target', force, io)];
  const { pid } = target;
  await checkReachable(pid).catch((error: unknown) => {
    if (error instanceof MemwatchError && error.code === 'not-attachable' && inspectorListener(pid) !== undefined)
      closeLater(pid);
    throw error;
  });
  const ends = [await detachFromProcess(target, `process ${pid}`, force, io)];
  for (const worker of clusterWorkersOf(pid)) {
    const named = { kind: 'pid', pid: worker.pid, worker: undefined } as const;
    const end = await detachFromProcess(named, `its cluster worker ${worker.pid}`, force, io);
    if (end.outcome !== 'none open') ends.push(end);
  }
  return ends;
};

const detachFromProcess = async (
  target: Extract<Target, { kind: 'pid' }>,
  name: string,
  force: boolean,
  io: Io,
): Promise<End> => {
  const open = await findInspector(target.pid, { signal: io.signal });
  if (open !== undefined) return detachFrom(target, name, force || (await isForgotten(target.pid, open)), io);
  const unreachable = await unreachableInspector(target.pid);
  if (unreachable !== undefined) {
    const hint = `${loopbackAdvice}; ${closeLater(target.pid)}`;
    throw new MemwatchError('not-attachable', `${name} ${unreachable}: it stays open`, { hint });
  }
  if (readProcess(target.pid) === undefined || (await isFree(target.pid))) return { name, outcome: 'none open' };
  // without /proc nothing shows that it is not free, which is no reason to leave a process that waits for it
  const later = hasProc ? closeLater(target.pid) : `memwatch detach ${target.pid} closes it then`;
  const why = `If it was asked for one, it opens it once it is free (${describeWait(target.pid)}); ${later}`;
  return { name, outcome: 'may open later', why };
};

/** Leaves a process that closes the inspector when that can be done; says so, in words. */
const closeLater = (pid: number): string => {
  const closer = createCloser(pid, readProcess(pid)?.startTicks ?? 0);
  closer.start();
  closer.takeOver();
  return closer.describe();
};

/** Its event loop turns, so it would have opened an inspector that it was asked for. */
const isFree = async (pid: number): Promise<boolean> => {
  for (let waitedMs = 0; waitedMs < 500; waitedMs += 10) {
    if (turnsItsLoop(pid)) return true;
    await sleep(10);
  }
  return false;
};

const detachFrom = async (target: Target, name: string, force: boolean, io: Io): Promise<End> => {
  const attachment = await attach(target, { signal: io.signal, onProgress: io.progress, onlyUndoes: true });
  try {
    const { closed } = await clearGuard(attachment.main);
    if (!closed && force) await closeInspector(attachment.main);
    if ((closed || force) && attachment.pid !== undefined) await portClosed(attachment.pid, attachment.port, io.signal);
    return { name, outcome: closed || force ? 'closed' : 'left open' };
  } finally {
    await attachment.detach();
  }
};
