/**
 * The counters that a thread has of itself: its memory, its contexts, what keeps its event loop alive. In: V8's heap
 * statistics. Out: numbers.
 */
import type { CounterReading } from '../../analyzer/model/check.js';
import { readWebAssemblyBytes } from '../process/web-assembly.js';

export type MemoryCounters = Omit<
  CounterReading,
  'fileDescriptors' | 'threads' | 'childProcesses' | 'longestGcPauseUs'
>;

/** Also runs in a target, so it uses nothing from outside itself. */
export const readMemoryCounters = (getHeapStatistics: () => { number_of_native_contexts: number }): MemoryCounters => {
  const memory = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const type of process.getActiveResourcesInfo()) resources[type] = (resources[type] ?? 0) + 1;
  return {
    heapUsedBytes: memory.heapUsed,
    heapTotalBytes: memory.heapTotal,
    externalBytes: memory.external,
    arrayBuffersBytes: memory.arrayBuffers,
    rssBytes: memory.rss,
    nativeContexts: getHeapStatistics().number_of_native_contexts,
    resources,
  };
};

/** From this version on, V8 does not count WebAssembly memories as external. */
const firstUncounted = 26;

/** `nodeVersion`: `v26.1.0`. */
export const withWebAssembly = <T extends MemoryCounters>(memory: T, pid: number, nodeVersion: string): T => {
  if (Number.parseInt(nodeVersion.replace('v', ''), 10) < firstUncounted) return memory;
  return { ...memory, externalBytes: memory.externalBytes + readWebAssemblyBytes(pid) };
};
