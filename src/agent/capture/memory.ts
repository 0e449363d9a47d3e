/**
 * The memory of a whole process at one moment. In: an attachment. Out: a MemoryReading: mappings, V8's statistics of each
 * thread, limits. Stops the target only for the microseconds in which V8 adds up its own figures.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IsolateMemory, MemoryReading } from '../../analyzer/model/memory.js';
import { MemwatchError } from '../../errors.js';
import type { Attachment } from '../attach/attach.js';
import { hiddenCgroups, unreadableCgroup } from '../process/cgroup.js';
import { cgroupStateIn, readCgroupState, type CgroupState } from '../process/cgroup-state.js';
import { readHostLimits, readUlimits } from '../process/limits.js';
import { allocatorOf, assumedMappings, memorySettings, readMappings } from '../process/mappings.js';
import { hasProc, readProcess, threadCount } from '../process/proc.js';
import { evaluate } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';
import { readCollectedHeap } from './collected-heap.js';
import { readFilesInside } from './files-inside.js';
import { threadsOf, type Thread } from './cpu-profile.js';
import { trimMalloc } from './malloc-trim.js';

/** A thread that does not answer within this time is left out, and listed as such. */
const patienceMs = 1000;

/**
 * The reading after malloc_trim, with what it gave back; see malloc-trim.ts for what that costs and throws.
 */
export const captureTrimmedMemory = async (attachment: Attachment, collect: boolean): Promise<MemoryReading> => {
  const before = await captureMemory(attachment, collect);
  const durationUs = await trimMalloc(attachment.main, before.allocator);
  const after = await captureMemory(attachment, false);
  return { ...after, isolates: before.isolates, trimmed: { mappings: before.mappings, durationUs } };
};

/**
 * `collect` makes V8 collect the heaps first, which stops each thread for about two milliseconds per megabyte of its heap.
 * Throws `not-attachable` if the target is not a process of this machine, and what readMappings throws.
 */
export const captureMemory = async (attachment: Attachment, collect: boolean): Promise<MemoryReading> => {
  const { pid } = attachment;
  if (pid === undefined)
    throw new MemwatchError('not-attachable', 'the target is not a process of this machine', {
      hint: 'run memwatch where it runs: its mappings are in /proc there',
    });
  const threads = await threadsOf(attachment, true);
  const readings = await Promise.all(threads.map((thread) => readIsolate(thread, collect)));
  const isolates = readings.flatMap((one) => (typeof one === 'string' ? [] : [one]));
  const begun = performance.now();
  const mappings = hasProc ? readMappings(pid) : assumedMappings(readProcess(pid)?.rssBytes ?? 0, isolates);
  const readUs = Math.round((performance.now() - begun) * 1000);
  const cgroup = await cgroupOf(pid, attachment.main);
  return {
    timeMs: Date.now(),
    mappings,
    isolates,
    silentThreads: readings.filter((one) => typeof one === 'string'),
    threads: threadCount(pid),
    limits: [...isolates.map(heapLimit), ...cgroup.limits, ...readUlimits(pid), ...readHostLimits()],
    unseenLimits: unseenIn(cgroup),
    pageCache: cgroup.pageCache,
    pressure: cgroup.pressure,
    oomKills: cgroup.oomKills,
    readUs,
    nodeVersion: attachment.nodeVersion,
    allocator: allocatorOf(mappings),
    mallocSettings: memorySettings(pid),
    trimmed: null,
  };
};

/** What the target itself sees of its cgroup, if part of that cannot be seen from here: it may be in another cgroup namespace. */
const cgroupOf = async (pid: number, main: Session): Promise<CgroupState> => {
  const outside = readCgroupState(pid);
  if (outside.isSeen && !outside.hiddenAbove) return outside;
  const files = await readFilesInside(main, ['/proc/pressure/memory'], { timeoutMs: patienceMs }).catch(
    () => undefined,
  );
  if (files === undefined) return outside;
  const inside = cgroupStateIn(files.folders, files.membership, files.read);
  const best = outside.isSeen || !inside.isSeen ? outside : inside;
  return { ...best, hiddenAbove: outside.hiddenAbove && inside.hiddenAbove };
};

const unseenIn = ({ hiddenAbove, isSeen }: CgroupState): string | null => {
  if (hiddenAbove) return hiddenCgroups;
  return isSeen ? null : unreadableCgroup;
};

/** Readings may take at most this share of the time, because the target waits for its memory meanwhile. */
const readingShare = 0.0005;
const leastWaitMs = 10_000;

/** Readings in addition to others that come every `intervalMs`, until `stop` is aborted; throws what captureMemory throws. */
export const watchMemory = async function* (
  attachment: Attachment,
  stop: AbortSignal,
  intervalMs = 1000,
): AsyncGenerator<MemoryReading> {
  for (let waitMs = Math.min(1000, intervalMs); await sleep(waitMs, true, { signal: stop }).catch(() => false);) {
    const reading = await captureMemory(attachment, false);
    yield reading;
    waitMs = Math.max(leastWaitMs, 10 * intervalMs, reading.readUs / 1000 / readingShare);
  }
};

/** What is committed says less: V8 keeps it after a peak, and collects garbage before it gives up. */
const heapLimit = ({ thread, limitBytes, usedBytes, liveBytes }: IsolateMemory) => ({
  of: `V8's heap limit (${thread})`,
  kind: 'heap' as const,
  limitBytes,
  usedBytes: liveBytes ?? usedBytes,
});

/** Only the thread's name if it does not answer. */
const readIsolate = async ({ name, session }: Thread, collect: boolean): Promise<IsolateMemory | string> => {
  const read = () => evaluate(session, isolateInTarget, [], { timeoutMs: patienceMs, mayNeedRequire: true });
  try {
    const isolate = await read();
    const liveBytes = collect ? await readCollectedHeap(session) : null;
    return { thread: name, ...(collect ? { ...(await read()), usedBytes: isolate.usedBytes } : isolate), liveBytes };
  } catch (error) {
    if (error instanceof MemwatchError && error.code === 'no-answer') return name;
    throw error;
  }
};

/** Runs in the target. */
const isolateInTarget = (): Omit<IsolateMemory, 'thread' | 'liveBytes'> => {
  const builtin: NodeJS.Process['getBuiltinModule'] = process.getBuiltinModule ?? require;
  const v8 = builtin('node:v8');
  const heap = v8.getHeapStatistics();
  const { arrayBuffers } = process.memoryUsage();
  return {
    usedBytes: heap.used_heap_size,
    committedBytes: heap.total_heap_size,
    physicalBytes: heap.total_physical_size,
    limitBytes: heap.heap_size_limit,
    externalBytes: Math.max(heap.external_memory, arrayBuffers), // V8 leaves out shared ArrayBuffers
    arrayBuffersBytes: arrayBuffers,
    mallocedBytes: heap.malloced_memory,
    spaces: v8.getHeapSpaceStatistics().map((space) => ({
      name: space.space_name,
      usedBytes: space.space_used_size,
      committedBytes: space.space_size,
      physicalBytes: space.physical_space_size,
    })),
  };
};
