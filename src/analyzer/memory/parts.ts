/**
 * The parts of a process's memory, largest first. In: a reading, and the first one if several are compared. Out: one part
 * for each owner; together their RSS is the whole RSS.
 */
import { basename } from 'node:path/posix';
import { formatBytes, formatThings, sumOf } from '../model/figures.js';
import type { IsolateMemory, Mapping, MemoryOwner, MemoryPart, MemoryReading } from '../model/memory.js';
import { computeOwners } from './owners.js';

interface Sum {
  readonly mappings: readonly Mapping[];
  readonly rssBytes: number;
  readonly virtualBytes: number;
}

export const computeParts = (reading: MemoryReading, first?: MemoryReading): MemoryPart[] => {
  const before = first === undefined ? undefined : sumsOf(first.mappings);
  const parts = [...sumsOf(reading.mappings)].map(([owner, { mappings, rssBytes, virtualBytes }]) => ({
    owner,
    detail: detailOf(owner, mappings, reading),
    rssBytes,
    virtualBytes,
    delta: before === undefined ? null : rssBytes - (before.get(owner)?.rssBytes ?? 0),
  }));
  return parts
    .filter(({ rssBytes, delta }) => rssBytes > 0 || delta !== null)
    .toSorted((a, b) => b.rssBytes - a.rssBytes);
};

const sumsOf = (mappings: readonly Mapping[]): Map<MemoryOwner, Sum> => {
  const owners = computeOwners(mappings);
  const sums = new Map<MemoryOwner, Sum>();
  for (const [at, mapping] of mappings.entries()) {
    const owner = owners[at] ?? 'other';
    const sum = sums.get(owner) ?? { mappings: [], rssBytes: 0, virtualBytes: 0 };
    sums.set(owner, {
      mappings: [...sum.mappings, mapping],
      rssBytes: sum.rssBytes + mapping.rssBytes,
      virtualBytes: sum.virtualBytes + mapping.end - mapping.start,
    });
  }
  return sums;
};

export const totalOf = (isolates: readonly IsolateMemory[], field: (one: IsolateMemory) => number): number =>
  isolates.reduce((sum, one) => sum + field(one), 0);

const mallocOwners: readonly MemoryOwner[] = ['malloc: main heap', 'malloc: arenas', 'malloc: large blocks'];

export const ownedBy = (mappings: readonly Mapping[], wanted: readonly MemoryOwner[]): Mapping[] => {
  const owners = computeOwners(mappings);
  return mappings.filter((_, at) => wanted.includes(owners[at] ?? 'other'));
};

export const totalRss = (mappings: readonly Mapping[]): number => sumOf(mappings.map(({ rssBytes }) => rssBytes));

/** RSS of all that malloc manages. */
export const mallocBytes = (mappings: readonly Mapping[]): number => totalRss(ownedBy(mappings, mallocOwners));

const detailOf = (owner: MemoryOwner, mappings: readonly Mapping[], reading: MemoryReading): string => {
  const count = (one: string): string => formatThings(mappings.length, one);
  switch (owner) {
    case 'V8 heap':
      return heapDetail(mappings, reading);
    case 'V8 code':
      return 'machine code of compiled functions';
    case 'malloc: main heap':
      return 'native objects and small Buffers';
    case 'malloc: arenas':
      return `${count('arena')} of threads`;
    case 'malloc: large blocks':
      return `${count('block')}: large Buffers, what native code maps`;
    case 'WebAssembly memory':
      return count('mapping');
    case 'thread stacks':
      return formatThings(reading.threads, 'thread');
    case 'mapped files':
    case 'shared memory':
      return largestPaths(mappings);
    case 'executable and libraries':
      return largestPaths(
        mappings
          .filter(({ path }) => path.startsWith('/'))
          .map((mapping) => ({ ...mapping, path: basename(mapping.path) })),
      );
    case 'other':
      return mappings.some(({ path }) => path === '[not listed]')
        ? 'libraries, stacks, malloc: this system does not list them'
        : 'reserved, for nothing that memwatch knows';
  }
};

/** Pages that V8 has emptied stay mapped for a while; it does not count them any more. */
const heapDetail = (mappings: readonly Mapping[], { isolates, silentThreads }: MemoryReading): string => {
  const isCollected = isolates.some(({ liveBytes }) => liveBytes !== null);
  const used = formatBytes(totalOf(isolates, ({ usedBytes, liveBytes }) => liveBytes ?? usedBytes));
  const heaps = formatThings(isolates.length, 'heap');
  const physical = totalOf(isolates, ({ physicalBytes }) => physicalBytes);
  const emptied = totalRss(mappings) - physical;
  const isSure = silentThreads.length === 0 && emptied > leastEmptied * physical;
  return `${heaps}: ${used} ${isCollected ? 'alive' : 'used'}${isSure ? `; ${formatBytes(emptied)} in pages that V8 emptied and keeps` : ''}`;
};

/** V8's own count differs from the kernel's by less. */
const leastEmptied = 0.1;

const shownPaths = 2;

const largestPaths = (mappings: readonly Mapping[]): string => {
  const bytes = new Map<string, number>();
  for (const { path, rssBytes } of mappings) bytes.set(path, (bytes.get(path) ?? 0) + rssBytes);
  const paths = [...bytes].toSorted((a, b) => b[1] - a[1]);
  const shown = paths.slice(0, shownPaths).map(([path, rss]) => `${formatBytes(rss)} ${path}`);
  const more = paths.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
};
