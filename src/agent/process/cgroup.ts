/**
 * How much memory a process may use and how much is left: the limits of its memory cgroups, version 1 or 2. In: texts of
 * `/proc` and `/sys/fs/cgroup`. Out: bytes, and whether the limits of the process's own cgroup could be read.
 *
 * The path in `/proc/PID/cgroup` and the root of a mount in `mountinfo` are both relative to the reader's cgroup namespace
 * (`/../name` is outside of it). So the path without the mount's root is the folder below the mount point.
 */
import { readText } from './proc.js';

export interface CgroupMemory {
  /** What counts towards an out-of-memory kill: usage without the file pages that the kernel can drop at once. */
  readonly usedBytes: number;
  readonly limitBytes: number;
}

export interface CgroupLimits {
  /** Among the cgroups from the process's own upwards, the limit with the least room left; undefined if there is no limit. */
  readonly tightest: CgroupMemory | undefined;
  /** False: there is a memory cgroup whose files cannot be read, so it may have a limit that memwatch does not know. */
  readonly known: boolean;
}

/** Reads a file; returns '' if there is none or it may not be read. */
export type ReadText = (path: string) => string;

/** The tightest memory limit of a process on this machine; undefined if no limit is known. */
export const cgroupMemory = (pid: number): CgroupMemory | undefined => readCgroupLimits(pid).tightest;

/** Looks through memwatch's own mounts and through those of the process, which may be in a container. */
export const readCgroupLimits = (pid: number, read: ReadText = readText): CgroupLimits => {
  const places = [
    { mounts: read('/proc/self/mountinfo'), root: '' },
    { mounts: read(`/proc/${pid}/mountinfo`), root: `/proc/${pid}/root` },
  ];
  const membership = read(`/proc/${pid}/cgroup`);
  return limitsIn(
    places.flatMap(({ mounts, root }) => cgroupFolders(membership, mounts, root)),
    membership,
    read,
  );
};

/** The limits that are set in these folders. */
export const limitsIn = (folders: readonly CgroupFolder[], membership: string, read: ReadText): CgroupLimits => {
  const limits = folders.flatMap(({ folder, version }) => (version === 1 ? versionOne : versionTwo)(folder, read));
  const left = ({ limitBytes, usedBytes }: CgroupMemory): number => limitBytes - usedBytes;
  const own = folders.filter(({ isOwn }) => isOwn);
  return {
    tightest: limits.toSorted((a, b) => left(a) - left(b))[0],
    known: memoryPath(membership) === undefined || own.some(({ folder }) => read(`${folder}/cgroup.procs`) !== ''),
  };
};

export interface CgroupFolder {
  readonly folder: string;
  readonly version: 1 | 2;
  /** The process is directly in this cgroup, not in one below it. */
  readonly isOwn: boolean;
}

/** Every folder of its memory cgroup, from its own up to the mount point. */
export const cgroupFolders = (membership: string, mountinfo: string, root = ''): CgroupFolder[] => {
  const place = memoryPath(membership);
  if (place === undefined) return [];
  const { path, version } = place;
  return mountinfo.split('\n').flatMap((line) => {
    const mount = readMount(line);
    if (mount?.version !== version) return [];
    const below = pathBelow(path, mount.root);
    if (below === undefined) return [];
    const names = below.split('/').filter((name) => name !== '');
    return Array.from({ length: names.length + 1 }, (_, up) => ({
      folder: [`${root}${mount.point}`, ...names.slice(0, names.length - up)].join('/'),
      version,
      isOwn: up === 0,
    }));
  });
};

/** `4:memory:/a/b` is version 1, which controls memory if such a line exists; `0::/a/b` is version 2. */
const memoryPath = (membership: string): { path: string; version: 1 | 2 } | undefined => {
  const lines = membership.split('\n').map((line) => /^(\d+):([^:]*):(.*)$/.exec(line) ?? []);
  const one = lines.find(([, , controllers = '']) => controllers.split(',').includes('memory'));
  if (one !== undefined) return { path: one[3] ?? '/', version: 1 };
  const two = lines.find(([, id, controllers]) => id === '0' && controllers === '');
  return two === undefined ? undefined : { path: two[3] ?? '/', version: 2 };
};

interface CgroupMount {
  readonly version: 1 | 2;
  readonly root: string;
  readonly point: string;
}

/** `36 31 0:33 /root /point options [more…] - cgroup source memory`; undefined if the mount has no memory cgroups. */
const readMount = (line: string): CgroupMount | undefined => {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root = '', point = ''] = before.split(' ');
  const [kind = '', , options = ''] = after.split(' ');
  if (kind === 'cgroup2') return { version: 2, root: unescape(root), point: unescape(point) };
  const isMemory = kind === 'cgroup' && options.split(',').includes('memory');
  return isMemory ? { version: 1, root: unescape(root), point: unescape(point) } : undefined;
};

/** A space in a path of `mountinfo` is written `\040`. */
const unescape = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The part of a cgroup's path below the root of a mount; undefined if the cgroup is not below that mount. */
const pathBelow = (path: string, root: string): string | undefined => {
  const prefix = root === '/' ? '' : root;
  if (path !== prefix && !path.startsWith(`${prefix}/`)) return undefined;
  const below = path.slice(prefix.length);
  return below.split('/').includes('..') ? undefined : below;
};

/**
 * With swap accounting (`memsw`) there is a second limit, on memory and swap together; it is the tighter one if much is
 * swapped out.
 */
const versionOne = (folder: string, read: ReadText): CgroupMemory[] => {
  const droppable = droppableBytes(read(`${folder}/memory.stat`));
  const limit = (name: string): CgroupMemory[] =>
    limitOf(read(`${folder}/${name}.limit_in_bytes`), read(`${folder}/${name}.usage_in_bytes`), droppable);
  return [...limit('memory'), ...limit('memory.memsw')];
};

/** Above `memory.high` the kernel kills no process, but slows it down until it hardly runs. */
const versionTwo = (folder: string, read: ReadText): CgroupMemory[] => {
  const droppable = droppableBytes(read(`${folder}/memory.stat`));
  const usage = read(`${folder}/memory.current`);
  return ['memory.max', 'memory.high'].flatMap((name) => limitOf(read(`${folder}/${name}`), usage, droppable));
};

/** Empty if there is no limit: `max` in version 2, a number near 2^63 in version 1. */
const limitOf = (limit: string, usage: string, droppable: number): CgroupMemory[] => {
  const [limitBytes, usageBytes] = [Number.parseInt(limit, 10), Number.parseInt(usage, 10)];
  if (!Number.isFinite(limitBytes) || limitBytes > 2 ** 53 || !Number.isFinite(usageBytes)) return [];
  return [{ limitBytes, usedBytes: Math.max(0, usageBytes - droppable) }];
};

/**
 * Version 1 has one figure for the folder alone and one that includes all below it; usage includes all below it, so that
 * one is needed.
 */
const droppableBytes = (stat: string): number => {
  const bytes = (name: string): string | undefined => new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1];
  return Number(bytes('total_inactive_file') ?? bytes('inactive_file') ?? 0);
};

/** The files that `limitsIn` reads in a folder, for code that reads them all at once. */
export const limitFiles: readonly string[] = [
  'cgroup.procs',
  'memory.stat',
  'memory.max',
  'memory.high',
  'memory.current',
  ...['memory', 'memory.memsw'].flatMap((name) => [`${name}.limit_in_bytes`, `${name}.usage_in_bytes`]),
];

/** What the host can give without swapping; undefined if the kernel does not say. */
export const hostAvailableBytes = (read: ReadText = readText): number | undefined => {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
};
