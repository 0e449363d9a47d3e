/**
 * What to do about a process's memory, each piece of advice with the figures that support it. In: a reading, its parts, and
 * the first reading if several are compared. Out: advice, most bytes first. A rule that its figures do not support gives none.
 */
import { formatBytes, formatCount } from '../model/figures.js';
import type { MemoryAdvice, MemoryOwner, MemoryPart, MemoryReading } from '../model/memory.js';
import { findMismatches } from './limit-advice.js';
import { mallocAdvice, type Weighed } from './malloc-advice.js';
import { ownedBy, totalOf } from './parts.js';

/** A part smaller than this share of the RSS is not worth a change. */
const minShare = 0.15;
const minBytes = 16 * 2 ** 20;

export const findAdvice = (
  reading: MemoryReading,
  parts: readonly MemoryPart[],
  first: MemoryReading = reading,
): MemoryAdvice[] => {
  const rssBytes = parts.reduce((sum, part) => sum + part.rssBytes, 0);
  const least = Math.max(minBytes, rssBytes * minShare);
  const rssOf = (owner: MemoryOwner): number => parts.find((part) => part.owner === owner)?.rssBytes ?? 0;
  const found = [
    emptyHeap(reading, rssOf('V8 heap')),
    workers(reading, rssOf('V8 heap')),
    buffers(reading),
    ...mallocAdvice(reading, rssOf, first),
    wasm(rssOf('WebAssembly memory')),
    files(reading, parts),
    sharedMemory(parts),
    stacks(rssOf('thread stacks'), reading.threads),
  ].filter(({ bytes }) => bytes >= least);
  const sorted = found.toSorted((a, b) => b.bytes - a.bytes).map(({ id, text, evidence }) => ({ id, text, evidence }));
  return [...findMismatches(reading), ...sorted];
};

/** Less than this in use is no question on its own. */
const largeHeapBytes = 64 * 2 ** 20;

/** Garbage that V8 has had no need to collect yet, and pages that it keeps for later. */
const emptyHeap = ({ isolates }: MemoryReading, rssBytes: number): Weighed => {
  const used = totalOf(isolates, ({ usedBytes }) => usedBytes);
  const taken = Math.max(used, rssBytes);
  if (!isCollected(isolates)) return heapBeforeCollection(used, taken);
  const alive = totalOf(isolates, ({ liveBytes, usedBytes }) => liveBytes ?? usedBytes);
  const evidence = `of ${formatBytes(taken)} that V8's heaps took, ${formatBytes(alive)} are alive after a collection`;
  return { id: 'heap-not-needed', text: lazy, evidence, bytes: taken - alive };
};

const lazy =
  'not a leak: V8 collects and returns memory only when it must. A smaller --max-old-space-size (or --max-semi-space-size, for the young generation) makes it do so sooner';

/** What is in use may be garbage for the most part, or be alive: only a collection tells. */
const heapBeforeCollection = (used: number, taken: number): Weighed => {
  const evidence = `V8's heaps take ${formatBytes(taken)} of RAM, of which ${formatBytes(used)} are in use, including garbage`;
  if (taken - used > used)
    return { id: 'heap-not-needed', text: lazy, evidence: `${evidence} (${howMuch})`, bytes: taken - used };
  const text = `it is no leak if most of it is garbage: V8 collects only when it must. ${howMuch}; what is alive, \`memwatch heap PID\` shows by class, and \`memwatch leaks PID\` whether it grows`;
  return { id: 'heap-may-be-garbage', text, evidence, bytes: Math.max(taken - used, used < largeHeapBytes ? 0 : used) };
};

const howMuch = '--collect shows how much is alive';

const isCollected = (isolates: MemoryReading['isolates']): boolean =>
  isolates.every(({ liveBytes }) => liveBytes !== null);

/** Fewer workers than this are no pool. */
const manyWorkers = 8;

/** Each worker has a heap of its own, with Node's own objects in it. */
const workers = ({ isolates }: MemoryReading, rssBytes: number): Weighed => {
  const count = isolates.length - 1;
  const heaps = totalOf(isolates.slice(1), ({ committedBytes }) => committedBytes);
  const bytes = Math.min(rssBytes, heaps);
  return {
    id: 'many-workers',
    text: 'each worker thread has a heap, a stack and compiled code of its own: a smaller pool takes less. If their number grows, a pool is created again and again: `memwatch leaks PID` counts threads',
    evidence: `the heaps of ${formatCount(count)} workers take up to ${formatBytes(bytes)}, about ${formatBytes(bytes / Math.max(1, count))} each`,
    bytes: count < manyWorkers ? 0 : bytes,
  };
};

const buffers = ({ isolates }: MemoryReading): Weighed => {
  const bytes = totalOf(isolates, (one) => one.arrayBuffersBytes);
  return {
    id: 'buffers',
    text: 'Buffers and typed arrays hold it outside the heap: `memwatch heap PID` shows what retains them, `memwatch leaks PID` whether they grow',
    evidence: `V8 counts ${formatBytes(bytes)} of ArrayBuffers${isCollected(isolates) ? '' : `, including garbage (${howMuch})`}`,
    bytes,
  };
};

const wasm = (bytes: number): Weighed => ({
  id: 'wasm-memory',
  text: 'a WebAssembly memory grows and never shrinks: free what the module allocated (with its own free or delete), or create a new instance and drop the old one',
  evidence: `WebAssembly memories take ${formatBytes(bytes)} of RAM`,
  bytes,
});

const partNamed = (parts: readonly MemoryPart[], name: MemoryOwner): MemoryPart | undefined =>
  parts.find(({ owner }) => owner === name);

const files = ({ mappings }: MemoryReading, parts: readonly MemoryPart[]): Weighed => {
  const part = partNamed(parts, 'mapped files');
  const changedBytes = ownedBy(mappings, ['mapped files']).reduce((sum, one) => sum + one.anonymousBytes, 0);
  const kept = changedBytes === 0 ? '' : `; it cannot drop the ${formatBytes(changedBytes)} that the process changed`;
  return {
    id: 'mapped-files',
    text: `mapped files count as RSS, but the kernel can drop their pages when memory runs short: they are not memory of the program itself${kept}`,
    evidence: `mapped files: ${part?.detail ?? ''}`,
    bytes: part?.rssBytes ?? 0,
  };
};

const sharedMemory = (parts: readonly MemoryPart[]): Weighed => {
  const part = partNamed(parts, 'shared memory');
  return {
    id: 'shared-memory',
    text: 'shared memory is in no file on a disk: the kernel cannot drop it, and it stays until it is unmapped and its file in /dev/shm is deleted',
    evidence: `shared memory: ${part?.detail ?? ''}`,
    bytes: part?.rssBytes ?? 0,
  };
};

const stacks = (bytes: number, threads: number): Weighed => ({
  id: 'thread-stacks',
  text: 'end workers that are no longer needed; a pool that is created for each request leaks threads',
  evidence: `${formatCount(threads)} threads have touched ${formatBytes(bytes)} of their stacks`,
  bytes,
});
