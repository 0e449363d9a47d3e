/**
 * Whether a process has the memory that attaching takes. In: a pid. Out: what is missing, in words, or undefined. Measured on
 * Node 20 to 26: the inspector takes 3 MB, a sample of the memory 5 MB, sampled allocations 5 MB, a CPU profile 4 MB. Where
 * 4 MB were left, the kernel killed 3 of 8 processes during a CPU profile of 1 s.
 */
import { activeFileBytes, foldersOf, limitsOf, readHere, type CgroupFolder, type ReadText } from './cgroup.js';
import { freeSwapBytes, hostAvailableBytes } from './limits.js';
import type { Denial } from './permission.js';

/**
 * Before the signal, and when the inspector is open; and for each cluster worker, whose inspector opens together with that of its
 * primary. What takes much more is checked by itself: see captures/estimate.ts.
 */
export const leastMemory = { toOpen: 16e6, whenOpen: 12e6, perWorker: 4e6 };

/** The sentence begins `process 123`. */
export const missingMemory = (
  pid: number,
  leastBytes = leastMemory.toOpen,
  workers = 0,
  read: ReadText = readHere,
): Denial | undefined => {
  const allBytes = leastBytes + workers * leastMemory.perWorker;
  const tight = leftOf(pid, read).find(({ bytes }) => bytes < allBytes);
  if (tight === undefined) return undefined;
  const [left, needed] = [Math.max(0, tight.bytes), allBytes].map((bytes) => Math.floor(bytes / 1e6));
  const which = workers === 0 ? '' : ` to it and to its ${workers} cluster workers`;
  return {
    reason: `has ${left} MB of memory left (${tight.of}), and attaching${which} takes up to ${needed} MB: the kernel could kill it`,
    hint: 'raise that limit first. Without attaching, memwatch ps shows its memory, and a program that memwatch run has started keeps evidence for memwatch why',
  };
};

interface Left {
  readonly of: string;
  readonly bytes: number;
}

/** What it can take before the kernel kills: file pages are dropped first, and what swap can hold is written there. */
const leftOf = (pid: number, read: ReadText): Left[] => {
  const folders = foldersOf(pid, read);
  const limits = folders.flatMap((folder) => limitsOf(folder, read).map((limit) => ({ ...limit, folder })));
  const swaps = limits.filter(({ kind }) => kind === 'swap').map(({ limitBytes, usedBytes }) => limitBytes - usedBytes);
  const swapBytes = Math.min(freeSwapBytes(read), ...swaps);
  const host = hostAvailableBytes(read);
  return [
    ...limits
      .filter(({ kind }) => kind === 'cgroup')
      .map(({ of, limitBytes, usedBytes, folder }) => ({
        of,
        bytes: limitBytes - usedBytes + activeBytes(folder, read) + (of.includes('memsw') ? 0 : swapBytes),
      })),
    ...(host === undefined ? [] : [{ of: 'the host', bytes: host + swapBytes }]),
  ];
};

const activeBytes = ({ folder }: CgroupFolder, read: ReadText): number =>
  activeFileBytes(read(`${folder}/memory.stat`));
