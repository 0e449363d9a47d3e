/**
 * What a heap snapshot will cost a target, said before it is taken. In: an attachment. Out: an estimate of the pause and
 * of the extra memory, and the room that there is on the host and in the target's cgroup.
 */
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Attachment } from '../attach/attach.js';
import { cgroupMemory, hostAvailableBytes } from '../process/cgroup.js';
import { evaluate } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';

export interface SnapshotEstimate {
  readonly heapUsedBytes: number;
  /** Memory that the target takes beside its heap while V8 builds the graph: the most that was seen for such a heap. */
  readonly extraBytes: number;
  readonly likelyExtraBytes: number;
  /** How long its thread stands still: what is likely for such a heap. */
  readonly pauseUs: number;
  readonly mostPauseUs: number;
  readonly fileBytes: number;
  /** What the target can still take; undefined where nobody says. */
  readonly room: { readonly availableBytes: number; readonly of: 'the host' | "the target's cgroup" } | undefined;
  /** There is room for the most that it may take. */
  readonly enough: boolean;
}

/**
 * V8 builds a node and its edges in native memory for every object, and how many objects a heap holds is not known
 * before. Measured on Node 20 and 24, in times the heap: 0.5 for large strings, 6 for a compiler, 10 to 14 for maps of
 * small objects, 34 for objects of one field; 11 for large arrays of pointers. Node 22 and 24 became faster at it.
 */
const cost = {
  baseBytes: 60e6,
  extraPerByte: { likely: 12, most: 35 },
  extraPerLargeObjectByte: { likely: 2, most: 11 },
  basePauseUs: 300_000,
  pauseUsPerMegabyte: { before22: 100_000, before24: 75_000, later: 55_000 },
  mostPause: 2.6,
  filePerByte: 2,
};

export const estimateSnapshot = async (attachment: Attachment): Promise<SnapshotEstimate> => {
  const heap = await evaluate(attachment.session, readHeapSize);
  const major = Number(/\d+/.exec(attachment.nodeVersion)?.[0] ?? 20);
  const small = heap.usedBytes - heap.largeBytes;
  const extra = (which: 'likely' | 'most'): number =>
    cost.baseBytes + small * cost.extraPerByte[which] + heap.largeBytes * cost.extraPerLargeObjectByte[which];
  const { before22, before24, later } = cost.pauseUsPerMegabyte;
  const pauseUs = cost.basePauseUs + (heap.usedBytes / 1e6) * (major < 22 ? before22 : major < 24 ? before24 : later);
  const room = attachment.pid === undefined ? hostRoom(heap.availableBytes) : roomOf(attachment.pid);
  return {
    heapUsedBytes: heap.usedBytes,
    extraBytes: extra('most'),
    likelyExtraBytes: extra('likely'),
    pauseUs,
    mostPauseUs: pauseUs * cost.mostPause,
    fileBytes: heap.usedBytes * cost.filePerByte,
    room,
    enough: room === undefined || extra('most') <= room.availableBytes,
  };
};

const roomOf = (pid: number): SnapshotEstimate['room'] => {
  const host = hostRoom(hostAvailableBytes());
  const cgroup = cgroupMemory(pid);
  if (cgroup === undefined) return host;
  const left = Math.max(0, cgroup.limitBytes - cgroup.usedBytes);
  if (host !== undefined && host.availableBytes <= left) return host;
  return { availableBytes: left, of: "the target's cgroup" };
};

const hostRoom = (availableBytes: number | undefined): SnapshotEstimate['room'] =>
  availableBytes === undefined ? undefined : { availableBytes, of: 'the host' };

/** What the disk under a file has left; undefined where it does not say. */
export const diskFreeBytes = async (file: string): Promise<number | undefined> => {
  const disk = await statfs(dirname(resolve(file))).catch(() => undefined);
  return disk === undefined ? undefined : disk.bavail * disk.bsize;
};

/** Runs in the target. */
const readHeapSize = (): { usedBytes: number; largeBytes: number; availableBytes: number } => {
  const { builtin }: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const v8 = builtin('node:v8');
  const large = v8.getHeapSpaceStatistics().filter((space) => space.space_name.includes('large_object'));
  const available: unknown = Reflect.get(process, 'availableMemory');
  return {
    usedBytes: v8.getHeapStatistics().used_heap_size,
    largeBytes: large.reduce((sum, space) => sum + space.space_used_size, 0),
    availableBytes: typeof available === 'function' ? Number(available.call(process)) : builtin('node:os').freemem(),
  };
};
