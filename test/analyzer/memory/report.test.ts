/** The parts of a process's memory, the advice that their figures support, and when a limit will be reached. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAdvice } from '#memwatch/analyzer/memory/advice.js';
import { computeForecast } from '#memwatch/analyzer/memory/forecast.js';
import { computeParts } from '#memwatch/analyzer/memory/parts.js';
import type { IsolateMemory, Mapping, MemoryLimit, MemoryReading } from '#memwatch/analyzer/model/memory.js';

const mb = 2 ** 20;

let address = 0x1000_0000;
const mapping = (path: string, rssBytes: number, permissions = 'rw-p'): Mapping => {
  address += 4096;
  const start = address;
  address += 2 * rssBytes;
  return {
    start,
    end: address,
    permissions,
    path,
    rssBytes,
    anonymousBytes: path.startsWith('/') ? 0 : rssBytes,
    swapBytes: 0,
  };
};

const isolate = (values: Partial<IsolateMemory> = {}): IsolateMemory => ({
  thread: 'main thread',
  usedBytes: 20 * mb,
  liveBytes: null,
  committedBytes: 24 * mb,
  physicalBytes: 22 * mb,
  limitBytes: 1000 * mb,
  externalBytes: mb,
  arrayBuffersBytes: 0,
  mallocedBytes: mb,
  spaces: [],
  ...values,
});

const reading = (values: Partial<MemoryReading> = {}): MemoryReading => ({
  timeMs: 0,
  mappings: [mapping('[heap]', 10 * mb), mapping('/usr/bin/node', 30 * mb, 'r-xp')],
  isolates: [isolate()],
  silentThreads: [],
  threads: 11,
  limits: [],
  unseenLimits: null,
  pressure: null,
  oomKills: null,
  readUs: 100,
  nodeVersion: 'v22.20.0',
  ...values,
});

const adviceFor = (values: Partial<MemoryReading>): string[] => {
  const of = reading(values);
  return findAdvice(of, computeParts(of)).map(({ id }) => id);
};

test('parts add up to the whole, largest first, and a watch shows what each gained, and what is gone', () => {
  const first = reading();
  const [heap, node] = first.mappings;
  assert.ok(heap !== undefined && node !== undefined);
  const parts = computeParts({ ...first, mappings: [{ ...heap, rssBytes: 50 * mb }, node] }, first);
  assert.deepEqual(
    parts.map(({ owner, rssBytes, delta }) => [owner, rssBytes / mb, (delta ?? 0) / mb]),
    [
      ['malloc: main heap', 50, 40],
      ['executable and libraries', 30, 0],
    ],
  );
  assert.deepEqual(
    computeParts(first).map(({ delta }) => delta),
    [null, null],
  );
});

test('advice comes only if its figures are large enough, most bytes first', () => {
  assert.deepEqual(adviceFor({}), []);
  assert.deepEqual(
    adviceFor({ isolates: [isolate({ liveBytes: 20 * mb, usedBytes: 200 * mb, physicalBytes: 220 * mb })] }),
    ['heap-not-needed'],
  );
  const buffers = isolate({ arrayBuffersBytes: 300 * mb, externalBytes: 301 * mb });
  assert.deepEqual(adviceFor({ isolates: [buffers] }), ['buffers']);
  assert.deepEqual(adviceFor({ mappings: [mapping('[heap]', 400 * mb)] }), ['native-memory']);
});

test("V8's heap limit is compared with the container's, and the flag that is named exists in that Node", () => {
  const limit = (limitBytes: number): MemoryLimit => ({
    of: 'memory.max of cgroup /a',
    kind: 'cgroup',
    limitBytes,
    usedBytes: mb,
  });
  const textFor = (limitBytes: number, nodeVersion: string): string => {
    const of = reading({ limits: [limit(limitBytes)], nodeVersion });
    return findAdvice(of, computeParts(of))
      .map(({ id, text }) => `${id}: ${text}`)
      .join('\n');
  };
  assert.match(textFor(512 * mb, 'v22.20.0'), /^heap-limit-above-container: .*--max-old-space-size=384$/);
  assert.match(textFor(512 * mb, 'v24.6.0'), /--max-old-space-size=384 \(or --max-old-space-size-percentage=75\)$/);
  assert.match(textFor(4096 * mb, 'v22.20.0'), /^heap-limit-far-below-container/);
  assert.equal(textFor(1200 * mb, 'v22.20.0'), '');
});

test('a forecast is made of the limit that is reached first, and of none that is not proved to be neared', () => {
  const limits = (at: number): MemoryLimit[] => [
    { of: 'host', kind: 'host', limitBytes: 4000 * mb, usedBytes: 1000 * mb + at * mb },
    { of: 'cgroup', kind: 'cgroup', limitBytes: 512 * mb, usedBytes: 100 * mb + at * mb },
    { of: 'heap', kind: 'heap', limitBytes: 300 * mb, usedBytes: (at % 2 === 0 ? 200 : 100) * mb },
  ];
  const readings = Array.from({ length: 30 }, (_, at) => reading({ timeMs: at * 1000, limits: limits(at) }));
  const forecast = computeForecast(readings);
  assert.equal(forecast?.of, 'cgroup');
  assert.ok(Math.abs((forecast?.bytesPerSecond ?? 0) / mb - 1) < 0.01);
  assert.ok(Math.abs((forecast?.seconds ?? 0) - 383) < 5, String(forecast?.seconds));
  assert.equal(computeForecast([]), null);
  assert.equal(computeForecast(readings.map((one) => ({ ...one, limits: one.limits.slice(2) }))), null);
});
