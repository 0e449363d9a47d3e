/** The heap without garbage. In: a session. Out: bytes in use right after a full collection. */
import { collectGarbage } from './collect-garbage.js';
import type { Session } from '../session/protocol.js';

/** Pauses the target for about 1.5 ms per megabyte of heap. */
export const readCollectedHeap = async (session: Session): Promise<number> => {
  await collectGarbage(session, 120_000);
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize;
};
