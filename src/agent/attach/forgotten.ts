/**
 * An inspector that a signal opened and no client uses: what a memwatch leaves that was killed between its signal and its
 * connection. In: a pid, and the address of its inspector. Out: whether it is such a one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readProcess } from '../process/proc.js';
import { holdersOf } from '../process/sockets.js';
import { sigusr1Port, startsWithInspector } from './port.js';

/** It may be open by a signal: not by a flag, nor at another port. */
export const isOfSignal = (pid: number, url: string): boolean => {
  const status = readProcess(pid);
  return (
    status !== undefined && !startsWithInspector(status) && [0, Number(new URL(url).port)].includes(sigusr1Port(status))
  );
};

export const isForgotten = async (pid: number, url: string): Promise<boolean> => {
  if (!isOfSignal(pid, url)) return false;
  for (let waitedMs = 0; waitedMs < 1000; waitedMs += 50) {
    if (holdersOf(Number(new URL(url).port), pid).connections === 0) return true;
    await sleep(50); // our own connection may not be closed yet
  }
  return false;
};
