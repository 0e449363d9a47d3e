/**
 * The process that close-later.ts starts. In: the id of a process and when it started. It waits until that process opens
 * its inspector and no client uses it, closes it, and ends; it also ends with that process, and after an hour.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { closeLaterMinutes } from './close-later.js';
import { findInspector } from './inspector.js';
import { closeInspectorOfSignal } from './link.js';
import { holdLock } from './lock.js';
import { readProcess } from '../process/proc.js';
import { holdersOf } from '../process/sockets.js';

const [pid = 0, startTicks = 0] = process.argv.slice(2).map(Number);
const pollMs = 500;

const runs = (): boolean => {
  const status = readProcess(pid);
  return status?.startTicks === startTicks && status.state !== 'Z' && status.state !== 'X';
};

/** True if there is nothing left to do here: if another memwatch is attached, the last one to leave closes the inspector. */
const tryClose = async (): Promise<boolean> => {
  const url = await findInspector(pid);
  if (url === undefined) return false;
  await sleep(100); // our own look at it is over by then
  if (holdersOf(Number(new URL(url).port), pid).connections > 0) return false; // somebody uses it
  return closeInspectorOfSignal(pid).then(
    () => true,
    () => false, // it was moved, or its thread is blocked again
  );
};

const waitAndClose = async (): Promise<void> => {
  const until = Date.now() + closeLaterMinutes * 60_000;
  while (Date.now() < until && runs() && !(await tryClose())) await sleep(pollMs);
};

const lock = await holdLock(`close-later-${pid}-${startTicks}`);
if (lock !== undefined) await waitAndClose(); // one is enough
process.exit();
