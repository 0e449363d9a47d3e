/**
 * How much more memory a target can take: on its host, in its memory cgroup, of its own ulimits, in V8's heap. In: an
 * attachment. Out: the tightest of the first three, whether the cgroup's limit could be read at all, and what the heap has
 * left.
 */
import type { Attachment } from '../attach/attach.js';
import { limitsIn, readCgroupLimits, type CgroupLimits } from '../process/cgroup.js';
import type { MemoryLimit } from '../../analyzer/model/memory.js';
import { hostAvailableBytes, readUlimits } from '../process/limits.js';
import { evaluate } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import type { Session } from '../session/protocol.js';
import { readFilesInside } from './files-inside.js';

export interface Room {
  /** What the target can still take; undefined if nothing says so. */
  readonly left: RoomLeft | undefined;
  /** False: a cgroup may have a limit that neither memwatch nor the target itself can read. */
  readonly limitKnown: boolean;
  /** There may be cgroups, and so limits, above those that can be seen. */
  readonly hiddenAbove: boolean;
  /** How much V8's heap may still grow before V8 ends the process. */
  readonly heapBytes: number;
}

export interface RoomLeft {
  readonly availableBytes: number;
  /** `the host`, `the target's cgroup`, `the target's ulimit -v (address space), less 150 MB to spare,`. */
  readonly of: string;
}

export const readRoom = async (attachment: Attachment): Promise<Room> => {
  const { session, pid } = attachment;
  const heapBytes = await evaluate(session, readHeapRoom);
  const outside = pid === undefined ? undefined : readCgroupLimits(pid);
  const ulimits = pid === undefined ? [] : readUlimits(pid);
  if (outside?.known === true && !outside.hiddenAbove) return roomOf(outside, ulimits, hostAvailableBytes(), heapBytes);
  const inside = await readInside(session).catch(() => undefined);
  const hostBytes = pid === undefined ? inside?.hostBytes : hostAvailableBytes();
  const allUlimits = [...ulimits, ...(inside?.ulimits ?? [])];
  return roomOf(tightestOf(outside, inside?.limits), allUlimits, hostBytes, heapBytes);
};

/**
 * Whether garbage can be collected: V8 copies what lives on sparsely used pages before it frees these, which was measured to take
 * up to a third of the heap. Asked before a capture, which needs some memory itself.
 */
export const isRoomToCollect = (heapUsedBytes: number, left: RoomLeft | undefined): boolean =>
  left === undefined || left.availableBytes >= 10e6 + 0.5 * heapUsedBytes;

/** The same while a capture goes on, and memory may run short. */
export const stillRoomToCollect = async (session: Session, pid: number | undefined): Promise<boolean> => {
  if (pid === undefined) return true;
  const { left } = roomOf(readCgroupLimits(pid), readUlimits(pid), hostAvailableBytes(), Infinity);
  if (left === undefined) return true;
  return left.availableBytes >= 4e6 + 0.35 * (await session.send('Runtime.getHeapUsage')).usedSize;
};

const tightestOf = (outside: CgroupLimits | undefined, inside: CgroupLimits | undefined): CgroupLimits => {
  const [one, other] = [outside?.tightest, inside?.tightest];
  const left = (limit: typeof one): number =>
    limit === undefined ? Infinity : Math.max(0, limit.limitBytes - limit.usedBytes);
  return {
    tightest: left(one) <= left(other) ? (one ?? other) : other,
    known: outside?.known === true || inside?.known === true,
    hiddenAbove: outside?.hiddenAbove !== false && inside?.hiddenAbove !== false,
  };
};

const roomOf = (
  { tightest, known, hiddenAbove }: CgroupLimits,
  ulimits: readonly MemoryLimit[],
  hostBytes: number | undefined,
  heapBytes: number,
): Room => {
  const leftOf = ({ limitBytes, usedBytes }: Pick<MemoryLimit, 'limitBytes' | 'usedBytes'>, reserved = 0): number =>
    Math.max(0, limitBytes - usedBytes - reserved);
  const rooms: RoomLeft[] = [
    ...(hostBytes === undefined ? [] : [{ availableBytes: hostBytes, of: 'the host' }]),
    ...(tightest === undefined ? [] : [{ availableBytes: leftOf(tightest), of: "the target's cgroup" }]),
    ...ulimits.map((limit) => ({
      availableBytes: leftOf(limit, reservedBytes),
      of: `the target's ${limit.of}, less ${reservedBytes / 1e6} MB to spare,`,
    })),
  ];
  const left = rooms.toSorted((a, b) => a.availableBytes - b.availableBytes)[0];
  return { left, limitKnown: known, hiddenAbove, heapBytes };
};

/** Addresses that V8 and the C library reserve without using them count for a ulimit; without them Node ends the process. */
const reservedBytes = 150e6;

interface Inside {
  readonly limits: CgroupLimits;
  readonly ulimits: readonly MemoryLimit[];
  readonly hostBytes: number | undefined;
}

const readInside = async (session: Session): Promise<Inside> => {
  const others = ['/proc/meminfo', '/proc/self/limits', '/proc/self/status'];
  const { folders, membership, read } = await readFilesInside(session, others);
  return {
    limits: limitsIn(folders, membership, read),
    ulimits: readUlimits('self', read),
    hostBytes: hostAvailableBytes(read),
  };
};

/** Runs in the target. */
const readHeapRoom = (): number => {
  const { builtin }: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { heap_size_limit: limit, used_heap_size: used } = builtin('node:v8').getHeapStatistics();
  return Math.max(0, limit - used);
};
