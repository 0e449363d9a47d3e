/**
 * Limits that do not fit each other. In: a reading. Out: advice with the exact flag for this process's Node.
 */
import { formatBytes } from '../model/figures.js';
import type { MemoryAdvice, MemoryLimit, MemoryReading } from '../model/memory.js';
import { ownedBy, totalRss } from './parts.js';

/** The share of a container's memory that a heap may have, and less if more than the rest is taken already outside of it. */
const shareForHeap = 0.75;
/** Node hardly starts with less. */
const leastHeapBytes = 32 * 2 ** 20;

export const findMismatches = ({ isolates, limits, mappings, nodeVersion }: MemoryReading): MemoryAdvice[] => {
  const heap = isolates[0]?.limitBytes;
  const cgroup = tightest(limits, 'cgroup');
  if (heap === undefined || cgroup === undefined) return [];
  const outsideBytes = totalRss(mappings) - totalRss(ownedBy(mappings, ['V8 heap']));
  const fitsBytes = Math.max(
    leastHeapBytes,
    Math.min(cgroup.limitBytes * shareForHeap, cgroup.limitBytes - outsideBytes),
  );
  const flag = `--max-old-space-size=${Math.floor(fitsBytes / 2 ** 20)}${percentageFlag(nodeVersion, fitsBytes / cgroup.limitBytes)}`;
  const evidence = `V8's heap limit is ${formatBytes(heap)}, ${cgroup.of} is ${formatBytes(cgroup.limitBytes)}, and ${formatBytes(outsideBytes)} of RAM are outside V8's heaps`;
  if (heap + outsideBytes > cgroup.limitBytes)
    return [
      {
        id: 'heap-limit-above-container',
        text: `if its heap grows, ${kernelDoes(limits)} before V8 collects garbage aggressively: start it with ${flag}`,
        evidence,
      },
    ];
  if (heap < cgroup.limitBytes / 2 && heap < fitsBytes)
    return [
      {
        id: 'heap-limit-far-below-container',
        text: `V8 ends the process while half of the container's memory is free: if the heap needs more, start it with ${flag}`,
        evidence,
      },
    ];
  return [];
};

/** `memory.swap.max` of each cgroup and the swap of the host are limits of swap. */
const kernelDoes = (limits: readonly MemoryLimit[]): string => {
  const swaps = limits.filter(({ kind }) => kind === 'swap');
  const canSwap = swaps.length > 0 && swaps.every(({ usedBytes, limitBytes }) => usedBytes < limitBytes);
  return canSwap ? 'the kernel swaps it out, and kills it once it may not swap more,' : 'the kernel kills the process';
};

const tightest = (limits: readonly MemoryLimit[], kind: MemoryLimit['kind']): MemoryLimit | undefined =>
  limits.filter((one) => one.kind === kind).toSorted((a, b) => a.limitBytes - b.limitBytes)[0];

/** Node 22.21 and 24.6 introduced --max-old-space-size-percentage. */
const percentageFlag = (version: string, share: number): string => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const has = major > 24 || (major === 24 && minor >= 6) || (major === 22 && minor >= 21);
  return has ? ` (or --max-old-space-size-percentage=${Math.floor(share * 100)})` : '';
};
