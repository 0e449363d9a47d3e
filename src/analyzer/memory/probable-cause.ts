/**
 * Why a process that crashed probably ended, as far as its last readings show. In: readings, oldest first. Out: a sentence,
 * or '' if they show nothing.
 */
import type { Reading } from '../model/reading.js';

/**
 * If memory was this full at the end, it most likely ended the process: V8 gives up before the last byte, the kernel at
 * it.
 */
const fullHeap = 0.9;
const fullContainer = 0.95;
/**
 * Full collections follow one another and free nothing any more; a small heap is then not even half full by V8's limit.
 */
const vainCollections = 5;
const vainShare = 0.1;
const lastReadings = 5;

/** Why a process crashed, as far as its last readings show; '' if they do not. */
export const probableCause = (readings: readonly Reading[]): string => {
  const last = readings.slice(-lastReadings);
  const most = (share: (reading: Reading) => number): number => Math.max(0, ...last.map(share));
  const container = most(({ cgroup }) => (cgroup === null ? 0 : cgroup.usedBytes / cgroup.limitBytes));
  const heap = most((reading) => reading.heap.usedBytes / reading.heap.limitBytes);
  const why = (text: string): string => `. ${text}: it probably ran out of memory`;
  if (container >= fullContainer) return why(`Its container was at ${percent(container)} of its limit`);
  if (heap >= fullHeap) return why(`Its heap was at ${percent(heap)} of its limit`);
  return last.some(collectsInVain) ? why('V8 collected its heap again and again') : '';
};

const collectsInVain = ({ gc, intervalUs }: Reading): boolean => {
  const major = gc?.find(({ kind }) => kind === 'major');
  return major !== undefined && major.count >= vainCollections && major.durationUs >= vainShare * intervalUs;
};

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
