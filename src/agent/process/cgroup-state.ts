/**
 * The state of the memory cgroups of a process: every limit on the way up, how scarce memory is in its own, and how often
 * the kernel has killed there. In: a pid. Out: numbers; null for what the kernel does not say.
 */
import type { MemoryPressure, PageCache } from '../../analyzer/model/memory.js';
import {
  droppableBytes,
  foldersOf,
  isOwnSeen,
  limitsIn,
  limitsOf,
  readHere,
  type CgroupFolder,
  type CgroupLimit,
  type ReadText,
} from './cgroup.js';
import { parsePressure } from './limits.js';
import { readText } from './proc.js';

export interface CgroupState {
  /** The files of its own cgroup can be read, or it is in none. */
  readonly isSeen: boolean;
  /** From its own cgroup upwards. */
  readonly limits: readonly CgroupLimit[];
  /** There may be limits above those, which cannot be seen from here. */
  readonly hiddenAbove: boolean;
  /** Of its own cgroup; null if the kernel does not say. */
  readonly pageCache: PageCache | null;
  /** Of its own cgroup; of the host if the kernel does not measure that. */
  readonly pressure: MemoryPressure | null;
  /** How often the kernel has killed a process of its cgroup, or of one below, because memory ran out. */
  readonly oomKills: number | null;
}

export const readCgroupState = (pid: number, read: ReadText = readHere): CgroupState => {
  return cgroupStateIn(foldersOf(pid, read), read(`/proc/${pid}/cgroup`), read);
};

/** `membership`: the text of `/proc/PID/cgroup`. */
export const cgroupStateIn = (folders: readonly CgroupFolder[], membership: string, read: ReadText): CgroupState => ({
  ...stateOf(folders, read),
  isSeen: isOwnSeen(folders, membership, read),
  hiddenAbove: limitsIn(folders, membership, read).hiddenAbove,
});

const stateOf = (folders: readonly CgroupFolder[], read: ReadText): Omit<CgroupState, 'isSeen' | 'hiddenAbove'> => {
  const own = folders.filter(({ isOwn }) => isOwn);
  // a cgroup is seen twice if both mounts show it
  const limits = new Map(folders.flatMap((folder) => limitsOf(folder, read)).map((limit) => [limit.of, limit]));
  const pressures = own.flatMap(({ folder }) => parsePressure(read(`${folder}/memory.pressure`), 'its cgroup') ?? []);
  return {
    limits: [...limits.values()],
    pageCache: own.flatMap((folder) => pageCacheIn(folder, read))[0] ?? null,
    pressure: pressures[0] ?? parsePressure(read('/proc/pressure/memory'), 'the host'),
    oomKills: own.map((folder) => oomKillsIn(folder, read)).find((count) => count !== null) ?? null,
  };
};

/** Version 1 has one figure for the cgroup alone and one that includes all below it, as its limit does. */
const pageCacheIn = ({ folder, path }: CgroupFolder, read: ReadText): PageCache[] => {
  const stat = read(`${folder}/memory.stat`);
  const bytes = /^(?:total_cache|file) (\d+)$/m.exec(stat)?.[1];
  return bytes === undefined
    ? []
    : [{ of: `the cgroup ${path}`, bytes: Number(bytes), droppableBytes: droppableBytes(stat) }];
};

const oomKillsIn = ({ folder, version }: CgroupFolder, read: ReadText): number | null => {
  const events = read(`${folder}/${version === 1 ? 'memory.oom_control' : 'memory.events'}`);
  const count = /^oom_kill (\d+)$/m.exec(events)?.[1];
  return count === undefined ? null : Number(count);
};

/** A kill in the cgroup of a process, since it was first looked at. */
export interface OomKill {
  /** No other process was in the cgroup when it was first looked at. */
  readonly isAlone: boolean;
  /** The most that the cgroup has used, and the smallest limit on the way up; undefined for what is not known. */
  readonly peakBytes: number | undefined;
  readonly limit: CgroupLimit | undefined;
}

/** Returns a function that tells whether the kernel has killed there meanwhile; it works when the process is gone, too. */
export const watchOomKills = (pid: number): (() => OomKill | undefined) => {
  const folders = foldersOf(pid, readText);
  const before = stateOf(folders, readText);
  const own = folders.filter(({ isOwn }) => isOwn);
  const read = (name: string): string => own.map(({ folder }) => readText(`${folder}/${name}`)).find(Boolean) ?? '';
  const isAlone = read('cgroup.procs').trim() === String(pid);
  const limits = before.limits.filter(({ kind }) => kind === 'cgroup');
  const [limit] = limits.toSorted((a, b) => a.limitBytes - b.limitBytes);
  return () => {
    const kills = stateOf(folders, readText).oomKills;
    if (kills === null || before.oomKills === null || kills <= before.oomKills) return undefined;
    const peak = read('memory.peak') || read('memory.max_usage_in_bytes');
    // the peak may be older than a limit that was lowered meanwhile
    const most = limit?.limitBytes ?? Infinity;
    return { isAlone, limit, peakBytes: peak === '' ? undefined : Math.min(Number(peak), most) };
  };
};
