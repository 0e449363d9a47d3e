/**
 * Readings of the program, in the form of memwatch's recordings. In: the main thread, what the kernel says of the process.
 * Out: a reading, and how near the memory is to the limit that comes first.
 */
import { getHeapStatistics } from 'node:v8';
import { foldersOf, limitsIn, readHere, type CgroupMemory } from '../agent/process/cgroup.js';
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

/** Without a limit for old objects, that of the whole heap counts, which is the same in every thread. */
export const createReader = (
  main: Pick<MainThread, 'readFigures'>,
  heapLimitBytes = getHeapStatistics().heap_size_limit,
): Reader => {
  let before = { atUs: performance.now() * 1000, cpuUs: cpuUs(), gcCount: 0, gcUs: 0 };
  let limitBytes = heapLimitBytes;
  const readCgroup = createCgroupReader();
  return {
    limitBytes: () => limitBytes,
    read: async (delayUs) => {
      const [used, total, external, arrayBuffers, gcCount, gcUs, utilization, handles, clients, stops] =
        await main.readFigures();
      const { usedBytes: cgroupUsedBytes = null, limitBytes: cgroupLimitBytes = null } = readCgroup() ?? {};
      limitBytes = Math.min(heapLimitBytes, cgroupLimitBytes ?? Infinity);
      const now = { atUs: performance.now() * 1000, cpuUs: cpuUs(), gcCount, gcUs };
      const reading: RecordedReading = {
        ...always,
        timeMs: Date.now(),
        intervalUs: Math.round(now.atUs - before.atUs),
        rssBytes: process.memoryUsage.rss(),
        heapUsedBytes: used,
        heapTotalBytes: total,
        heapLimitBytes,
        externalBytes: external,
        arrayBuffersBytes: arrayBuffers,
        cgroupUsedBytes,
        cgroupLimitBytes,
        cpuUs: now.cpuUs - before.cpuUs,
        delayP99Us: delayUs,
        delayMaxUs: delayUs,
        loopUtilization: Math.round(utilization * 1e4) / 1e4,
        gcCount: gcCount - before.gcCount,
        gcUs: Math.round(gcUs - before.gcUs),
        handles,
      };
      before = now;
      return { reading, share: fullness(reading), isAttached: clients > 0, stops };
    },
  };
};

/** Its folders are looked for again when the process has been moved to another cgroup: the list of mounts is long. */
const createCgroupReader = (): (() => CgroupMemory | undefined) => {
  let folders: ReturnType<typeof foldersOf> = [];
  let membership = '';
  return () => {
    const now = readHere('/proc/self/cgroup');
    if (now !== membership) folders = foldersOf(process.pid, readHere);
    membership = now;
    return limitsIn(folders, membership, readHere).tightest;
  };
};

const always = { kind: 'reading', series: 1, fileDescriptors: null, threads: null } as const;

/** Of the heap or of the container, whichever is nearer to its limit. */
const fullness = ({ heapUsedBytes, heapLimitBytes, cgroupUsedBytes, cgroupLimitBytes }: RecordedReading): number =>
  Math.max(heapUsedBytes / heapLimitBytes, (cgroupUsedBytes ?? 0) / (cgroupLimitBytes ?? Infinity));

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
