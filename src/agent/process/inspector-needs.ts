/**
 * Whether a process can still get what its inspector takes: a thread, files, address space, memory. Node or the kernel ends
 * the process if it cannot. In: a pid. Out: what is missing, in words, or undefined. Reads only /proc and the cgroup's files.
 */
import { leastMemory, missingMemory } from './least-memory.js';
import { foldersOf, readHere } from './cgroup.js';
import { readUlimits, softLimit } from './limits.js';
import type { Denial } from './permission.js';
import { namesIn, processIds, readText } from './proc.js';

/** An inspector takes one thread and up to ten files; a CPU profile takes a thread for each thread of JavaScript. */
const needed = { files: 16, threads: 8, addressBytes: 200e6, mappings: 100 };

/**
 * The sentence begins `process 123`. `workers`: how many cluster workers open their inspectors together with it. Memory and
 * threads are theirs and its own together; each is asked about the rest by itself.
 */
export const missingForInspector = (pid: number, workers = 0): Denial | undefined =>
  missingFiles(pid) ??
  missingThreads(pid, workers) ??
  missingAddresses(pid) ??
  missingMappings(pid) ??
  missingMemory(pid, leastMemory.toOpen, workers);

const because = 'Node would end the process if its inspector could not get what it needs';

const ulimitOf = (pid: number, line: string): number => softLimit(readText(`/proc/${pid}/limits`), line) ?? Infinity;

const missingFiles = (pid: number): Denial | undefined => {
  const limit = ulimitOf(pid, 'Max open files');
  const open = namesIn(`/proc/${pid}/fd`).length;
  if (limit - open >= needed.files) return undefined;
  const more = open + 4 * needed.files;
  return {
    reason: `has ${open} files open and may open ${limit} (ulimit -n): ${because}`,
    hint: `raise that limit first, while it runs: prlimit --pid ${pid} --nofile=${more}:`,
  };
};

interface ThreadLimit {
  readonly of: string;
  readonly most: number;
  readonly now: number;
  readonly hint: string;
}

const missingThreads = (pid: number, workers: number): Denial | undefined => {
  const limits = [...limitsOfCgroups(pid), ...limitsOfSystem(), ...limitOfUser(pid)];
  const tight = limits.find(({ most, now }) => most - now < needed.threads + workers);
  if (tight === undefined) return undefined;
  const { of, most, now, hint } = tight;
  const more = workers === 0 ? '' : `, and opens ${workers + 1} inspectors, its own and those of its workers`;
  return {
    reason: `may start no more than ${Math.max(0, most - now)} threads (${of}: ${now} of ${most})${more}: ${because}`,
    hint,
  };
};

const limitsOfCgroups = (pid: number): ThreadLimit[] =>
  foldersOf(pid, readHere, 'pids').flatMap(({ folder, path }) => {
    const [most = Number.NaN, now = Number.NaN] = ['pids.max', 'pids.current'].map((file) =>
      Number.parseInt(readText(`${folder}/${file}`), 10),
    );
    const hint = 'raise that limit first (pids.max, docker update --pids-limit, TasksMax of systemd)';
    return Number.isNaN(most - now) ? [] : [{ of: `pids.max of the cgroup ${path}`, most, now, hint }];
  });

/** `0.20 0.18 0.12 1/80 11206`: the second number after the averages counts all threads. */
const allThreads = (): number => Number(/\/(\d+)/.exec(readText('/proc/loadavg'))?.[1] ?? 0);

const limitsOfSystem = (): ThreadLimit[] =>
  ['threads-max', 'pid_max'].flatMap((name) => {
    const most = Number(readText(`/proc/sys/kernel/${name}`));
    return most > 0 ? [{ of: `kernel.${name}`, most, now: allThreads(), hint: 'end other processes first' }] : [];
  });

/** It counts all threads of a user, and does not hold for root. */
const limitOfUser = (pid: number): ThreadLimit[] => {
  const most = ulimitOf(pid, 'Max processes');
  const user = userOf(pid);
  if (user === 0 || allThreads() < most - needed.threads) return [];
  const now = processIds()
    .filter((one) => userOf(one) === user)
    .reduce((sum, one) => sum + namesIn(`/proc/${one}/task`).length, 0);
  const more = now + 4 * needed.threads;
  const hint = `raise that limit first, while it runs: prlimit --pid ${pid} --nproc=${more}:`;
  return [{ of: 'ulimit -u', most, now, hint }];
};

const userOf = (pid: number): number => Number(/^Uid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? -1);

const missingAddresses = (pid: number): Denial | undefined => {
  const tight = readUlimits(pid).find(({ limitBytes, usedBytes }) => limitBytes - usedBytes < needed.addressBytes);
  if (tight === undefined) return undefined;
  const megabytes = Math.max(0, Math.round((tight.limitBytes - tight.usedBytes) / 1e6));
  return {
    reason: `has ${megabytes} MB left of its ${tight.of}: ${because}`,
    hint: `raise that limit first, while it runs: prlimit --pid ${pid} --as=unlimited --data=unlimited`,
  };
};

const missingMappings = (pid: number): Denial | undefined => {
  const most = Number(readText('/proc/sys/vm/max_map_count')) || Infinity;
  const now = readText(`/proc/${pid}/maps`).split('\n').length;
  if (most - now >= needed.mappings) return undefined;
  return {
    reason: `has ${now} memory mappings of ${most} (vm.max_map_count): ${because}`,
    hint: 'raise that limit first: sysctl vm.max_map_count',
  };
};
