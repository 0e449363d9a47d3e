/**
 * How much memory a process may use and how much is left: its memory cgroup, version 1 or 2, and the host. In: a pid of
 * this machine. Out: bytes.
 */
import { readText } from './proc.js';

export interface CgroupMemory {
  /** What the kernel would have to end processes for: usage without file pages that it can drop at once. */
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** The tightest memory limit on the way from the process's cgroup to the root; undefined where nothing limits it. */
export const cgroupMemory = (pid: number): CgroupMemory | undefined => {
  const folders = cgroupFolders(readText(`/proc/${pid}/cgroup`));
  return folders
    .flatMap(({ folder, version }) => memoryOf(folder, version) ?? [])
    .toSorted((a, b) => a.limitBytes - a.usedBytes - (b.limitBytes - b.usedBytes))[0];
};

/** `0::/a/b` is version 2, `4:memory:/a/b` version 1; every folder from there up to the mount. */
const cgroupFolders = (text: string): { folder: string; version: 1 | 2 }[] =>
  text.split('\n').flatMap((line): { folder: string; version: 1 | 2 }[] => {
    const [, controllers = '-', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === '') return ancestorsOf('/sys/fs/cgroup', path).map((folder) => ({ folder, version: 2 }));
    if (!controllers.split(',').includes('memory')) return [];
    return ancestorsOf('/sys/fs/cgroup/memory', path).map((folder) => ({ folder, version: 1 }));
  });

const ancestorsOf = (mount: string, path: string): string[] => {
  const names = path.split('/').filter((name) => name !== '');
  return Array.from({ length: names.length + 1 }, (_, depth) => [mount, ...names.slice(0, depth)].join('/'));
};

const memoryOf = (folder: string, version: 1 | 2): CgroupMemory | undefined => {
  const file = version === 1 ? ['memory.limit_in_bytes', 'memory.usage_in_bytes'] : ['memory.max', 'memory.current'];
  const [limitBytes = Number.NaN, usageBytes = Number.NaN] = file.map((name) =>
    Number.parseInt(readText(`${folder}/${name}`), 10),
  );
  const unlimited = !Number.isFinite(limitBytes) || limitBytes > 2 ** 53;
  if (unlimited || !Number.isFinite(usageBytes)) return undefined;
  const droppable = /^(?:total_)?inactive_file (\d+)$/m.exec(readText(`${folder}/memory.stat`))?.[1] ?? '0';
  return { limitBytes, usedBytes: Math.max(0, usageBytes - Number(droppable)) };
};

/** What the host can give without swapping; undefined where the kernel does not say. */
export const hostAvailableBytes = (): number | undefined => {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readText('/proc/meminfo'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
};
