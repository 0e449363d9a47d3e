/** The heap without garbage. In: a session. Out: bytes in use right after a full collection. */
import type { Session } from '../session/protocol.js';

/** Pauses the target for about 1.5 ms per megabyte of heap. */
export const readCollectedHeap = async (session: Session): Promise<number> => {
  await session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs: 120_000 });
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize;
};
