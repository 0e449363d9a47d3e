/**
 * `limitMemory`: runs a body once, and limits the memory that it leaves behind and the memory that it holds at its
 * peak. In: a body and limits. Out: what was measured; an error if a limit is exceeded.
 */
import v8 from 'node:v8';
import { openOwnProcess, type OwnProcess } from '../agent/capture/own-process.js';
import { parseBytes } from '../report/quantities.js';
import { MemwatchError } from '../errors.js';
import { formatBytes } from '../report/units.js';
import { parseLimit } from '../leaks/limits.js';

export interface MemoryLimits {
  /**
   * How much may be left after a garbage collection, in the heap and outside it: bytes, or text such as `1mb`. The heap of
   * a process that does nothing varies by up to 0.2 MB, so a limit below 1 MB may be exceeded by chance.
   */
  readonly kept?: number | string;
  /**
   * How much it may hold at once while it runs. Garbage in V8's nursery does not count once V8 has had to collect it.
   */
  readonly peak?: number | string;
}

export interface MemoryUse<T> {
  readonly keptBytes: number;
  readonly peakBytes: number;
  /** What the body returned; it counts as memory that is left. */
  readonly result: T;
}

export class MemoryLimitError extends Error {
  override readonly name = 'MemoryLimitError';
  constructor(
    message: string,
    readonly keptBytes: number,
    readonly peakBytes: number,
  ) {
    super(message);
  }
}

export const limitMemory = async <T>(body: () => T | Promise<T>, limits: MemoryLimits): Promise<MemoryUse<T>> => {
  const kept = parseLimit('kept', limits.kept, parseBytes) ?? Infinity;
  const peak = parseLimit('peak', limits.peak, parseBytes) ?? Infinity;
  if (kept === Infinity && peak === Infinity) {
    throw new MemwatchError('bad-argument', 'limitMemory needs a limit', { hint: "such as { kept: '1mb' }" });
  }
  const own = openOwnProcess();
  const use = await measure(body, own).finally(() => own.close());
  const complaints = [
    ...(use.keptBytes > kept ? [`keeps ${formatBytes(use.keptBytes)}, the limit is ${formatBytes(kept)}`] : []),
    ...(use.peakBytes > peak
      ? [`holds ${formatBytes(use.peakBytes)} at its peak, the limit is ${formatBytes(peak)}`]
      : []),
  ];
  if (complaints.length === 0) return use;
  const error = new MemoryLimitError(`the body ${complaints.join(', and ')}`, use.keptBytes, use.peakBytes);
  Error.captureStackTrace(error, limitMemory);
  throw error;
};

const measure = async <T>(body: () => T | Promise<T>, own: OwnProcess): Promise<MemoryUse<T>> => {
  await own.collectGarbage();
  const before = usedNow();
  const profiler = new v8.GCProfiler();
  profiler.start();
  const result = await finished(body, () => profiler.stop());
  const { statistics } = result.profile;
  const peakBytes = Math.max(
    usedNow(statistics.length > 0),
    ...statistics.map(({ beforeGC, afterGC }) => usedAt(beforeGC, afterGC)),
  );
  await own.collectGarbage();
  return {
    keptBytes: Math.max(0, usedNow() - before),
    peakBytes: Math.max(0, peakBytes - before),
    result: result.value,
  };
};

const finished = async <T>(
  body: () => T | Promise<T>,
  stop: () => v8.GCProfilerResult,
): Promise<{ value: T; profile: v8.GCProfilerResult }> => {
  let profile: v8.GCProfilerResult | undefined;
  try {
    const value = await body();
    profile = stop();
    return { value, profile };
  } finally {
    if (profile === undefined) stop();
  }
};

/** Heap and external memory; without V8's nursery if that has been collected before, since garbage fills it. */
const usedNow = (withoutNursery = false): number => {
  const { heapUsed, external } = process.memoryUsage();
  const nursery = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return heapUsed + external - (withoutNursery ? (nursery?.space_used_size ?? 0) : 0);
};

type HeapAtGc = v8.GCProfilerResult['statistics'][number]['beforeGC'];

/** At a collection: all spaces as they were before it, but of the nursery only what survived. */
const usedAt = (before: HeapAtGc, after: HeapAtGc): number => {
  const survived = nurseryOf(after);
  return before.heapStatistics.usedHeapSize - nurseryOf(before) + survived + before.heapStatistics.externalMemory;
};

const nurseryOf = ({ heapSpaceStatistics }: HeapAtGc): number =>
  heapSpaceStatistics.find(({ spaceName }) => spaceName === 'new_space')?.spaceUsedSize ?? 0;
