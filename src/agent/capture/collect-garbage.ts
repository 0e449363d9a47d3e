/**
 * Collects all garbage of a thread. `HeapProfiler.collectGarbage` is a task of the thread's event loop, which never runs in a
 * worker that waits in Atomics.wait between its jobs. There, V8 collects before it looks for objects of a prototype: the
 * thread is asked for those of a new one, of which there are none. In: a session. Out: nothing, once garbage is collected.
 */
import { MemwatchError } from '../../errors.js';
import { evaluate, turnOfLoop } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';

const loopless = new WeakSet<Session>();

/** From now on, garbage of this thread is collected without its event loop. */
export const collectWithoutLoop = (session: Session): void => void loopless.add(session);

/**
 * Whether its event loop turns within this time. A thread that is known not to get back to it is not asked: each question would
 * stay in its heap as a promise, and look like growth.
 */
export const turnsLoop = async (session: Session, timeoutMs: number): Promise<boolean> => {
  if (loopless.has(session)) return false;
  try {
    return await evaluate(session, turnOfLoop, [], { awaitPromise: true, timeoutMs });
  } catch (error) {
    if (error instanceof MemwatchError && error.code === 'no-answer') return false;
    throw error;
  }
};

export const collectGarbage = async (session: Session, timeoutMs: number): Promise<void> => {
  if (!loopless.has(session)) {
    await session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs });
    return;
  }
  const { result } = await session.send('Runtime.evaluate', { expression: '({})' }, { timeoutMs });
  const prototypeObjectId = result.objectId ?? '';
  const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId }, { timeoutMs });
  for (const { objectId } of [objects, result])
    if (objectId !== undefined) await session.send('Runtime.releaseObject', { objectId });
};
