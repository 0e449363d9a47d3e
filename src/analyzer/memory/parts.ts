/**
 * The parts of a process's memory, largest first. In: a reading, and the first one if several are compared. Out: one part
 * for each owner; together their RSS is the whole RSS.
 */
import { formatBytes, formatCount } from '../model/figures.js';
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

const detailOf = (owner: MemoryOwner, mappings: readonly Mapping[], reading: MemoryReading): string => {
  const { isolates, threads } = reading;
  const used = (): string => formatBytes(totalOf(isolates, ({ usedBytes }) => usedBytes));
  const heaps = isolates.length === 1 ? '1 heap' : `${isolates.length} heaps`;
  const physical = formatBytes(totalOf(isolates, ({ physicalBytes }) => physicalBytes));
  switch (owner) {
    case 'V8 heap':
      return `${heaps}: ${used()} used; V8 itself counts ${physical} in RAM`;
    case 'V8 code':
      return 'machine code of compiled functions';
    case 'malloc: main heap':
      return `native objects and small Buffers; V8 counts ${external(reading)} outside its heaps in all`;
    case 'malloc: arenas':
      return `${formatCount(mappings.length)} arenas of threads (glibc)`;
    case 'malloc: large blocks':
      return `${formatCount(mappings.length)} blocks; Buffers and ArrayBuffers are ${formatBytes(buffers(reading))} in all`;
    case 'WebAssembly memory':
      return `${formatCount(mappings.length)} mappings`;
    case 'thread stacks':
      return `${formatCount(threads)} threads`;
    case 'mapped files':
    case 'shared memory':
      return largestPaths(mappings);
    case 'executable and libraries':
      return largestPaths(mappings.filter(({ path }) => path.startsWith('/')));
    case 'other':
      return 'not known';
  }
};

const buffers = ({ isolates }: MemoryReading): number =>
  totalOf(isolates, ({ arrayBuffersBytes }) => arrayBuffersBytes);
const external = ({ isolates }: MemoryReading): string =>
  formatBytes(totalOf(isolates, ({ externalBytes }) => externalBytes));

const shownPaths = 2;

const largestPaths = (mappings: readonly Mapping[]): string => {
  const bytes = new Map<string, number>();
  for (const { path, rssBytes } of mappings) bytes.set(path, (bytes.get(path) ?? 0) + rssBytes);
  const paths = [...bytes].toSorted((a, b) => b[1] - a[1]);
  const shown = paths.slice(0, shownPaths).map(([path, rss]) => `${path} ${formatBytes(rss)}`);
  const more = paths.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
};
