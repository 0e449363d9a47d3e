/**
 * What a heap snapshot will cost a target, said before it is taken. In: an attachment. Out: an estimate of the pause and
 * of the extra memory, and the room that there is on the host and in the target's cgroup.
 */
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Attachment } from './attach.js';
import { cgroupMemory, hostAvailableBytes } from './cgroup.js';
import { evaluate } from './evaluate.js';
import type { Guard } from './guard.js';

export interface SnapshotEstimate {
  readonly heapUsedBytes: number;
  /** Memory that the target takes beside its heap while V8 builds the graph: the most that we have seen for such a heap. */
  readonly extraBytes: number;
  /** How long its thread stands still, on a machine like ours; a busy one takes longer. */
  readonly pauseUs: number;
  readonly fileBytes: number;
  /** What the target can still take; undefined where nobody says. */
  readonly room: { readonly availableBytes: number; readonly of: 'the host' | "the target's cgroup" } | undefined;
  readonly enough: boolean;
}

/**
 * V8 builds a node and its edges in native memory for every object: about 0.5 KB an object. A heap of small objects was
 * seen to take 10 times its size, one of large arrays 4 times, one of large strings nothing. The number of objects is
 * not known before, so the estimate is for small objects.
 */
const cost = {
  baseBytes: 30e6,
  extraPerByte: 10,
  extraPerLargeObjectByte: 4,
  filePerByte: 2,
  /** Pause a byte of heap, by Node's major version: V8 became faster at it from 22 and 24 on. */
  pauseUsPerMegabyte: (major: number): number => (major >= 24 ? 55_000 : major >= 22 ? 75_000 : 100_000),
  basePauseUs: 150_000,
};

export const estimateSnapshot = async (attachment: Attachment): Promise<SnapshotEstimate> => {
  const heap = await evaluate(attachment.session, readHeapSize);
  const small = heap.usedBytes - heap.largeBytes;
  const major = Number(/\d+/.exec(attachment.nodeVersion)?.[0] ?? 20);
  const extraBytes = cost.baseBytes + small * cost.extraPerByte + heap.largeBytes * cost.extraPerLargeObjectByte;
  const room = attachment.pid === undefined ? hostRoom(heap.availableBytes) : roomOf(attachment.pid);
  return {
    heapUsedBytes: heap.usedBytes,
    extraBytes,
    pauseUs: cost.basePauseUs + (heap.usedBytes / 1e6) * cost.pauseUsPerMegabyte(major),
    fileBytes: heap.usedBytes * cost.filePerByte,
    room,
    enough: room === undefined || extraBytes <= room.availableBytes,
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
