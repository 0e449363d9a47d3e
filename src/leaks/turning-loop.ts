/**
 * Checks that a search for leaks can begin: the event loop of the target must turn, or a worker must at least answer between
 * its jobs. In: the target. Out: nothing, or an error.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attachment } from '../agent/attach/attach.js';
import { collectWithoutLoop, turnsLoop } from '../agent/capture/collect-garbage.js';
import { readThreadInside } from '../agent/capture/thread-states.js';
import { describeSilentWorker, readThread } from '../agent/process/threads.js';
import { evaluate, turnOfLoop } from '../agent/session/evaluate.js';
import { MemwatchError } from '../errors.js';
import type { Progress } from '../progress.js';

const blockedMs = 10_000;
/** A worker of a pool waits in Atomics.wait for its next job, and never gets back to its event loop. */
const workerBlockedMs = 1500;

/**
 * Garbage is collected from the event loop: if the target never gets back to it, nothing can be compared. Throws
 * `no-answer`.
 */
export const requireTurningLoop = async (attachment: Attachment, io: Progress): Promise<void> => {
  const { session, pid, worker } = attachment;
  if (worker !== undefined && !(await turnsLoop(session, workerBlockedMs))) {
    collectWithoutLoop(session);
    io.warn(`${worker.title} does not get back to its event loop: ${await waitOf(attachment)}; going on`);
    return;
  }
  const who = pid === undefined ? 'the target' : `process ${pid}`;
  const waiting = setTimeout(() => io.progress(`waiting for the event loop of ${who}, which is blocked`), 1000);
  try {
    await evaluate(session, turnOfLoop, [], { awaitPromise: true, timeoutMs: blockedMs });
  } catch (cause) {
    if (!(cause instanceof MemwatchError) || cause.code !== 'no-answer') throw cause;
    const what = `${who} is blocked: its event loop has not run for ${blockedMs / 1000} s`;
    throw new MemwatchError('no-answer', what, {
      hint: `run memwatch cpu ${pid ?? '<target>'} to see what blocks it`,
      cause,
    });
  } finally {
    clearTimeout(waiting);
  }
};

/** Until it waits again. */
const afterAnswerMs = 100;

/** What the worker does instead, which it says itself: in Atomics.wait, too, V8 lets it answer. */
const waitOf = async ({ pid, session, worker }: Attachment): Promise<string> => {
  const inside = await readThreadInside({ session, name: worker?.title ?? '' });
  if (inside === undefined) return describeSilentWorker(pid);
  if (pid === undefined || inside.kernelId === null) return 'it is busy, or waits';
  await sleep(afterAnswerMs);
  const thread = readThread(pid, inside.kernelId);
  return thread?.waitsFor == null ? 'it is busy' : `it waits for ${thread.waitsFor}`;
};
