/**
 * The tools that attach to a process, offered only with --allow-captures: a table with one entry per tool, and its
 * cost.
 */
import { afterCosts, afterLeaks, processId, seconds, type Tool } from './tools.js';

export const captureTools: readonly Tool[] = [
  {
    name: 'find_leaks_in_process',
    title: 'Leaks of a running process',
    description:
      'Whether a running process leaks: what grows, what retains it, and the line. The process needs its usual load meanwhile.',
    price:
      'It takes several heap snapshots. Each stops the process for about a second for 100 MB of heap, and needs memory.',
    inputs: { pid: processId, seconds: seconds('length of a round in seconds (10)') },
    required: ['pid'],
    schema: 'memwatch/leaks@1',
    lists: ['findings'],
    argv: ({ pid, seconds: interval = 10 }, folder) => [
      'leaks',
      String(pid),
      `--interval=${String(interval)}s`,
      `--keep=${folder}`,
    ],
    next: (document, folder) => `${afterLeaks(document)} The snapshots are in ${folder} until this server ends.`,
  },
  {
    name: 'snapshot_process',
    title: 'Heap snapshot of a process',
    description: 'Writes a heap snapshot of a running process into a folder of its own, for heap, diff and find_leaks.',
    price: 'It stops the process for about a second for 100 MB of heap, and is refused if memory could run out.',
    inputs: { pid: processId },
    required: ['pid'],
    schema: 'memwatch/snapshot@1',
    lists: [],
    argv: ({ pid }, folder) => ['snapshot', String(pid), `--output=${folder}/${String(pid)}.heapsnapshot`],
    next: (_, folder) =>
      `heap reads the file in ${folder}, which exists until this server ends. To find leaks, take three or more, and let the process work between them.`,
  },
  {
    name: 'profile_process',
    title: 'CPU profile of a process',
    description: 'Which functions and lines of a running process take the time.',
    price: 'The process keeps running, a few percent slower.',
    inputs: { pid: processId, seconds: seconds('how long (5)') },
    required: ['pid'],
    schema: 'memwatch/cpu@1',
    lists: ['functions', 'lines'],
    argv: ({ pid, seconds: duration = 5 }, folder) => [
      'cpu',
      String(pid),
      `--duration=${String(duration)}s`,
      `--output=${folder}/${String(pid)}.cpuprofile`,
    ],
    next: (document) => `${afterCosts(document)} cpu reads the file in files, which exists until this server ends.`,
  },
  {
    name: 'allocations_of_process',
    title: 'Allocations of a process',
    description: 'Which functions of a running process allocate, and how much of that stays alive.',
    price: 'The process keeps running, a few percent slower.',
    inputs: { pid: processId, seconds: seconds('how long each of the two phases lasts (5)') },
    required: ['pid'],
    schema: 'memwatch/alloc@1',
    lists: ['functions', 'lines'],
    argv: ({ pid, seconds: duration = 5 }, folder) => [
      'alloc',
      String(pid),
      `--duration=${String(duration)}s`,
      `--output=${folder}/${String(pid)}.heapprofile`,
    ],
    next: afterCosts,
  },
  {
    name: 'census_of_process',
    title: 'Live objects of a process',
    description: 'How many objects of each class are alive in a running process, without a snapshot.',
    price: 'It stops the process for about a tenth of the time of a snapshot.',
    inputs: { pid: processId },
    required: ['pid'],
    schema: 'memwatch/census@1',
    lists: ['classes', 'containers'],
    argv: ({ pid }) => ['census', String(pid)],
    next: () => 'Call it again after some work: for classes that rise each time, use find_leaks_in_process.',
  },
  {
    name: 'memory_of_process',
    title: 'Memory of a process by owner',
    description: 'What the RSS of a running process consists of, with its limits and advice.',
    price: 'The process is not stopped; an inspector is opened in it for a moment.',
    inputs: { pid: processId },
    required: ['pid'],
    schema: 'memwatch/memory@1',
    lists: ['parts'],
    argv: ({ pid }) => ['memory', String(pid)],
    next: () => 'If the heap is the largest part, find_leaks_in_process examines it; advice says what to set.',
  },
];
