/**
 * The memory of a recorded process, stacked by part. In: its main thread and a grid of time. Out: layers that add up to its
 * RSS: the owners of its mappings if they were read, and otherwise what V8 and the kernel say in each reading.
 */
import type { Layer } from '../model/panel.js';
import type { MemoryOwner } from '../model/memory.js';
import type { RecordedParts, RecordedReading, RecordedSeries } from '../model/recording.js';
import { onGrid, type TimeGrid } from './time-grid.js';

export const stackOf = ({ parts, readings }: RecordedSeries, grid: TimeGrid): Layer[] =>
  parts.length === 0 ? stackOfReadings(readings, grid) : stackOfParts(parts, readings.at(-1)?.timeMs ?? 0, grid);

/** The most that is worth a colour; smaller owners are one layer. */
const mostOwners = 7;

const stackOfParts = (parts: readonly RecordedParts[], endMs: number, grid: TimeGrid): Layer[] => {
  const owners = ownersOf(parts);
  const [named, others] = [owners.slice(0, mostOwners), owners.slice(mostOwners)];
  const at = partsOnGrid(parts, endMs, grid);
  const layer = (name: string, some: readonly MemoryOwner[]): Layer => ({
    name,
    kind: 'area',
    values: at.map((one) => (one === undefined ? null : sumOf(one, some))),
  });
  return [...named.map((owner) => layer(owner, [owner])), ...(others.length === 0 ? [] : [layer('others', others)])];
};

const sumOf = ({ parts }: RecordedParts, owners: readonly MemoryOwner[]): number =>
  parts.reduce((sum, { owner, rssBytes }) => sum + (owners.includes(owner) ? rssBytes : 0), 0);

/** The largest first. */
const ownersOf = (parts: readonly RecordedParts[]): MemoryOwner[] => {
  const peaks = new Map<MemoryOwner, number>();
  for (const one of parts)
    for (const { owner } of one.parts) peaks.set(owner, Math.max(peaks.get(owner) ?? 0, sumOf(one, [owner])));
  return [...peaks].toSorted((a, b) => b[1] - a[1]).map(([owner]) => owner);
};

/** Parts are read less often than the rest: each step shows the ones before, until the last reading of the process. */
const partsOnGrid = (parts: readonly RecordedParts[], endMs: number, grid: TimeGrid): (RecordedParts | undefined)[] => {
  let next = 0;
  let shown: RecordedParts | undefined;
  return Array.from({ length: grid.steps }, (_, step) => {
    const fromMs = grid.startMs + step * grid.stepMs;
    for (let one = parts[next]; one !== undefined && one.timeMs < fromMs + grid.stepMs; one = parts[++next])
      shown = one;
    return fromMs > endMs ? undefined : shown;
  });
};

const stackOfReadings = (readings: readonly RecordedReading[], grid: TimeGrid): Layer[] => {
  const layer = (name: string, valueOf: (reading: RecordedReading) => number): Layer => ({
    name,
    kind: 'area',
    values: onGrid(grid, readings, valueOf),
  });
  const rest = ({ rssBytes, heapTotalBytes, externalBytes }: RecordedReading): number =>
    Math.max(0, rssBytes - heapTotalBytes - externalBytes);
  return [
    layer('used heap', ({ heapUsedBytes }) => heapUsedBytes),
    layer('free in the heap', ({ heapTotalBytes, heapUsedBytes }) => Math.max(0, heapTotalBytes - heapUsedBytes)),
    layer('external memory', ({ externalBytes }) => externalBytes),
    layer('everything else', rest),
  ];
};
