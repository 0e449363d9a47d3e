/** One line for each live reading of a process. In: a Reading. Out: aligned text, with a title line above. */
import type { GcReading, Reading } from '../analyzer/model/reading.js';
import { formatBytes, formatDuration, formatShare } from './units.js';

interface Column {
  /** Columns with higher numbers go first where a terminal is too narrow for all. */
  readonly rank?: number;
  readonly title: string;
  readonly width: number;
  readonly cell: (reading: Reading) => string;
}

const columns: readonly Column[] = [
  { title: 'TIME', width: 8, cell: ({ timeMs }) => new Date(timeMs).toTimeString().slice(0, 8) },
  { title: 'HEAP USED', width: 9, cell: ({ heap }) => formatBytes(heap.usedBytes) },
  { title: 'TOTAL', rank: 5, width: 8, cell: ({ heap }) => formatBytes(heap.totalBytes) },
  { title: 'LIMIT', rank: 6, width: 8, cell: ({ heap }) => formatBytes(heap.limitBytes) },
  { title: 'EXTERNAL', rank: 2, width: 8, cell: ({ heap }) => formatBytes(heap.externalBytes) },
  { title: 'RSS', width: 8, cell: ({ rssBytes }) => formatBytes(rssBytes) },
  {
    title: 'CGROUP',
    rank: 4,
    width: 8,
    cell: ({ cgroup }) => (cgroup === null ? '-' : formatShare(cgroup.usedBytes / cgroup.limitBytes)),
  },
  { title: 'CPU', width: 6, cell: ({ cpu }) => formatShare(cpu.cores) },
  { title: 'LOOP BUSY', width: 9, cell: ({ loop }) => formatShare(loop.utilization) },
  {
    title: 'LATE P99',
    width: 8,
    cell: ({ loop }) => (loop.delay === null ? 'blocked' : formatDuration(loop.delay.p99Us)),
  },
  {
    title: 'GC',
    rank: 1,
    width: 14,
    cell: ({ gc }) => gcText(gc, ['minor', 'major', 'incremental', 'weak callbacks']),
  },
  { title: 'MAJOR', rank: 7, width: 10, cell: ({ gc }) => gcText(gc, ['major']) },
  {
    title: 'HANDLES',
    rank: 1,
    width: 7,
    cell: ({ handles }) => String(handles.reduce((sum, { count }) => sum + count, 0)),
  },
];

const gcText = (gc: Reading['gc'], kinds: readonly GcReading['kind'][]): string => {
  if (gc === null) return '-';
  const of = gc.filter(({ kind }) => kinds.includes(kind));
  const count = of.reduce((sum, entry) => sum + entry.count, 0);
  return count === 0 ? '0' : `${count} ${formatDuration(of.reduce((sum, entry) => sum + entry.durationUs, 0))}`;
};

const line = (shown: readonly Column[], textOf: (column: Column) => string): string =>
  shown.map((column) => textOf(column).padStart(column.width)).join('  ');

/** The columns that a line of this width has room for. */
const columnsWithin = (width: number): Column[] => {
  const shown = [...columns];
  const leastNeeded = columns
    .filter(({ rank }) => rank !== undefined)
    .toSorted((a, b) => (b.rank ?? 0) - (a.rank ?? 0));
  for (const column of leastNeeded) if (line(shown, () => '').length > width) shown.splice(shown.indexOf(column), 1);
  return shown;
};

/** The title line. */
export const renderReadingTitles = (width = Infinity): string => line(columnsWithin(width), ({ title }) => title);

/** What the process is doing now, in one line. */
export const renderReading = (reading: Reading, width = Infinity): string =>
  line(columnsWithin(width), ({ cell }) => cell(reading));
