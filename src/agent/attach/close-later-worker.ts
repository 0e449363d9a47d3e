/**
 * The process that close-later.ts starts. In: the id of a process and when it started; stdin, which ends without a line
 * if memwatch is gone. It waits until that process opens its inspector and no client uses it, closes it, does the same for its
 * cluster workers, to which it passes the signal on, and ends. It also ends when no inspector comes any more: the process has
 * ended, or its event loop turns; and after an hour. One that is open but cannot be reached is waited for.
 */
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded, isSameStart, readProcess, watchLoop } from '../process/proc.js';
import { closeLaterMinutes } from './close-later.js';
import { clusterWorkersOf } from './cluster.js';
import { isForgotten, isOfSignal } from './forgotten.js';
import { findInspector } from './inspector.js';
import { closeInspectorOfSignal } from './link.js';
import { holdLock } from './lock.js';
import { inspectorListener } from './port.js';

const pollMs = 500;
const until = Date.now() + closeLaterMinutes * 60_000;

const runs = (pid: number, startTicks: number): boolean => {
  const status = readProcess(pid);
  return status !== undefined && isSameStart(status.startTicks, startTicks) && !hasEnded(status);
};

/** True if it is closed: if another memwatch is attached, the last one to leave closes it. */
const tryClose = async (pid: number, url: string): Promise<boolean> => {
  if (!(await isForgotten(pid, url))) return false;
  return closeInspectorOfSignal(pid).then(
    () => true,
    () => false, // it was moved, or its thread is blocked again
  );
};

const waitAndClose = async (pid: number, startTicks: number): Promise<void> => {
  for (const loop = watchLoop(pid); Date.now() < until && runs(pid, startTicks); await sleep(pollMs)) {
    const url = await findInspector(pid);
    if (url !== undefined && isOfSignal(pid, url)) {
      if (await tryClose(pid, url)) return;
    } else if (loop.hasTurned() && inspectorListener(pid) === undefined) return;
  }
};

const [pid = 0, startTicks = 0] = process.argv.slice(2).map(Number);
const isNeeded = (await text(process.stdin)) === '';
const lock = isNeeded ? await holdLock(`close-later-${pid}-${startTicks}`) : undefined;
if (lock !== undefined) {
  // one is enough
  await waitAndClose(pid, startTicks);
  await Promise.all(clusterWorkersOf(pid).map((worker) => waitAndClose(worker.pid, worker.startTicks)));
}
process.exit();
