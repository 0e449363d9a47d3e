/**
 * The state of the memory cgroups of a process: every limit on the way up, how scarce memory is in its own, and how often
 * the kernel has killed there. In: a pid. Out: numbers; null for what the kernel does not say.
 */
import type { MemoryPressure } from '../../analyzer/model/memory.js';
import { foldersOf, limitsOf, type CgroupFolder, type CgroupLimit, type ReadText } from './cgroup.js';
import { parsePressure } from './limits.js';
import { readText } from './proc.js';

export interface CgroupState {
  /** From its own cgroup upwards. */
  readonly limits: readonly CgroupLimit[];
  /** Of its own cgroup; of the host if the kernel does not measure that. */
  readonly pressure: MemoryPressure | null;
  /** How often the kernel has killed a process of its cgroup, or of one below, because memory ran out. */
  readonly oomKills: number | null;
}

export const readCgroupState = (pid: number, read: ReadText = readText): CgroupState => {
  const folders = foldersOf(pid, read);
  const own = folders.filter(({ isOwn }) => isOwn);
  // a cgroup is seen twice if both mounts show it
  const limits = new Map(folders.flatMap((folder) => limitsOf(folder, read)).map((limit) => [limit.of, limit]));
  const pressures = own.flatMap(({ folder }) => parsePressure(read(`${folder}/memory.pressure`), 'its cgroup') ?? []);
  return {
    limits: [...limits.values()],
    pressure: pressures[0] ?? parsePressure(read('/proc/pressure/memory'), 'the host'),
    oomKills: own.map((folder) => oomKillsIn(folder, read)).find((count) => count !== null) ?? null,
  };
};

const oomKillsIn = ({ folder, version }: CgroupFolder, read: ReadText): number | null => {
  const events = read(`${folder}/${version === 1 ? 'memory.oom_control' : 'memory.events'}`);
  const count = /^oom_kill (\d+)$/m.exec(events)?.[1];
  return count === undefined ? null : Number(count);
};
