/** The parts of a process's memory, and the advice that their figures support. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAdvice } from '#memwatch/analyzer/memory/advice.js';
import { computeParts } from '#memwatch/analyzer/memory/parts.js';
import type { Mapping, MemoryLimit, MemoryReading } from '#memwatch/analyzer/model/memory.js';
import { isolate, mapping, memoryReading } from '../../support/readings.js';

const mb = 2 ** 20;

const adviceFor = (values: Partial<MemoryReading>): string[] => {
  const of = memoryReading(values);
  return findAdvice(of, computeParts(of)).map(({ id }) => id);
};

test('parts add up to the whole, largest first, and a watch shows what each gained, and what is gone', () => {
  const first = memoryReading();
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
  const inUse = (usedBytes: number): string[] =>
    adviceFor({ isolates: [isolate({ usedBytes })], mappings: [mapping('[V8 heap]', 210 * mb)] });
  assert.deepEqual(inUse(200 * mb), ['heap-may-be-garbage']);
  assert.deepEqual(inUse(50 * mb), ['heap-not-needed']);
  assert.deepEqual(adviceFor({ isolates: [isolate({ usedBytes: 40 * mb })] }), []);
  const buffers = isolate({ arrayBuffersBytes: 300 * mb, externalBytes: 301 * mb });
  assert.deepEqual(adviceFor({ isolates: [buffers] }), ['buffers']);
  assert.deepEqual(adviceFor({ mappings: [mapping('[heap]', 400 * mb)] }), ['native-memory']);
});

test('what malloc_trim gave back is free, the rest is not; settings that are in force are not advised', () => {
  const before = [mapping('[heap]', 400 * mb)];
  const trimmed = { mappings: before, durationUs: 3000 };
  const addon = mapping('/app/node_modules/sharp/sharp.node', mb, 'r-xp');
  const of = memoryReading({ mappings: [mapping('[heap]', 100 * mb), addon], trimmed });
  const [free, native] = findAdvice(of, computeParts(of));
  assert.match(free?.evidence ?? '', /^malloc_trim gave back 300 MB of malloc's 400 MB, in 3 ms$/);
  assert.match(native?.text ?? '', /^native code holds what is left \(addons that are loaded: sharp\.node\)/);
  const arena = { ...mapping('', 60 * mb), start: 2 ** 46 + 2 ** 26, end: 2 ** 46 + 2 ** 27 };
  assert.deepEqual(adviceFor({ mappings: [arena] }), ['native-memory', 'malloc-arenas']);
  assert.deepEqual(adviceFor({ mappings: [arena], mallocSettings: ['MALLOC_ARENA_MAX=2'] }), ['native-memory']);
});

test('WebAssembly memories, which V8 counts as external, do not hide memory of native code', () => {
  const start = 2 ** 46 + 4096;
  const wasm = { ...mapping('', 200 * mb), start, end: start + 200 * mb };
  const gap = { ...mapping('', 0, '---p'), start: wasm.end, end: wasm.end + 2 ** 33 };
  const of = { mappings: [mapping('[heap]', 150 * mb), wasm, gap], isolates: [isolate({ externalBytes: 201 * mb })] };
  assert.deepEqual(adviceFor(of), ['wasm-memory', 'native-memory']);
});

test('after a collection a heap is said to be alive, not what was used before it', () => {
  const heap = { ...mapping('', 25 * mb), start: 2 ** 40, end: 2 ** 40 + 25 * mb };
  const collected = isolate({ usedBytes: 216 * mb, liveBytes: 23 * mb, physicalBytes: 24 * mb });
  const [part] = computeParts(memoryReading({ mappings: [heap], isolates: [collected] }));
  assert.deepEqual([part?.owner, part?.detail], ['V8 heap', '1 heap: 23.0 MB alive']);
});

test('a pool of workers is blamed for its heaps, a few workers are not; shared memory is no mapped file', () => {
  const pool = Array.from({ length: 20 }, (_, at) => isolate({ thread: `worker ${at}` }));
  assert.ok(adviceFor({ isolates: pool, mappings: [heapPages(400 * mb)] }).includes('many-workers'));
  assert.ok(!adviceFor({ isolates: pool.slice(0, 4), mappings: [heapPages(400 * mb)] }).includes('many-workers'));
  assert.deepEqual(adviceFor({ mappings: [mapping('/dev/shm/cache', 90 * mb, 'rw-s')] }), ['shared-memory']);
});

/** V8's pages lie below 2^46; an allocator's blocks, which may have the same alignment, above. */
const heapPages = (rssBytes: number, start = 2 ** 40): Mapping => ({
  ...mapping('', rssBytes),
  start,
  end: start + rssBytes,
});

test("pages that V8 emptied are named; another allocator's aligned blocks are not V8's", () => {
  const of = memoryReading({
    mappings: [heapPages(90 * mb), heapPages(50 * mb, 2 ** 46 + 2 ** 20), heapPages(96 * mb, 2 ** 41)],
  });
  assert.deepEqual(
    computeParts(of).map(({ owner, detail }) => [owner, detail]),
    [
      ['malloc: large blocks', '2 blocks: large Buffers, what native code maps'],
      ['V8 heap', '1 heap: 20.0 MB used; 68.0 MB in pages that V8 emptied and keeps'],
    ],
  );
});

test("V8's heap limit is compared with the container's, and the flag that is named exists in that Node", () => {
  const limit = (limitBytes: number): MemoryLimit => ({
    of: 'memory.max of cgroup /a',
    kind: 'cgroup',
    limitBytes,
    usedBytes: mb,
  });
  const textFor = (limitBytes: number, nodeVersion: string, more: Partial<MemoryReading> = {}): string => {
    const of = memoryReading({ limits: [limit(limitBytes)], nodeVersion, ...more });
    return findAdvice(of, computeParts(of))
      .map(({ id, text }) => `${id}: ${text}`)
      .join('\n');
  };
  assert.match(textFor(512 * mb, 'v22.20.0'), /^heap-limit-above-container: .*--max-old-space-size=384$/);
  assert.match(textFor(512 * mb, 'v24.6.0'), /--max-old-space-size=384 \(or --max-old-space-size-percentage=75\)$/);
  const native = { mappings: [mapping('[heap]', 300 * mb)] };
  assert.match(
    textFor(512 * mb, 'v24.6.0', native),
    /--max-old-space-size=212 \(or --max-old-space-size-percentage=41\)/,
  );
  const swapOf = (usedBytes: number): Partial<MemoryReading> => ({
    limits: [limit(512 * mb), { of: 'the swap of the host', kind: 'swap', limitBytes: mb, usedBytes }],
  });
  assert.match(
    textFor(512 * mb, 'v22.20.0', swapOf(0)),
    /the kernel swaps it out, and kills it once it may not swap more/,
  );
  assert.match(textFor(512 * mb, 'v22.20.0', swapOf(mb)), /if its heap grows, the kernel kills the process before/);
  assert.match(textFor(4096 * mb, 'v22.20.0'), /^heap-limit-far-below-container/);
  assert.equal(textFor(1200 * mb, 'v22.20.0'), '');
});
