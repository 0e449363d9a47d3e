/**
 * Checks that a search for leaks can begin: the event loop of the target must turn, or a worker must at least answer between
 * its jobs. In: the target. Out: nothing, or an error.
 */
import type { Attachment } from '../agent/attach/attach.js';
import { collectWithoutLoop } from '../agent/capture/collect-garbage.js';
import { evaluate, turnOfLoop } from '../agent/session/evaluate.js';
import type { Session } from '../agent/session/protocol.js';
import { MemwatchError } from '../errors.js';
import type { Progress } from '../progress.js';

const blockedMs = 10_000;
/** A worker of a pool waits in Atomics.wait for its next job, and never gets back to its event loop. */
const workerBlockedMs = 1500;

/**
 * Garbage is collected from the event loop: if the target never gets back to it, nothing can be compared. Throws
 * `no-answer`.
 */
export const requireTurningLoop = async ({ session, pid, worker }: Attachment, io: Progress): Promise<void> => {
  if (worker !== undefined && !(await turns(session, workerBlockedMs))) {
    collectWithoutLoop(session);
    io.warn(
      `${worker.title} does not get back to its event loop (it may wait in Atomics.wait, run native code, or be busy); going on`,
    );
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

const turns = (session: Session, timeoutMs: number): Promise<boolean> =>
  evaluate(session, turnOfLoop, [], { awaitPromise: true, timeoutMs }).then(
    () => true,
    () => false,
  );
