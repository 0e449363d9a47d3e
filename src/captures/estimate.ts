/**
 * What captures will cost a target, and whether there is room for them: asked before each capture. In: an attachment. Out:
 * estimates, and the words for a capture that does not fit.
 */
import type { Attachment } from '../agent/attach/attach.js';
import { countHeapObjects, type HeapObjects } from '../agent/capture/heap-objects.js';
import { hiddenCgroups, unreadableCgroup } from '../agent/process/cgroup.js';
import { isRoomToCollect, readRoom, type Room } from '../agent/capture/room.js';
import { evaluate } from '../agent/session/evaluate.js';
import type { Guard } from '../agent/session/guard.js';
import { MemwatchError } from '../errors.js';
import type { KeptMemory } from './resident.js';
import { formatBytes } from '../report/units.js';
import {
  censusCost,
  censusCostByBytes,
  snapshotCost,
  snapshotCostByBytes,
  snapshotFileBytes,
  type CaptureCost,
  type HeapBytes,
} from './cost.js';

export interface CaptureEstimate {
  readonly heapUsedBytes: number;
  /** Objects in the heap, estimated; undefined if its memory cannot be sampled: the estimate is based on bytes only. */
  readonly objects: number | undefined;
  /** Memory that the target takes beyond its heap during the capture: at least, likely, and at most. */
  readonly leastExtraBytes: number;
  readonly likelyExtraBytes: number;
  readonly extraBytes: number;
  /** How long the target's thread stands still: at least, likely, and at most. */
  readonly leastPauseUs: number;
  readonly pauseUs: number;
  readonly mostPauseUs: number;
  /** What the target can still take; undefined if nothing says so. */
  readonly room: Room['left'];
  /** False: the target is in a memory cgroup whose limit, or that of one above, cannot be read. */
  readonly limitKnown: boolean;
  /** Cgroups above those that are seen may have limits. */
  readonly hiddenAbove: boolean;
  /** There is room for the most that it may take. */
  readonly enough: boolean;
}

export interface SnapshotEstimate extends CaptureEstimate {
  readonly fileBytes: number;
  /** There is room for a census of the same heap. */
  readonly censusFits: boolean;
  /** How long a census stops the target at most, and a collection of its garbage. */
  readonly mostCensusPauseUs: number;
  readonly mostCollectionUs: number;
  /** There is room for a collection. */
  readonly collectionFits: boolean;
}

export interface EstimateOptions {
  /**
   * Collects garbage first (for a census twice), which stops the target for about 1.5 ms per megabyte of heap. Otherwise nothing
   * stops it, but garbage counts like live objects.
   */
  readonly collected?: boolean;
  readonly kept?: KeptMemory | undefined;
}

export const estimateSnapshot = async (
  attachment: Attachment,
  { collected = true, kept }: EstimateOptions = {},
): Promise<SnapshotEstimate> => {
  const fits = await roomToCollect(attachment);
  const counted = await countHeapObjects(attachment, { collections: collected && fits ? 1 : 0 });
  const heap = await readHeap(attachment);
  // memory that V8 has freed may still hold the text of strings
  const objects = counted && { ...counted, textBytes: Math.min(counted.textBytes, heap.usedBytes) };
  const room = await roomWithKept(attachment, kept);
  const major = Number(/\d+/.exec(attachment.nodeVersion)?.[0] ?? 20);
  const cost = objects === undefined ? snapshotCostByBytes(heap, major) : snapshotCost(objects, major);
  const census = estimateOf(censusCostOf(objects, heap), heap, objects, room);
  return {
    ...estimateOf(cost, heap, objects, room),
    fileBytes: objects === undefined ? heap.usedBytes * 2 : snapshotFileBytes(objects),
    censusFits: census.enough,
    mostCensusPauseUs: census.mostPauseUs,
    collectionFits: isRoomToCollect(heap.usedBytes, room.left),
    mostCollectionUs: (heap.usedBytes / 1e6) * mostCollectionUsPerMegabyte * (objects?.slowdown.most ?? 1),
  };
};

/** Twice what was measured. */
const mostCollectionUsPerMegabyte = 3000;

/** Whether garbage can be collected. Throws if the target does not say how large its heap is. */
export const roomToCollect = async (attachment: Attachment): Promise<boolean> =>
  isRoomToCollect((await readHeap(attachment)).usedBytes, (await readRoom(attachment)).left);

