/**
 * How much memory a process may use and how much is left: the limits of its memory cgroups, version 1 or 2. In: texts of
 * `/proc` and `/sys/fs/cgroup`. Out: bytes, and whether the limits of the process's own cgroup could be read.
 *
 * The path in `/proc/PID/cgroup` and the root of a mount in `mountinfo` are both relative to the reader's cgroup namespace
 * (`/../name` is outside of it). So the path without the mount's root is the folder below the mount point.
 */
import { readLink, readText } from './proc.js';

export interface CgroupMemory {
  /** What counts towards an out-of-memory kill: usage without the file pages that the kernel can drop at once. */
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** One of the limits that are set on the way up. */
export interface CgroupLimit extends CgroupMemory {
  /** `memory.max of the cgroup /pods/app`. */
  readonly of: string;
  /** Above `memory.high` the kernel kills no process, but slows it down until it hardly runs. */
  readonly kind: 'cgroup' | 'cgroup-high' | 'swap';
}

export interface CgroupLimits {
  /** Among the cgroups from the process's own upwards, the limit with the least room left; undefined if there is no limit. */
  readonly tightest: CgroupMemory | undefined;
  /** False: a cgroup may have a limit that memwatch does not know: its files cannot be read, or see `hiddenAbove`. */
  readonly known: boolean;
  /**
   * There may be cgroups above those that are seen, because the reader is in a container. That is taken as a limit that is
   * not known, unless a cgroup that is seen has a limit: a container is rarely given more than the cgroups above it have.
   */
  readonly hiddenAbove: boolean;
}

/** Reads a file, or a link such as `/proc/self/ns/cgroup`; returns '' if there is none or it may not be read. */
export type ReadText = (path: string) => string;

export const readHere: ReadText = (path) => (path === ownNamespace ? readLink(path) : readText(path));

/** The cgroup namespace of the reader. */
export const ownNamespace = '/proc/self/ns/cgroup';
/** The one that the kernel begins with (PROC_CGROUP_INIT_INO): only from there, `/` is the real root. '' before Linux 4.6. */
const firstNamespaces = ['', 'cgroup:[4026531835]'];

/** The tightest memory limit of a process on this machine; undefined if no limit is known. */
export const cgroupMemory = (pid: number): CgroupMemory | undefined => readCgroupLimits(pid).tightest;

export const readCgroupLimits = (pid: number, read: ReadText = readHere): CgroupLimits =>
  limitsIn(foldersOf(pid, read), read(`/proc/${pid}/cgroup`), read);

/** Looks through memwatch's own mounts and through those of the process, which may be in a container. */
export const foldersOf = (pid: number, read: ReadText, controller: Controller = 'memory'): CgroupFolder[] => {
  const places = [
    { mounts: read('/proc/self/mountinfo'), root: '' },
    { mounts: read(`/proc/${pid}/mountinfo`), root: `/proc/${pid}/root` },
  ];
  const membership = read(`/proc/${pid}/cgroup`);
  return places.flatMap(({ mounts, root }) => cgroupFolders(membership, mounts, root, controller));
};

/** The limits that are set in these folders, and what is known of those above. */
export const limitsIn = (folders: readonly CgroupFolder[], membership: string, read: ReadText): CgroupLimits => {
  const seen: CgroupMemory[] = folders
    .flatMap((folder) => limitsOf(folder, read))
    .filter(({ kind }) => kind !== 'swap');
  const above = hasHiddenCgroups(folders, membership, read) ? limitFromAbove(folders, seen, read) : 'none';
  const left = ({ limitBytes, usedBytes }: CgroupMemory): number => limitBytes - usedBytes;
  const all = typeof above === 'object' ? [...seen, above] : seen;
  const [tightest] = all.toSorted((a, b) => left(a) - left(b));
  const isReadable = isOwnSeen(folders, membership, read);
  return {
    tightest: tightest && { limitBytes: tightest.limitBytes, usedBytes: tightest.usedBytes },
    known: isReadable && (above === 'none' || (above === 'unknown' && seen.length > 0)),
    hiddenAbove: above !== 'none',
  };
};

/** The process is in no memory cgroup, or the files of its own can be read. */
export const isOwnSeen = (folders: readonly CgroupFolder[], membership: string, read: ReadText): boolean =>
  memoryPath(membership) === undefined ||
  folders.some(({ folder, isOwn }) => isOwn && read(`${folder}/cgroup.procs`) !== '');

export const hiddenCgroups =
  'cgroups that are not visible from here, in a container or without a mount of them, may have limits; memwatch on the host sees them';

export const unreadableCgroup =
  "the memory limit of the target's cgroup is not known, because neither memwatch nor the target can read its files";

/** The process is in a memory cgroup, and the folders do not reach up to the real root of its hierarchy. */
const hasHiddenCgroups = (folders: readonly CgroupFolder[], membership: string, read: ReadText): boolean => {
  const reachRoot = firstNamespaces.includes(read(ownNamespace)) && folders.some(({ path }) => path === '/');
  return memoryPath(membership) !== undefined && !reachRoot;
};

/**
 * Version 1 says what limit holds in the end, hidden cgroups included, but not how much of it is used there: at least what
 * the cgroups that are seen use. Version 2 says nothing.
 */
const limitFromAbove = (
  folders: readonly CgroupFolder[],
  seen: readonly CgroupMemory[],
  read: ReadText,
): CgroupMemory | 'none' | 'unknown' => {
  const [own] = folders.filter(({ isOwn, version }) => isOwn && version === 1);
  const stat = own === undefined ? '' : read(`${own.folder}/memory.stat`);
  const limitBytes = Number(/^hierarchical_memory_limit (\d+)$/m.exec(stat)?.[1] ?? Number.NaN);
  if (limitBytes > mostBytes) return 'none';
  if (own === undefined || !seen.every((limit) => limitBytes < limit.limitBytes)) return 'unknown';
  const usageBytes = Number.parseInt(read(`${own.folder}/memory.usage_in_bytes`), 10) || 0;
  return { limitBytes, usedBytes: Math.max(0, usageBytes - droppableBytes(stat)) };
};

export interface CgroupFolder {
  readonly folder: string;
  /** The name of the cgroup: its path from the root of the hierarchy, as far as that can be seen. */
  readonly path: string;
  readonly version: 1 | 2;
  /** The process is directly in this cgroup, not in one below it. */
  readonly isOwn: boolean;
}

/** In version 1 each is a hierarchy of its own. */
type Controller = 'memory' | 'pids';

/** Every folder of its cgroup, from its own up to the mount point. */
export const cgroupFolders = (
  membership: string,
  mountinfo: string,
  root = '',
  controller: Controller = 'memory',
): CgroupFolder[] => {
  const place = pathIn(membership, controller);
  if (place === undefined) return [];
  const { path, version } = place;
  return mountinfo.split('\n').flatMap((line) => {
    const mount = readMount(line, controller);
    if (mount?.version !== version) return [];
    const below = pathBelow(path, mount.root);
    if (below === undefined) return [];
    const names = below.split('/').filter((name) => name !== '');
    return Array.from({ length: names.length + 1 }, (_, up) => ({
      folder: [`${root}${mount.point}`, ...names.slice(0, names.length - up)].join('/'),
      path: [mount.root === '/' ? '' : mount.root, ...names.slice(0, names.length - up)].join('/') || '/',
      version,
      isOwn: up === 0,
    }));
  });
};

const memoryPath = (membership: string): { path: string; version: 1 | 2 } | undefined => pathIn(membership, 'memory');

/** `4:memory:/a/b` is version 1, which controls memory if such a line exists; `0::/a/b` is version 2. */
const pathIn = (membership: string, controller: Controller): { path: string; version: 1 | 2 } | undefined => {
  const lines = membership.split('\n').map((line) => /^(\d+):([^:]*):(.*)$/.exec(line) ?? []);
  const one = lines.find(([, , controllers = '']) => controllers.split(',').includes(controller));
  if (one !== undefined) return { path: one[3] ?? '/', version: 1 };
  const two = lines.find(([, id, controllers]) => id === '0' && controllers === '');
  return two === undefined ? undefined : { path: two[3] ?? '/', version: 2 };
};

interface CgroupMount {
  readonly version: 1 | 2;
  readonly root: string;
  readonly point: string;
}

/** `36 31 0:33 /root /point options [more…] - cgroup source memory`; undefined if the mount has no such cgroups. */
const readMount = (line: string, controller: Controller): CgroupMount | undefined => {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root = '', point = ''] = before.split(' ');
  const [kind = '', , options = ''] = after.split(' ');
  if (kind === 'cgroup2') return { version: 2, root: unescape(root), point: unescape(point) };
  const isWanted = kind === 'cgroup' && options.split(',').includes(controller);
  return isWanted ? { version: 1, root: unescape(root), point: unescape(point) } : undefined;
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

interface LimitFile {
  readonly limit: string;
  readonly usage: string;
  readonly kind: CgroupLimit['kind'];
}

/**
 * With swap accounting, version 1 has a second limit (`memsw`), on memory and swap together; it is the tighter one if much
 * is swapped out. Version 2 limits swap by itself.
 */
const limitFilesOf: Readonly<Record<CgroupFolder['version'], readonly LimitFile[]>> = {
  1: [
    { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', kind: 'cgroup' },
    { limit: 'memory.memsw.limit_in_bytes', usage: 'memory.memsw.usage_in_bytes', kind: 'cgroup' },
  ],
  2: [
    { limit: 'memory.max', usage: 'memory.current', kind: 'cgroup' },
    { limit: 'memory.high', usage: 'memory.current', kind: 'cgroup-high' },
    { limit: 'memory.swap.max', usage: 'memory.swap.current', kind: 'swap' },
  ],
};

/** Without a limit, a file holds `max` in version 2, and a number near 2^63 in version 1. */
const mostBytes = 2 ** 53;

/** Those that are set. */
export const limitsOf = ({ folder, path, version }: CgroupFolder, read: ReadText): CgroupLimit[] =>
  limitFilesOf[version].flatMap(({ limit, usage, kind }) => {
    const [limitBytes, usageBytes] = [limit, usage].map((name) => Number.parseInt(read(`${folder}/${name}`), 10));
    const isSet = Number.isFinite(limitBytes) && (limitBytes ?? 0) <= mostBytes;
    if (!isSet || limitBytes === undefined || usageBytes === undefined || !Number.isFinite(usageBytes)) return [];
    const droppable = kind === 'swap' ? 0 : droppableBytes(read(`${folder}/memory.stat`));
    return [{ of: `${limit} of the cgroup ${path}`, kind, limitBytes, usedBytes: Math.max(0, usageBytes - droppable) }];
  });

/** File pages that the kernel can drop at once. */
export const droppableBytes = (stat: string): number => statBytes(stat, 'inactive_file');

/** File pages that are in use: the kernel drops them, too, before it kills a process, which has to read them again then. */
export const activeFileBytes = (stat: string): number => statBytes(stat, 'active_file');

/**
 * Version 1 has one figure for the folder alone and one that includes all below it; usage includes all below it, so that
 * one is needed.
 */
const statBytes = (stat: string, name: string): number => {
  const bytes = (field: string): string | undefined => new RegExp(`^${field} (\\d+)$`, 'm').exec(stat)?.[1];
  return Number(bytes(`total_${name}`) ?? bytes(name) ?? 0);
};

/** The files in the folder of a cgroup that tell its limits and its state, for code that reads them all at once. */
export const cgroupFiles: readonly string[] = [
  'cgroup.procs',
  'memory.stat',
  'memory.pressure',
  'memory.events',
  'memory.oom_control',
  ...Object.values(limitFilesOf).flatMap((files) => files.flatMap(({ limit, usage }) => [limit, usage])),
];
