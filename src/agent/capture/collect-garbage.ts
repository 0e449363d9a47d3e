/**
 * Collects all garbage of a thread. `HeapProfiler.collectGarbage` is a task of the thread's event loop, which never runs in a
 * worker that waits in Atomics.wait between its jobs. There, V8 collects before it looks for objects of a prototype: the
 * thread is asked for those of a new one, of which there are none. In: a session. Out: nothing, once garbage is collected.
 */
import type { Session } from '../session/protocol.js';

const loopless = new WeakSet<Session>();

/** From now on, garbage of this thread is collected without its event loop. */
export const collectWithoutLoop = (session: Session): void => void loopless.add(session);

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
