/** A process as `memwatch memory` and `memwatch dump` report it: every kind of part, limit and thread, with hostile names. */
import type { ProcessDump, ThreadDump } from '#memwatch/analyzer/model/dump.js';
import type { MemoryPart, MemoryReport } from '#memwatch/analyzer/model/memory.js';
import { isolate } from './readings.js';

export const evil = 'evil\u001b[2J';

const part = (owner: MemoryPart['owner'], rssBytes: number, detail: string): MemoryPart => ({
  owner,
  detail,
  rssBytes,
  virtualBytes: 2 * rssBytes,
  delta: null,
});

const space = (name: string, usedBytes: number, committedBytes: number) => ({
  name,
  usedBytes,
  committedBytes,
  physicalBytes: usedBytes,
});

export const drawnMemory: MemoryReport = {
  schema: 'memwatch/memory@1',
  pid: 4321,
  rssBytes: 200_000_000,
  accountedBytes: 196_000_000,
  swapBytes: 3_000_000,
  parts: [
    part('V8 heap', 120_000_000, 'main thread 100 MB, worker 1 20 MB'),
    part(
      'malloc: arenas',
      76_000_000,
      '9 arenas of 64 MB, in which threads allocate; most of each is reserved and unused',
    ),
    part('other', 4_000_000, `[anon: ${evil}]`),
  ],
  heaps: [
    isolate({ spaces: [space('old_space', 9e7, 1e8), space('code_space', 1e3, 2e3)] }),
    isolate({ spaces: [space('old_space', 1e7, 4e7)] }),
  ],
  limits: [
    { of: "V8's heap limit (main thread)", kind: 'heap', limitBytes: 400_000_000, usedBytes: 100_000_000 },
    ...[1, 2].map((id) => ({
      of: `V8's heap limit (worker ${id})`,
      kind: 'heap' as const,
      limitBytes: 400_000_000,
      usedBytes: id * 1e7,
    })),
    { of: `memory.max of cgroup /${evil}`, kind: 'cgroup', limitBytes: 256_000_000, usedBytes: 210_000_000 },
  ],
  pageCache: { of: `the cgroup /${evil}`, bytes: 90_000_000, droppableBytes: 70_000_000 },
  pressure: { of: 'its cgroup', some10s: 0.2, some60s: 0.05, full10s: 0 },
  oomKills: 1,
  allocator: 'glibc',
  trimmed: null,
  watch: null,
  forecast: { of: 'memory.max of cgroup /a', bytesPerSecond: 50_000, seconds: 920, lowSeconds: 800, highSeconds: 1100 },
  advice: [{ id: 'arenas', text: 'Set MALLOC_ARENA_MAX=2 and start it again.', evidence: '9 arenas hold 76 MB.' }],
  warnings: [`worker 2 (${evil}) did not answer`],
  readUs: 12_345,
};

const thread = (worker: string, values: Partial<ThreadDump>): ThreadDump => ({
  worker,
  state: 'idle',
  waitsFor: null,
  stack: [],
  samples: 0,
  samplesTaken: 41,
  mayBeInlined: false,
  cores: null,
  handles: [],
  callbacks: [],
  promises: null,
  loopDelayUs: 0,
  ...values,
});

const spin = { function: 'spin', file: '/srv/app/spin.js', line: 12 };
export const drawnDump: ProcessDump = {
  schema: 'memwatch/dump@1',
  pid: 4321,
  command: `node server.js --title ${evil}`,
  nodeVersion: 'v22.1.0',
  threads: [
    thread('main thread', {
      state: 'running',
      stack: [spin, { function: '', file: '/srv/app/server.js', line: 3 }, { function: 'sort', file: '', line: 0 }],
      samples: 40,
      mayBeInlined: true,
      cores: 1.02,
      handles: [
        { type: 'Timeout', count: 1200, madeBy: null },
        { type: 'TCPServerWrap', count: 1, madeBy: `127.0.0.1:8080 ${evil}` },
      ],
    }),
    thread('worker 1 (resizer)', { state: 'waiting', waitsFor: 'Atomics.wait', stack: [{ ...spin, line: 0 }] }),
    thread('worker 2', { state: 'waiting' }),
    thread('worker 3', {
      handles: [{ type: 'TCPSocketWrap', count: 3, madeBy: null }],
      callbacks: [{ type: 'TCPSocketWrap', count: 2, function: 'onData', file: '/srv/app/db.js', line: 9 }],
      promises: {
        pending: 1007,
        awaited: [
          {
            count: 1000,
            stack: [
              { function: 'query', file: '/srv/app/db.js', line: 12 },
              { function: 'Promise.all', file: '', line: 0 },
              { function: evil, file: `/srv/${evil}.js`, line: 40 },
            ],
          },
        ],
        notKnown: 7,
        notLooked: 3,
      },
    }),
    thread(`worker 4 (${evil})`, { state: 'unknown' }),
  ],
  children: [{ pid: 4400, command: `sh -c ${evil}` }],
  warnings: ['the kernel does not say how much each thread worked'],
};
