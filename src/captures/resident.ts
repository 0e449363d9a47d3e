/**
 * How much of a target's resident memory (RSS) stays higher after a capture, and what holds it. In: an attachment and the work.
 * Out: a sentence for the user, if the amount is worth one; and what the next capture can use again.
 */
import type { Attachment } from '../agent/attach/attach.js';
import { allocatorOf, readMappings } from '../agent/process/mappings.js';
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

/**
 * Does the work, makes V8 forget the ids of objects, which would take memory, then reports how much higher the RSS is. `captures`:
 * what those have left, if the program goes on working meanwhile and may grow by itself.
 */
export const reportKeptMemory = async <T>(
  { session, pid }: Attachment,
  io: Progress,
  work: () => Promise<T>,
  captures?: KeptMemory,
): Promise<T> => {
  const before = await readResident(session).catch(() => undefined); // not where the target has no /proc
  const result = await work();
  await session.send('HeapProfiler.disable').catch(() => {}); // it may be ending
  const kept = before && keptMemory(before, await readResident(session).catch(() => before), captures?.left());
  if (kept !== undefined) io.warn(`${kept}${wayToTrim(pid)}`);
  return result;
};

/** The free memory that captures have left with the target's allocator. */
export interface KeptMemory {
  /** Since the first capture. */
  left(): number;
  /** What the next capture can use of it. */
  bytes(): number;
  /** Takes a capture, and adds what that leaves. What the program takes between captures is not counted. */
  after<T>(capture: () => Promise<T>): Promise<T>;
}

/**
 * The next capture uses that memory again: on Node 20 and 24, the RSS rose to the same peak in each of three snapshots,
 * within 2 %.
 */
export const followKeptMemory = (session: Session): KeptMemory => {
  let kept = 0;
  /** NaN where the target cannot read it. */
  const outside = async (): Promise<number> => {
    const { rssBytes, heapBytes } = await readResident(session).catch(() => ({ rssBytes: NaN, heapBytes: NaN }));
    return rssBytes - heapBytes;
  };
  return {
    left: () => kept,
    bytes: () => reusedShare * kept,
    after: async (capture) => {
      const before = await outside();
      const result = await capture();
      kept = Math.max(0, kept + ((await outside()) - before || 0));
      return result;
    },
  };
};

/** The program may have taken some of it meanwhile. */
const reusedShare = 0.8;

const minReportedBytes = 16e6;

const wayToTrim = (pid: number | undefined): string => {
  if (pid === undefined || process.arch !== 'x64') return '';
  try {
    return allocatorOf(readMappings(pid)) === 'glibc' ? `; memwatch memory ${pid} --try-trim gives it back` : '';
  } catch {
    return ''; // it has ended, or may not be read
  }
};

/**
 * V8 frees its graph when the snapshot is written, but the C library keeps most of the pages, because they lie between
 * others that are in use. They are not lost: the next capture, and the program's own native code, reuse them.
 */
const keptMemory = (before: Resident, after: Resident, left = Infinity): string | undefined => {
  const moreBytes = after.rssBytes - before.rssBytes;
  if (!(moreBytes >= minReportedBytes)) return undefined; // not a number, if the target is not Node
  const heapBytes = Math.min(moreBytes, Math.max(0, after.heapBytes - before.heapBytes));
  const freeBytes = Math.min(moreBytes - heapBytes, left);
  const others = moreBytes - heapBytes - freeBytes;
  if (others > 0 && freeBytes < minReportedBytes) return undefined; // it grew by itself
  return (
    `the target's RSS is ${formatBytes(moreBytes)} higher than before: ${formatBytes(heapBytes)} of that is in V8's heap and Buffers, ` +
    `${formatBytes(freeBytes)} is free memory that its allocator keeps for later use` +
    (others < minReportedBytes ? '' : `, and by ${formatBytes(others)} it grew itself meanwhile`)
  );
};