/** Throws no-room. */
export const requireRoomToCollect = async (attachment: Attachment): Promise<void> => {
  if (await roomToCollect(attachment)) return;
  throw new MemwatchError('no-room', noRoomToCollect, { hint: 'memwatch cpu needs next to no memory' });
};

export const noRoomToCollect = 'what stays alive is not sampled: there is not enough memory to collect garbage';

/** With `collected`, garbage is collected twice first, if there is room for that; else only if a census would be refused otherwise. */
export const estimateCensus = async (
  attachment: Attachment,
  { collected = false, kept }: EstimateOptions = {},
): Promise<CaptureEstimate> => {
  const estimate = async (collections: 0 | 2): Promise<CaptureEstimate> => {
    const objects = await countHeapObjects(attachment, { collections });
    const heap = await readHeap(attachment);
    return estimateOf(censusCostOf(objects, heap), heap, objects, await roomWithKept(attachment, kept));
  };
  if (collected && (await roomToCollect(attachment))) return estimate(2);
  const roughly = await estimate(0);
  return roughly.enough || !(await roomToCollect(attachment)) ? roughly : estimate(2);
};

const leastKeptMemory = 1e6;

/** Memory that earlier captures have left with the allocator counts as used, and is there for the next. */
const roomWithKept = async (attachment: Attachment, kept: KeptMemory | undefined): Promise<Room> => {
  const room = await readRoom(attachment);
  const keptBytes = kept?.bytes() ?? 0;
  if (room.left === undefined || keptBytes < leastKeptMemory) return room;
  const { availableBytes, of } = room.left;
  const left = { availableBytes: availableBytes + keptBytes, of: `${of}, with what earlier captures left free,` };
  return { ...room, left };
};

const censusCostOf = (objects: HeapObjects | undefined, heap: HeapBytes): CaptureCost =>
  objects === undefined ? censusCostByBytes(heap) : censusCost(objects);

const estimateOf = (
  { extraBytes, pauseUs, heapBytes }: CaptureCost,
  heap: HeapBytes,
  objects: HeapObjects | undefined,
  { left, limitKnown, hiddenAbove, heapBytes: heapRoom }: Room,
): CaptureEstimate => ({
  heapUsedBytes: heap.usedBytes,
  objects: objects?.objects,
  leastExtraBytes: extraBytes.least,
  likelyExtraBytes: extraBytes.likely,
  extraBytes: extraBytes.most,
  leastPauseUs: pauseUs.least,
  pauseUs: pauseUs.likely,
  mostPauseUs: pauseUs.most,
  room: left,
  limitKnown,
  hiddenAbove,
  enough: limitKnown && (left === undefined || extraBytes.most <= left.availableBytes) && heapBytes <= heapRoom,
});

/** Why a capture is refused; continues a sentence that names the capture. */
export const whyNoRoom = (estimate: CaptureEstimate): string => {
  const { likelyExtraBytes, extraBytes, limitKnown, room } = estimate;
  const need = `takes an estimated ${formatBytes(likelyExtraBytes)}, at most ${formatBytes(extraBytes)}, of additional memory`;
  if (room !== undefined && extraBytes > room.availableBytes)
    return `${need}, and ${room.of} has ${formatBytes(room.availableBytes)} left`;
  if (!limitKnown) return `${need}, and ${unknownLimit(estimate)}`;
  return `${need}, and V8's heap is too close to its own limit for it`;
};

/** What is not known of the limits, as a sentence. */
export const unknownLimit = ({ hiddenAbove }: CaptureEstimate): string =>
  hiddenAbove ? hiddenCgroups : unreadableCgroup;

const readHeap = async ({ session }: Attachment): Promise<HeapBytes> => {
  const answer: HeapBytes | null | undefined = await evaluate(session, readHeapBytes);
  if (answer && answer.usedBytes >= 0 && answer.largeBytes >= 0) return answer;
  throw new MemwatchError('target-error', 'the target does not say how large its heap is', {
    hint: 'is it Node? without that size, no capture can be checked against the memory that is left',
  });
};

/** Runs in the target. */
const readHeapBytes = (): HeapBytes => {
  const { builtin }: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const v8 = builtin('node:v8');
  const large = v8.getHeapSpaceStatistics().filter((space) => space.space_name.includes('large_object'));
  return {
    usedBytes: v8.getHeapStatistics().used_heap_size,
    largeBytes: large.reduce((sum, space) => sum + space.space_used_size, 0),
  };
};
