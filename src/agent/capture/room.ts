/**
 * How much more memory a target can take: on its host, in its memory cgroup, in V8's heap. In: an attachment. Out: the
 * tighter of the first two, whether the cgroup's limit could be read at all, and what the heap has left.
 */
import type { Attachment } from '../attach/attach.js';
import {
  cgroupFolders,
  limitFiles,
  limitsIn,
  ownNamespace,
  readCgroupLimits,
  type CgroupLimits,
  type ReadText,
} from '../process/cgroup.js';
import { hostAvailableBytes } from '../process/limits.js';
import { evaluate } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import type { Session } from '../session/protocol.js';

export interface Room {
  /** What the target can still take; undefined if nothing says so. */
  readonly left: { readonly availableBytes: number; readonly of: 'the host' | "the target's cgroup" } | undefined;
  /** False: a cgroup may have a limit that neither memwatch nor the target itself can read. */
  readonly limitKnown: boolean;
  /** There may be cgroups above those that are seen, and so limits. */
  readonly hiddenAbove: boolean;
  /** How much V8's heap may still grow before V8 ends the process. */
  readonly heapBytes: number;
}

export const readRoom = async (attachment: Attachment): Promise<Room> => {
  const { session, pid } = attachment;
  const heapBytes = await evaluate(session, readHeapRoom);
  const outside = pid === undefined ? undefined : readCgroupLimits(pid);
  if (outside?.known === true && !outside.hiddenAbove) return roomOf(outside, hostAvailableBytes(), heapBytes);
  const inside = await readInside(session).catch(() => undefined);
  const hostBytes = pid === undefined ? inside?.hostBytes : hostAvailableBytes();
  return roomOf(tightestOf(outside, inside?.limits), hostBytes, heapBytes);
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
  hostBytes: number | undefined,
  heapBytes: number,
): Room => {
  const rest = { limitKnown: known, hiddenAbove, heapBytes };
  const host = hostBytes === undefined ? undefined : { availableBytes: hostBytes, of: 'the host' as const };
  if (tightest === undefined) return { left: host, ...rest };
  const availableBytes = Math.max(0, tightest.limitBytes - tightest.usedBytes);
  if (host !== undefined && host.availableBytes <= availableBytes) return { left: host, ...rest };
  return { left: { availableBytes, of: "the target's cgroup" }, ...rest };
};

/** What the target reads about itself: in its own container it sees its own limit, even if that cannot be seen from here. */
const readInside = async (session: Session): Promise<{ limits: CgroupLimits; hostBytes: number | undefined }> => {
  const [membership, mounts, memory] = ['/proc/self/cgroup', '/proc/self/mountinfo', '/proc/meminfo'];
  const proc = await readTexts(session, [membership, mounts, memory]);
  const folders = cgroupFolders(proc(membership), proc(mounts));
  const files = folders.flatMap(({ folder }) => limitFiles.map((name) => `${folder}/${name}`));
  return {
    limits: limitsIn(folders, proc(membership), await readTexts(session, [ownNamespace, ...files])),
    hostBytes: hostAvailableBytes(proc),
  };
};

const readTexts = async (session: Session, paths: readonly string[]): Promise<ReadText> => {
  const texts = await evaluate(session, readFiles, [paths]);
  const byPath = new Map(paths.map((path, at) => [path, texts[at] ?? '']));
  return (path) => byPath.get(path) ?? '';
};

/** Runs in the target. */
const readFiles = (paths: readonly string[]): string[] => {
  const { builtin }: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const fs = builtin('node:fs');
  return paths.map((path) => {
    try {
      return path.startsWith('/proc/self/ns/') ? fs.readlinkSync(path) : fs.readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  });
};

/** Runs in the target. */
const readHeapRoom = (): number => {
  const { builtin }: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { heap_size_limit: limit, used_heap_size: used } = builtin('node:v8').getHeapStatistics();
  return Math.max(0, limit - used);
};
