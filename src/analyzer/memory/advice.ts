/**
 * What to do about a process's memory, each piece of advice with the figures that support it. In: a reading and its parts.
 * Out: advice, most bytes first. A rule that its figures do not support gives none.
 */
import { formatBytes, formatCount } from '../model/figures.js';
import type { MemoryAdvice, MemoryLimit, MemoryOwner, MemoryPart, MemoryReading } from '../model/memory.js';
import { totalOf } from './parts.js';

interface Weighed extends MemoryAdvice {
  readonly bytes: number;
}

/** A part smaller than this share of the RSS is not worth a change. */
const minShare = 0.15;
const minBytes = 16 * 2 ** 20;

export const findAdvice = (reading: MemoryReading, parts: readonly MemoryPart[]): MemoryAdvice[] => {
  const rssBytes = parts.reduce((sum, part) => sum + part.rssBytes, 0);
  const least = Math.max(minBytes, rssBytes * minShare);
  const rssOf = (owner: MemoryOwner): number => parts.find((part) => part.owner === owner)?.rssBytes ?? 0;
  const found = [
    emptyHeap(reading),
    buffers(reading),
    nativeMemory(reading, rssOf),
    arenas(rssOf('malloc: arenas'), reading.threads),
    wasm(rssOf('WebAssembly memory')),
    files(parts),
    stacks(rssOf('thread stacks'), reading.threads),
  ].filter((one) => one !== undefined && one.bytes >= least) as Weighed[];
  const sorted = found.toSorted((a, b) => b.bytes - a.bytes).map(({ id, text, evidence }) => ({ id, text, evidence }));
  return [...findMismatches(reading), ...sorted];
};

/** Garbage that V8 has had no need to collect yet, and pages that it keeps for later. */
const emptyHeap = ({ isolates }: MemoryReading): Weighed => {
  const isCollected = isolates.every(({ liveBytes }) => liveBytes !== null);
  const used = totalOf(isolates, ({ usedBytes }) => usedBytes);
  const needed = totalOf(isolates, ({ usedBytes, liveBytes }) => liveBytes ?? usedBytes);
  const physical = Math.max(
    used,
    totalOf(isolates, ({ physicalBytes }) => physicalBytes),
  );
  return {
    id: 'heap-not-needed',
    text: 'not a leak: V8 collects and returns memory only when it must. A smaller --max-old-space-size (or --max-semi-space-size, for the young generation) makes it do so sooner',
    evidence: isCollected
      ? `of ${formatBytes(physical)} that V8's heaps took, ${formatBytes(needed)} are alive after a collection`
      : `V8's heaps take ${formatBytes(physical)} of RAM, of which ${formatBytes(used)} are in use, including garbage (--collect shows how much is alive)`,
    bytes: physical - needed,
  };
};

const buffers = ({ isolates }: MemoryReading): Weighed => {
  const bytes = totalOf(isolates, (one) => one.arrayBuffersBytes);
  return {
    id: 'buffers',
    text: 'Buffers and typed arrays hold it outside the heap: `memwatch heap PID` shows what retains them, `memwatch leaks PID` whether they grow',
    evidence: `V8 counts ${formatBytes(bytes)} of ArrayBuffers`,
    bytes,
  };
};

/** Memory from malloc that V8 does not account for: native addons, or free memory that the allocator keeps. */
const nativeMemory = ({ isolates }: MemoryReading, rssOf: (owner: MemoryOwner) => number): Weighed => {
  const malloc = rssOf('malloc: main heap') + rssOf('malloc: arenas') + rssOf('malloc: large blocks');
  const known = totalOf(isolates, (one) => one.externalBytes + one.mallocedBytes);
  return {
    id: 'native-memory',
    text: 'native code holds it (an addon, zlib, TLS), or the allocator keeps it although it is free. Start the program with MALLOC_ARENA_MAX=2, or with jemalloc by LD_PRELOAD: memory that disappears then was free; memory that stays and grows is leaked by native code',
    evidence: `malloc takes ${formatBytes(malloc)} of RAM, and V8 accounts for ${formatBytes(known)} outside its heaps`,
    bytes: malloc - known,
  };
};

const arenas = (bytes: number, threads: number): Weighed => ({
  id: 'malloc-arenas',
  text: 'each thread has its own arena, which returns little memory: MALLOC_ARENA_MAX=2 in the environment limits them to two',
  evidence: `the arenas of ${formatCount(threads)} threads take ${formatBytes(bytes)} of RAM`,
  bytes,
});

const wasm = (bytes: number): Weighed => ({
  id: 'wasm-memory',
  text: 'a WebAssembly memory grows and never shrinks: free what the module allocated (with its own free or delete), or create a new instance and drop the old one',
  evidence: `WebAssembly memories take ${formatBytes(bytes)} of RAM`,
  bytes,
});

const files = (parts: readonly MemoryPart[]): Weighed => {
  const of = parts.filter(({ owner }) => owner === 'mapped files' || owner === 'shared memory');
  const bytes = of.reduce((sum, part) => sum + part.rssBytes, 0);
  return {
    id: 'mapped-files',
    text: 'mapped files count as RSS, but the kernel can drop pages that were only read: they are not memory of the program itself',
    evidence: `${of.map(({ owner, detail }) => `${owner}: ${detail}`).join('; ')}`,
    bytes,
  };
};

const stacks = (bytes: number, threads: number): Weighed => ({
  id: 'thread-stacks',
  text: 'end workers that are no longer needed; a pool that is created for each request leaks threads',
  evidence: `${formatCount(threads)} threads have touched ${formatBytes(bytes)} of their stacks`,
  bytes,
});

/** For a heap limit that does not fit the container's limit. Node leaves about a quarter of the memory to everything else. */
const shareForHeap = 0.75;

const findMismatches = ({ isolates, limits, nodeVersion }: MemoryReading): MemoryAdvice[] => {
  const heap = isolates[0]?.limitBytes;
  const cgroup = tightest(limits, 'cgroup');
  if (heap === undefined || cgroup === undefined) return [];
  const fits = Math.floor((cgroup.limitBytes * shareForHeap) / 2 ** 20);
  const flag = `--max-old-space-size=${fits}${percentageFlag(nodeVersion)}`;
  const evidence = `V8's heap limit is ${formatBytes(heap)}, ${cgroup.of} is ${formatBytes(cgroup.limitBytes)}`;
  if (heap > cgroup.limitBytes)
    return [
      {
        id: 'heap-limit-above-container',
        text: `the kernel kills the process before V8 collects garbage aggressively: start it with ${flag}`,
        evidence,
      },
    ];
  if (heap < cgroup.limitBytes / 2)
    return [
      {
        id: 'heap-limit-far-below-container',
        text: `V8 ends the process while half of the container's memory is free: if the heap needs more, start it with ${flag}`,
        evidence,
      },
    ];
  return [];
};

const tightest = (limits: readonly MemoryLimit[], kind: MemoryLimit['kind']): MemoryLimit | undefined =>
  limits.filter((one) => one.kind === kind).toSorted((a, b) => a.limitBytes - b.limitBytes)[0];

/** Node 22.21 and 24.6 introduced --max-old-space-size-percentage. */
const percentageFlag = (version: string): string => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const has = major > 24 || (major === 24 && minor >= 6) || (major === 22 && minor >= 21);
  return has ? ` (or --max-old-space-size-percentage=${shareForHeap * 100})` : '';
};
