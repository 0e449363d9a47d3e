/** Recordings in the terminal: for each thread a chart of its memory and one of its CPU, and words. In: a recording. Out: text. */
import type {
  RecordedReading,
  Recording,
  RecordedSeries,
  RecordingSummary,
  SeriesSummary,
} from '../../analyzer/model/recording.js';
import { differenceLines } from '../../report/recording/comparison.js';
import { wordsOf, workerWords } from '../../report/recording/words.js';
import { renderTable } from '../../report/table.js';
import { escapeText, formatBytes, formatBytesDelta, formatDuration, formatShare } from '../../report/units.js';
import { wrap } from '../../report/wrap.js';
import { areaChart, niceMax, timeAxis } from '../../tui/rows/chart.js';
import type { Line } from '../../tui/rows/line.js';

export const renderCharts = (
  { series, marks, cutOff }: Recording,
  summary: RecordingSummary,
  width: number,
): string => {
  const read = series.filter(({ readings }) => readings.length > 0);
  return [
    ...read.flatMap((one, at) => seriesLines(one, summary.series[at], width)),
    ...renderRuns([summary], width),
    ...differenceLines(summary).map(escapeText),
    ...marks.map(({ timeMs, text }) => `${new Date(timeMs).toISOString()}  ${escapeText(text)}`),
    ...(cutOff ? ['the last line was cut off and is left out'] : []),
  ].join('\n');
};

/** Of a process elsewhere only one thread is known. */
const isProcess = ({ thread, pid }: { readonly thread: string; readonly pid: number | null }): boolean =>
  thread === 'main thread' || pid === null;

/** RSS and CPU are those of the whole process, and are shown for its main thread. */
const seriesLines = (
  { start, readings }: RecordedSeries,
  figures: SeriesSummary | undefined,
  width: number,
): string[] => {
  const isMain = isProcess(start);
  const heap = layer('#', readings.map(({ heapUsedBytes }) => heapUsedBytes)); // prettier-ignore
  const rss = layer('.', readings.map(({ rssBytes }) => rssBytes)); // prettier-ignore
  const layers = isMain ? [heap, rss] : [heap];
  const highest = niceMax(layers.flatMap(({ values }) => values), 1024); // prettier-ignore
  const seconds = ((readings.at(-1)?.timeMs ?? 0) - (readings[0]?.timeMs ?? 0)) / 1000;
  const words = figures === undefined ? [] : isMain ? wordsOf(figures) : [workerWords(figures)];
  return [
    escapeText(`${start.pid ?? 'remote'} ${start.script} ${start.thread}: # used heap${isMain ? ', . RSS' : ''}`),
    ...areaChart(layers, { width, height: isMain ? 8 : 4, max: highest, format: formatBytes }).map(textOf),
    ...(isMain ? cpuLines(readings, width) : []),
    textOf(timeAxis(width, readings.length, seconds)).replace(/ ago (.*) now$/, ' before $1 end'),
    ...words.flatMap((line) => wrap(escapeText(line), width)),
    '',
  ];
};

const layer = (letter: string, values: readonly number[]) => ({ letter, style: 'plain' as const, values });

const cpuLines = (readings: readonly RecordedReading[], width: number): string[] => {
  const cpu = readings.map(({ cpuUs, intervalUs }) => cpuUs / Math.max(1, intervalUs));
  const max = Math.max(0.1, Math.ceil(Math.max(...cpu) * 10) / 10);
  return [
    'CPU, of one core',
    ...areaChart([layer('#', cpu)], { width, height: 3, max, format: formatShare }).map(textOf),
  ];
};

const textOf = ({ spans }: Line): string => spans.map(({ text }) => text).join('');

/** Processes side by side, if there are several; runs are named if there are several. */
export const renderRuns = (runs: readonly RecordingSummary[], width: number): string[] => {
  const rows = runs.flatMap(({ file, series }) => series.filter(isProcess).map((one) => ({ ...one, file })));
  if (rows.length < 2) return [];
  const nameOf = ({ file, script, pid }: (typeof rows)[number]): string =>
    `${runs.length > 1 ? `${file} ` : ''}${pid ?? 'remote'} ${script}`;
  const table = renderTable(
    [
      { title: 'TIME', align: 'right', cell: ({ durationUs }) => formatDuration(durationUs) },
      { title: 'PEAK RSS', align: 'right', cell: ({ peakRssBytes }) => formatBytes(peakRssBytes) },
      { title: 'PEAK HEAP', align: 'right', cell: ({ peakHeapUsedBytes }) => formatBytes(peakHeapUsedBytes) },
      { title: 'HEAP/H, AT LEAST', align: 'right', cell: ({ heapPerSecond: { low } }) => (low === null ? '?' : formatBytesDelta(Math.round(low * 3600))) },
      { title: 'CPU', align: 'right', cell: ({ cpuUs, durationUs }) => (durationUs === 0 ? '' : formatShare(cpuUs / durationUs)) },
      { title: 'PROCESS', align: 'left', cell: nameOf, cut: 'end' },
    ],
    rows,
    width,
  ); // prettier-ignore
  return [...table, ''];
};
