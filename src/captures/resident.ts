/**
 * What of a target's resident memory (RSS) stays after a capture, and whose it is. In: readings before and after. Out: a
 * sentence, where it is worth one.
 */
import { evaluate } from '../agent/session/evaluate.js';
import type { Session } from '../agent/session/protocol.js';
import { formatBytes } from '../report/units.js';

export interface Resident {
  readonly rssBytes: number;
  /** Of it, what V8's heap and Buffers take; the rest belongs to the C library's allocator and to code. */
  readonly heapBytes: number;
}

export const readResident = (session: Session): Promise<Resident> =>
  evaluate(session, () => {
    const { rss, heapTotal, external } = process.memoryUsage();
    return { rssBytes: rss, heapBytes: heapTotal + external };
  });

const leastWorthSaying = 16e6;

/**
 * V8 frees its graph when the snapshot is written; the C library keeps most of the pages, for they lie between others
 * that are in use. They are not lost: the next capture, and the program's own native code, use them again.
 */
export const keptMemory = (before: Resident, after: Resident): string | undefined => {
  const moreBytes = after.rssBytes - before.rssBytes;
  if (moreBytes < leastWorthSaying) return undefined;
  const heapBytes = Math.min(moreBytes, Math.max(0, after.heapBytes - before.heapBytes));
  return (
    `the target's RSS is ${formatBytes(moreBytes)} higher than before: ${formatBytes(heapBytes)} of it in V8's heap and Buffers, ` +
    `${formatBytes(moreBytes - heapBytes)} free memory that its allocator keeps and uses again`
  );
};
