/** Readings of processes, for tests of what is computed from them; every figure is plausible until a test changes it. */
import type { IsolateMemory, Mapping, MemoryReading } from '#memwatch/analyzer/model/memory.js';
import type { Reading } from '#memwatch/analyzer/model/reading.js';
import type { RecordedReading } from '#memwatch/analyzer/model/recording.js';

const mb = 2 ** 20;

let address = 0x1000_0000;
export const mapping = (path: string, rssBytes: number, permissions = 'rw-p'): Mapping => {
  address += 4096;
  const start = address;
  address += 2 * rssBytes;
  return {
    start,
    end: address,
    permissions,
    path,
    rssBytes,
    anonymousBytes: path.startsWith('/') ? 0 : rssBytes,
    swapBytes: 0,
  };
};

export const isolate = (values: Partial<IsolateMemory> = {}): IsolateMemory => ({
  thread: 'main thread',
  usedBytes: 20 * mb,
  liveBytes: null,
  committedBytes: 24 * mb,
  physicalBytes: 22 * mb,
  limitBytes: 1000 * mb,
  externalBytes: mb,
  arrayBuffersBytes: 0,
  mallocedBytes: mb,
  spaces: [],
  ...values,
});

/** What `memwatch memory` reads. */
export const memoryReading = (values: Partial<MemoryReading> = {}): MemoryReading => ({
  timeMs: 0,
  mappings: [mapping('[heap]', 10 * mb), mapping('/usr/bin/node', 30 * mb, 'r-xp')],
  isolates: [isolate()],
  silentThreads: [],
  threads: 11,
  limits: [],
  unseenLimits: null,
  pageCache: null,
  pressure: null,
  oomKills: null,
  allocator: 'glibc',
  mallocSettings: [],
  trimmed: null,
  readUs: 100,
  nodeVersion: 'v22.20.0',
  ...values,
});

/** What `memwatch record` writes. */
export const recordedReading = (values: Partial<RecordedReading> = {}): RecordedReading => ({
  kind: 'reading',
  series: 1,
  timeMs: 0,
  intervalUs: 1e6,
  rssBytes: 1e8,
  heapUsedBytes: 1e7,
  heapTotalBytes: 2e7,
  heapLimitBytes: 4e9,
  externalBytes: 0,
  arrayBuffersBytes: 0,
  cgroupUsedBytes: null,
  cgroupLimitBytes: null,
  cpuUs: 1000,
  delayP99Us: null,
  delayMaxUs: null,
  loopUtilization: 0.5,
  gcCount: 1,
  gcUs: 10,
  handles: 0,
  fileDescriptors: null,
  threads: null,
  ...values,
});

/** What the live screen shows, one reading a second. */
export const secondReading = (second: number, usedBytes: number, limitBytes = 1000 * mb): Reading => ({
  schema: 'memwatch/reading@1',
  timeMs: 1_700_000_000_000 + second * 1000,
  intervalUs: 1e6,
  uptimeSeconds: second,
  rssBytes: 500 * mb,
  heap: {
    usedBytes,
    totalBytes: 600 * mb,
    limitBytes,
    externalBytes: 0,
    arrayBuffersBytes: 0,
    spaces: [],
    nativeContexts: 1,
    detachedContexts: 0,
  },
  cgroup: null,
  cpu: { userUs: 0, systemUs: 0, cores: 0 },
  loop: { delay: null, utilization: 0 },
  gc: [],
  handles: [],
});
