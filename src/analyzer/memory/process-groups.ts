/**
 * Many processes as one: those that run the same script in the same folder, such as a cluster with its primary. In: processes
 * with their CPU. Out: groups with their sums, and in each the process that differs from the others. The largest group first.
 */
import { groupBy } from '../model/group-by.js';
import type { Candidate } from '../model/node-process.js';
import type { ProcessGroup, WatchedProcess } from '../model/printed-documents.js';
import { findDifferent } from './different.js';

export const groupProcesses = (processes: readonly WatchedProcess[]): ProcessGroup[] =>
  [...groupBy(processes, keyOf).values()].map(groupOf).toSorted((a, b) => b.rssBytes - a.rssBytes);

const keyOf = ({ script, folder, container }: Candidate): string => JSON.stringify([script, folder, container]);

const groupOf = (processes: readonly WatchedProcess[]): ProcessGroup => ({
  script: processes[0]?.script ?? '',
  rssBytes: sum(processes.map(({ rssBytes }) => rssBytes)),
  cpuShare: sum(processes.map(({ cpuShare }) => cpuShare)),
  processes: processes.toSorted((a, b) => b.rssBytes - a.rssBytes),
  differences: [
    ...differenceIn(processes, 'RSS', ({ rssBytes }) => rssBytes),
    ...differenceIn(processes, 'CPU', ({ cpuShare }) => cpuShare),
  ],
});

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** A process that idles at 2 % beside others at 0 % is no news. */
const leastCpuShare = 0.1;

const differenceIn = (
  processes: readonly WatchedProcess[],
  of: 'RSS' | 'CPU',
  valueOf: (one: WatchedProcess) => number,
): ProcessGroup['differences'] => {
  const found = findDifferent(processes.map(valueOf));
  const one = found === undefined ? undefined : processes[found.at];
  if (found === undefined || one === undefined) return [];
  const value = valueOf(one);
  if (of === 'CPU' && Math.abs(value - found.usual) < leastCpuShare) return [];
  return [{ pid: one.pid, of, value, usual: found.usual }];
};
