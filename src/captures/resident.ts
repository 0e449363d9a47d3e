/**
 * How much of a target's resident memory (RSS) stays higher after a capture, and what holds it. In: a session and the work.
 * Out: a sentence for the user, if the amount is worth one.
 */
import { evaluate } from '../agent/session/evaluate.js';
import type { Session } from '../agent/session/protocol.js';
import type { Progress } from '../progress.js';
import { formatBytes } from '../report/units.js';

interface Resident {
  readonly rssBytes: number;
  /** The part that V8's heap and Buffers use; the rest belongs to the C library's allocator and to code. */
  readonly heapBytes: number;
}

const readResident = (session: Session): Promise<Resident> =>
  evaluate(session, () => {
    const { rss, heapTotal, external } = process.memoryUsage();
    return { rssBytes: rss, heapBytes: heapTotal + external };
  });

/** Does the work, makes V8 forget the ids of objects, which would take memory, then reports how much higher the RSS is. */
export const reportKeptMemory = async <T>(session: Session, io: Progress, work: () => Promise<T>): Promise<T> => {
  const before = await readResident(session);
  const result = await work();
  await session.send('HeapProfiler.disable').catch(() => {}); // it may be ending
  const kept = keptMemory(before, await readResident(session).catch(() => before));
  if (kept !== undefined) io.warn(kept);
  return result;
};

const minReportedBytes = 16e6;

/**
 * V8 frees its graph when the snapshot is written, but the C library keeps most of the pages, because they lie between
 * others that are in use. They are not lost: the next capture, and the program's own native code, reuse them.
 */
const keptMemory = (before: Resident, after: Resident): string | undefined => {
  const moreBytes = after.rssBytes - before.rssBytes;
  if (!(moreBytes >= minReportedBytes)) return undefined; // not a number, if the target is not Node
  const heapBytes = Math.min(moreBytes, Math.max(0, after.heapBytes - before.heapBytes));
  return (
    `the target's RSS is ${formatBytes(moreBytes)} higher than before: ${formatBytes(heapBytes)} of that is in V8's heap and Buffers, ` +
    `${formatBytes(moreBytes - heapBytes)} is free memory that its allocator keeps for later use`
  );
};
