/** Processes or runs side by side. In: what is known of each. Out: a table with their sums, and which one differs, in words. */
import type { ProcessDifference, RecordingSummary, SeriesSummary } from '../../analyzer/model/recording.js';
import type { Table } from '../page/page.js';
import { formatBytes, formatBytesDelta, formatDuration, formatShare } from '../units.js';

/** `run`: the file's name. */
export type RunSeries = SeriesSummary & { readonly run: string };

const nameOf = ({ script, pid }: SeriesSummary): string => `${script === '' ? 'process' : script} (${pid ?? 'remote'})`;

/** Runs are named if there are several. */
export const comparisonTable = (series: readonly RunSeries[]): Table => ({
  kind: 'table',
  columns: [
    { title: 'peak RSS', as: 'number' },
    { title: 'process', as: 'text' },
    { title: 'peak heap', as: 'number' },
    { title: 'heap an hour (95 %)', as: 'number' },
    { title: 'CPU', as: 'number' },
    { title: 'GC', as: 'number' },
    { title: 'longest delay', as: 'number' },
  ],
  rows: series.map((one) => ({
    cells: [
      formatBytes(one.peakRssBytes),
      series.some(({ run }) => run !== one.run) ? `${one.run}: ${nameOf(one)}` : nameOf(one),
      formatBytes(one.peakHeapUsedBytes),
      hourly(one.heapPerSecond),
      formatShare(one.cpuUs / Math.max(1, one.durationUs)),
      formatShare(one.gcUs / Math.max(1, one.durationUs)),
      formatDuration(one.longestDelayUs),
    ],
    share: one.peakRssBytes / Math.max(1, ...series.map(({ peakRssBytes }) => peakRssBytes)),
  })),
});

const hourly = ({ low, high }: SeriesSummary['heapPerSecond']): string =>
  low === null || high === null ? '?' : `${formatBytesDelta(Math.round(low * 3600))} to ${formatBytesDelta(Math.round(high * 3600))}`; // prettier-ignore

/** Which process differs from the others of its recording, in what. */
export const differenceLines = ({ differences, series }: RecordingSummary): string[] =>
  differences.map(({ of, value, usual, series: at }) => {
    const [own, others] = [value, usual].map((one) => written(of, one));
    const one = series[at];
    return `${one === undefined ? '?' : nameOf(one)} differs from the others in ${of}: ${own}, usual is ${others}`;
  });

const written = (of: ProcessDifference['of'], value: number): string => {
  if (of === 'peak RSS') return formatBytes(value);
  return of === 'growth of the heap'
    ? `at least ${formatBytesDelta(Math.round(value * 3600))}/h`
    : formatDuration(value);
};
