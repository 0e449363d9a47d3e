/** The end of what watches a target, if the target ended first. In: its attachment. Out: a line for the user. */
import type { Attachment } from '../agent/attach/attach.js';
import { describeWait, runsOn } from '../agent/process/proc.js';
import type { Io } from './io.js';

/** Lets a target at its end go, and says how it ended; withAttachment says it of one that broke the connection. */
export const sayEnd = async (attachment: Attachment, io: Io): Promise<void> => {
  const { pid, main, program, ending, detach, howItEnded } = attachment;
  if (!ending.aborted || io.signal.aborted || (main.closed.aborted && program === undefined)) return;
  await detach(); // lets it end
  if (pid === undefined) return io.warn('the target has ended');
  if (program === undefined && (await runsOn(pid)))
    return io.warn(`process ${pid} prepared its end, but still runs: ${describeWait(pid)}`);
  io.warn(`process ${pid} ${(await howItEnded()) ?? 'has ended'}`);
};
