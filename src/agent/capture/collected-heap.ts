/** The heap without garbage. In: a session. Out: bytes in use right after a full collection. */
import { evaluate } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';

/** Pauses the target for some 1.5 ms a megabyte of heap. */
export const readCollectedHeap = async (session: Session): Promise<number> => {
  await session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs: 120_000 });
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize;
};

/** What the heap's objects hold outside of it: bytes of Buffers, typed arrays, WebAssembly. After a collection. */
export const readExternal = (session: Session): Promise<number> =>
  evaluate(session, () => process.memoryUsage().external);
