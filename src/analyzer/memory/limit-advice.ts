/**
 * Limits that do not fit each other. In: a reading. Out: advice with the exact flag for this process's Node.
 */
import { formatBytes } from '../model/figures.js';
import type { MemoryAdvice, MemoryLimit, MemoryReading } from '../model/memory.js';

/** For a heap limit that does not fit the container's limit. Node leaves about a quarter of the memory to everything else. */
const shareForHeap = 0.75;

export const findMismatches = ({ isolates, limits, nodeVersion }: MemoryReading): MemoryAdvice[] => {
  const heap = isolates[0]?.limitBytes;
  const cgroup = tightest(limits, 'cgroup');
  if (heap === undefined || cgroup === undefined) return [];
  const fits = Math.floor((cgroup.limitBytes * shareForHeap) / 2 ** 20);
  const flag = `--max-old-space-size=${fits}${percentageFlag(nodeVersion)}`;
  const evidence = `V8's heap limit is ${formatBytes(heap)}, ${cgroup.of} is ${formatBytes(cgroup.limitBytes)}`;
  if (heap > cgroup.limitBytes)
    return [
      {
        id: 'heap-limit-above-container',
        text: `the kernel kills the process before V8 collects garbage aggressively: start it with ${flag}`,
        evidence,
      },
    ];
  if (heap < cgroup.limitBytes / 2)
    return [
      {
        id: 'heap-limit-far-below-container',
        text: `V8 ends the process while half of the container's memory is free: if the heap needs more, start it with ${flag}`,
        evidence,
      },
    ];
  return [];
};

const tightest = (limits: readonly MemoryLimit[], kind: MemoryLimit['kind']): MemoryLimit | undefined =>
  limits.filter((one) => one.kind === kind).toSorted((a, b) => a.limitBytes - b.limitBytes)[0];

/** Node 22.21 and 24.6 introduced --max-old-space-size-percentage. */
const percentageFlag = (version: string): string => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const has = major > 24 || (major === 24 && minor >= 6) || (major === 22 && minor >= 21);
  return has ? ` (or --max-old-space-size-percentage=${shareForHeap * 100})` : '';
};
