/** The tools that read files and touch no process: a table with one entry per tool. */
import {
  afterCosts,
  afterHeap,
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
    description:
      'Which Node.js processes run on this machine, and whether memwatch can attach to them. Does not touch them.',
    inputs: {},
    required: [],
    schema: 'memwatch/ps@1',
    lists: ['processes'],
    argv: () => ['ps'],
    next: () =>
      'Without --allow-captures, ask the user for three or more snapshots, with work between them: `memwatch snapshot PID -o 1.heapsnapshot`. Then find_leaks reads them.',
  },
  {
    name: 'find_leaks',
    title: 'Leaks in snapshots',
    description:
      'Whether a process leaks, from three or more of its heap snapshots, oldest first: what grows, what retains it, and the line.',
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
    next: afterHeap,
  },
  {
    name: 'diff',
    title: 'What grew',
    description:
      'What grew from one heap snapshot to the next, or what became more expensive from one profile to the next.',
    inputs: { files: files('two or more snapshots, or two profiles, oldest first', 2) },
    required: ['files'],
    schema: 'memwatch/diff@1',
    lists: ['objects', 'classes', 'functions', 'lines'],
    argv: ({ files: names }) => ['diff', ...fileNames(names)],
    next: () =>
      'Two snapshots cannot distinguish a leak from a cache that is still filling: use find_leaks with three or more.',
  },
  {
    name: 'cpu',
    title: 'Where the time goes',
    description: 'The functions and lines of a CPU profile by their time: .cpuprofile, traces, pprof, speedscope.',
    inputs: { file: text('a file with a CPU profile'), ...costInputs },
    required: ['file'],
    schema: 'memwatch/cpu@1',
    lists: ['functions', 'lines', 'callers'],
    argv: (inputs) => ['cpu', fileName(inputs['file']), ...options(inputs, 'filter', 'callers', 'type')],
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
    argv: (inputs) => ['alloc', fileName(inputs['file']), ...options(inputs, 'filter', 'callers', 'type')],
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
        ? 'None is known to leak; other leaks come from the program itself.'
        : 'Update to firstGood. Where it is null no release is without the leak: follow the advice.',
  },
];
