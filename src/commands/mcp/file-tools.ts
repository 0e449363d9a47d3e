/** The tools that read files and touch no process: a table with one entry per tool. */
import {
  afterCosts,
  afterLeaks,
  costInputs,
  fileName,
  fileNames,
  files,
  listOf,
  options,
  text,
  type Tool,
} from './tools.js';

export const fileTools: readonly Tool[] = [
  {
    name: 'list_processes',
    title: 'Node processes',
    description: 'Which Node.js processes are here, and whether memwatch can attach to them. Touches none of them.',
    inputs: {},
    required: [],
    schema: 'memwatch/ps@1',
    lists: ['processes'],
    argv: () => ['ps'],
    next: () =>
      'Without --allow-captures, ask the user for snapshots: `memwatch snapshot PID -o 1.heapsnapshot`, three or more with work between them. Then find_leaks reads them.',
  },
  {
    name: 'find_leaks',
    title: 'Leaks in snapshots',
    description:
      'Does a process leak, by three or more heap snapshots of it, oldest first: what grows, what retains it, and the line.',
    inputs: { files: files('three or more .heapsnapshot files of one process, oldest first', 3) },
    required: ['files'],
    schema: 'memwatch/leaks@1',
    lists: ['findings'],
    argv: ({ files: names }) => ['leaks', ...fileNames(names)],
    next: afterLeaks,
  },
  {
    name: 'heap',
    title: 'What holds the memory',
    description:
      'One heap snapshot: its classes and biggest objects with their retaining paths; the objects of one class; one object by id.',
    inputs: {
      file: text('.heapsnapshot file'),
      class: text('only objects of this class'),
      id: text('one object: @123'),
    },
    required: ['file'],
    schema: 'memwatch/heap@1',
    lists: ['dominators', 'classes', 'retainers', 'contents'],
    argv: (inputs) => ['heap', fileName(inputs['file']), ...options(inputs, 'class', 'id')],
    next: (document) => {
      const [biggest] = listOf(document, 'dominators');
      if (biggest === undefined) return 'The snapshot holds no such object.';
      return `heap with id @${String(biggest['id'])} shows what holds the first object and what it holds. A large object is no leak yet: find_leaks compares several.`;
    },
  },
  {
    name: 'diff',
    title: 'What grew',
    description:
      'What grew from one heap snapshot to the next, or what got more expensive from one profile to the other.',
    inputs: { files: files('two or more snapshots, or two profiles, oldest first', 2) },
    required: ['files'],
    schema: 'memwatch/diff@1',
    lists: ['objects', 'classes', 'functions', 'lines'],
    argv: ({ files: names }) => ['diff', ...fileNames(names)],
    next: () => 'Two snapshots cannot tell a leak from a cache that fills: find_leaks with three or more does.',
  },
  {
    name: 'cpu',
    title: 'Where the time goes',
    description: 'The functions and lines of a CPU profile by their time: .cpuprofile, traces, pprof, speedscope.',
    inputs: { file: text('a file with a CPU profile'), ...costInputs },
    required: ['file'],
    schema: 'memwatch/cpu@1',
    lists: ['functions', 'lines', 'callers'],
    argv: (inputs) => ['cpu', fileName(inputs['file']), ...options(inputs, 'filter', 'callers')],
    next: afterCosts,
  },
  {
    name: 'alloc',
    title: 'Who allocates',
    description: 'The functions of an allocation profile by the bytes that they allocate: .heapprofile, pprof.',
    inputs: { file: text('a file with an allocation profile'), ...costInputs },
    required: ['file'],
    schema: 'memwatch/alloc@1',
    lists: ['functions', 'lines', 'callers'],
    argv: (inputs) => ['alloc', fileName(inputs['file']), ...options(inputs, 'filter', 'callers')],
    next: afterCosts,
  },
  {
    name: 'audit',
    title: 'Releases known to leak',
    description: 'Which releases in a lockfile are known to leak, with the first good ones. Offline.',
    inputs: {
      lockfile: text('package-lock.json, yarn.lock, pnpm-lock.yaml or bun.lock'),
      node: text('a version of Node, such as 22.11.0'),
    },
    required: ['lockfile'],
    schema: 'memwatch/audit@1',
    lists: ['findings'],
    argv: (inputs) => ['audit', fileName(inputs['lockfile']), ...options(inputs, 'node')],
    next: (document) =>
      listOf(document, 'findings').length === 0
        ? 'None is known to leak: other leaks are the program’s own.'
        : 'Update to firstGood where there is one; else follow the advice.',
  },
];
