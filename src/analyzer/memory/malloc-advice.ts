/**
 * Advice about malloc's memory that V8 does not know of: does native code hold it, or is it free, and the allocator keeps
 * it? From outside the two look alike. In: a reading, and the first one if several are compared. Out: advice with evidence.
 */
import { basename } from 'node:path/posix';
import { formatBytes, formatCount } from '../model/figures.js';
import type { Mapping, MemoryAdvice, MemoryOwner, MemoryReading, TrimmedMemory } from '../model/memory.js';
import { mallocBytes, ownedBy, totalOf, totalRss } from './parts.js';

/** Advice, and how many bytes it is about. */
export interface Weighed extends MemoryAdvice {
  readonly bytes: number;
}

type RssOf = (owner: MemoryOwner) => number;

export const mallocAdvice = (reading: MemoryReading, rssOf: RssOf, first: MemoryReading): Weighed[] => {
  const native = nativeMemory(reading, first);
  const trimmed = computeTrimmed(reading);
  return trimmed === null ? [native, arenas(reading, rssOf, native.bytes)] : [freed(reading, trimmed), native];
};

export const computeTrimmed = ({ trimmed, mappings }: MemoryReading): TrimmedMemory | null =>
  trimmed === null
    ? null
    : {
        beforeBytes: mallocBytes(trimmed.mappings),
        afterBytes: mallocBytes(mappings),
        durationUs: trimmed.durationUs,
      };

/**
 * What V8 accounts for outside its heaps: Buffers, and what native code reported to it. It also counts WebAssembly
 * memories, which are not malloc's.
 */
const knownBytes = ({ isolates, mappings }: MemoryReading): number => {
  const wasmBytes = totalRss(ownedBy(mappings, ['WebAssembly memory']));
  const external = totalOf(isolates, ({ externalBytes }) => externalBytes) - wasmBytes;
  const arrayBuffers = totalOf(isolates, ({ arrayBuffersBytes }) => arrayBuffersBytes);
  return Math.max(arrayBuffers, external) + totalOf(isolates, ({ mallocedBytes }) => mallocedBytes);
};

const nativeMemory = (reading: MemoryReading, first: MemoryReading): Weighed => {
  const [malloc, known] = [mallocBytes(reading.mappings), knownBytes(reading)];
  const evidence = `malloc takes ${formatBytes(malloc)} of RAM, and V8 accounts for ${formatBytes(known)} outside its heaps`;
  return {
    id: 'native-memory',
    text:
      reading.trimmed === null
        ? eitherWay(reading)
        : `native code holds what is left${addonsOf(reading)}, or it is free between blocks in use on the same pages`,
    evidence: `${evidence}${growthSince(reading, first)}`,
    bytes: malloc - known,
  };
};

const eitherWay = (reading: MemoryReading): string => {
  const howToKnow =
    reading.allocator === 'glibc'
      ? '--try-trim asks glibc to give back what is free, and shows how much that was'
      : 'memory that stays and grows under a steady load is leaked by native code';
  return `native code holds it${addonsOf(reading)}, or the allocator (${nameOf(reading)}) keeps it although it is free. ${howToKnow}`;
};

/** The allocator with its settings. */
const nameOf = ({ allocator, mallocSettings }: MemoryReading): string =>
  [allocator === 'unknown' ? 'not known' : allocator, ...mallocSettings].join(', ');

const addonsOf = ({ mappings }: MemoryReading): string => {
  const files = mappings.map(({ path }) => path.replace(/ \(deleted\)$/, '')).filter((path) => path.endsWith('.node'));
  const names = [...new Set(files.map((path) => basename(path)))];
  if (names.length === 0) return ' (no addon is loaded: zlib, TLS and other parts of Node)';
  return ` (addons that are loaded: ${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ', …' : ''})`;
};

const mostNames = 4;
/** Less growth than this may come and go. */
const leastGrowth = 16 * 2 ** 20;

const growthSince = (reading: MemoryReading, first: MemoryReading): string => {
  const grown = mallocBytes(reading.mappings) - mallocBytes(first.mappings);
  if (grown < leastGrowth) return '';
  const known = knownBytes(reading) - knownBytes(first);
  const seconds = Math.round((reading.timeMs - first.timeMs) / 1000);
  const figure = known < 0 ? `lost ${formatBytes(-known)}` : `gained ${formatBytes(known)}`;
  return `; in ${formatCount(seconds)} s malloc gained ${formatBytes(grown)}, and what V8 accounts for ${figure}`;
};

/** What malloc_trim gave back was free. */
const freed = (reading: MemoryReading, { beforeBytes, afterBytes, durationUs }: TrimmedMemory): Weighed => {
  const bytes = Math.max(0, beforeBytes - afterBytes);
  return {
    id: 'malloc-free',
    text: `not a leak: it was free, and glibc kept it. It may come back with the next peak; ${returnsMore(reading)}`,
    evidence: `malloc_trim gave back ${formatBytes(bytes)} of malloc's ${formatBytes(beforeBytes)}, in ${Math.ceil(durationUs / 1000)} ms`,
    bytes,
  };
};

/** Fewer arenas help if it was in arenas, and if their number is not limited already. */
const returnsMore = ({ trimmed, mappings, mallocSettings }: MemoryReading): string => {
  const arenaBytes = (of: readonly Mapping[]): number => totalRss(ownedBy(of, ['malloc: arenas']));
  const inArenas = arenaBytes(trimmed?.mappings ?? []) - arenaBytes(mappings);
  const jemalloc = 'jemalloc by LD_PRELOAD returns more of it by itself';
  const helps = inArenas >= leastGrowth && !mallocSettings.some((one) => /arena_max/i.test(one));
  return helps
    ? `MALLOC_ARENA_MAX=2 keeps less (${formatBytes(inArenas)} were in arenas of threads), and ${jemalloc}`
    : jemalloc;
};

/** Threads free into their own arena, which returns little; what V8 knows to be in use is not free. */
const arenas = (reading: MemoryReading, rssOf: RssOf, unknownBytes: number): Weighed => {
  const bytes = rssOf('malloc: arenas');
  const isLimited = reading.mallocSettings.some((one) => /arena_max/i.test(one));
  return {
    id: 'malloc-arenas',
    text: 'each thread allocates in an arena of its own, which returns little of what is freed: MALLOC_ARENA_MAX=2 in the environment limits them to two',
    evidence: `the arenas of ${formatCount(reading.threads)} threads take ${formatBytes(bytes)} of RAM, and V8 does not know what up to ${formatBytes(Math.min(bytes, unknownBytes))} of it is for`,
    bytes: isLimited ? 0 : Math.min(bytes, unknownBytes),
  };
};
