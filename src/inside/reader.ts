/**
 * Readings of the program, in the form of memwatch's recordings. In: the main thread, what the kernel says of the process.
 * Out: a reading, and how near the memory is to the limit that comes first.
 */
import { cgroupMemory } from '../agent/process/cgroup.js';
import type { RecordedReading } from '../analyzer/model/recording.js';
import type { MainThread } from './main-thread.js';

export interface ReadNow {
  readonly reading: RecordedReading;
  /** Of the heap's limit, or of the container's: 0 to 1. */
  readonly share: number;
  /** A memwatch is attached. */
  readonly isAttached: boolean;
  /** How often a memwatch that attached has ended the agent's sampling. */
  readonly stops: number;
}

export interface Reader {
  read(delayUs: number): Promise<ReadNow>;
  /** The smaller of the limits that are known. */
  limitBytes(): number;
}

export const createReader = (main: Pick<MainThread, 'readFigures'>, heapLimitBytes: number): Reader => {
  let before = { atUs: performance.now() * 1000, cpuUs: cpuUs(), gcCount: 0, gcUs: 0 };
  let limitBytes = heapLimitBytes;
  return {
    limitBytes: () => limitBytes,
    read: async (delayUs) => {
      const [used, total, external, arrayBuffers, gcCount, gcUs, utilization, handles, clients, stops] =
        await main.readFigures();
      const cgroup = cgroupMemory(process.pid);
      limitBytes = Math.min(heapLimitBytes, cgroup?.limitBytes ?? Infinity);
      const now = { atUs: performance.now() * 1000, cpuUs: cpuUs(), gcCount, gcUs };
      const reading: RecordedReading = {
        kind: 'reading',
        series: 1,
        timeMs: Date.now(),
        intervalUs: Math.round(now.atUs - before.atUs),
        rssBytes: process.memoryUsage.rss(),
        heapUsedBytes: used,
        heapTotalBytes: total,
        heapLimitBytes,
        externalBytes: external,
        arrayBuffersBytes: arrayBuffers,
        cgroupUsedBytes: cgroup?.usedBytes ?? null,
        cgroupLimitBytes: cgroup?.limitBytes ?? null,
        cpuUs: now.cpuUs - before.cpuUs,
        delayP99Us: delayUs,
        delayMaxUs: delayUs,
        loopUtilization: Math.round(utilization * 1e4) / 1e4,
        gcCount: gcCount - before.gcCount,
        gcUs: Math.round(gcUs - before.gcUs),
        handles,
        fileDescriptors: null,
        threads: null,
      };
      before = now;
      const share = Math.max(used / heapLimitBytes, cgroup === undefined ? 0 : cgroup.usedBytes / cgroup.limitBytes);
      return { reading, share, isAttached: clients > 0, stops };
    },
  };
};

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
