/** The pages of `memwatch/memory@1` and of a recording: whose the memory is, which limit ends it, and how it grew. */
import type { MemoryReport } from '../../analyzer/model/memory.js';
import type { RecordingSummary, SeriesSummary } from '../../analyzer/model/recording.js';
import { memoryHeadline, watchLines } from '../memory-text.js';
import type { Chart, Page, Section, Table } from './page.js';
import { formatBytes, formatBytesDelta, formatDuration, formatShare } from '../units.js';

export const memoryPage = (report: MemoryReport): Page => ({
  title: 'The memory of a process',
  verdict: memoryHeadline(report),
  tone: report.forecast === null ? 'plain' : 'open',
  reasons: [...watchLines(report), ...report.warnings],
  sections: [
    { title: 'Whose it is', blocks: [partTable(report)] },
    { title: 'Limits', blocks: [limitTable(report)] },
    ...report.advice.map(({ text, evidence }): Section => ({ title: evidence, blocks: [{ kind: 'text', lines: [text] }] })), // prettier-ignore
  ],
});

const partTable = ({ parts, rssBytes }: MemoryReport): Table => ({
  kind: 'table',
  columns: [
    { title: 'RSS', as: 'number' },
    { title: 'share', as: 'number' },
    { title: 'change', as: 'number' },
    { title: 'owner', as: 'text' },
    { title: 'what', as: 'text' },
  ],
  rows: parts.map(({ owner, detail, rssBytes: bytes, delta }) => ({
    cells: [
      formatBytes(bytes),
      formatShare(bytes / Math.max(1, rssBytes)),
      delta === null ? '' : formatBytesDelta(delta),
      owner,
      detail,
    ],
    share: bytes / Math.max(1, rssBytes),
  })),
});

const limitTable = ({ limits }: MemoryReport): Table => ({
  kind: 'table',
  columns: [
    { title: 'used', as: 'number' },
    { title: 'of', as: 'number' },
    { title: 'limit', as: 'text' },
  ],
  rows: limits
    .map(({ of, usedBytes, limitBytes }) => ({ of, limitBytes, share: usedBytes / Math.max(1, limitBytes) }))
    .toSorted((a, b) => b.share - a.share)
    .map(({ of, limitBytes, share }) => ({ cells: [formatShare(share), formatBytes(limitBytes), of], share })),
});

export const recordingPage = ({ series, marks, file }: RecordingSummary): Page => {
  const peak = Math.max(0, ...series.map(({ peakRssBytes }) => peakRssBytes));
  const forecast = series.find((one) => one.forecast !== null)?.forecast ?? null;
  const threads = series.length === 1 ? 'one thread' : `${series.length} threads`;
  const end = forecast === null ? '' : `; it reaches ${forecast.of} in about ${formatDuration(forecast.seconds * 1e6)}`;
  const fields = marks.map(({ timeMs, text }): [string, string] => [new Date(timeMs).toISOString(), text]);
  return {
    title: 'Memory over time',
    verdict: `Peak RSS ${formatBytes(peak)} in ${threads}${end}`,
    tone: forecast === null ? 'plain' : 'open',
    reasons: [`recording ${file}`],
    sections: [
      ...series.map(seriesSection),
      ...(fields.length === 0 ? [] : [{ title: 'Marks', blocks: [{ kind: 'fields' as const, fields }] }]),
    ],
  };
};

const seriesSection = (series: SeriesSummary): Section => ({
  title: `${series.pid ?? 'remote process'} ${series.script} ${series.thread} ${series.nodeVersion}`,
  blocks: [
    ...chartOf(series),
    {
      kind: 'fields',
      fields: [
        ['readings', `${series.readings} in ${formatDuration(series.durationUs)}`],
        ['peak heap', formatBytes(series.peakHeapUsedBytes)],
        ['CPU time', formatDuration(series.cpuUs)],
        ['garbage collection', formatDuration(series.gcUs)],
        ['longest delay', `${formatDuration(series.longestDelayUs)} of the event loop`],
        ['end', series.end ?? 'the recording does not say how it ended'],
      ],
    },
  ],
});

const chartOf = ({ history }: SeriesSummary): Chart[] => {
  const [first, last] = [history[0], history.at(-1)];
  if (first === undefined || last === undefined || history.length < 2) return [];
  const lines = [
    { name: 'resident memory', values: history.map(({ rssBytes }) => rssBytes) },
    { name: 'heap used', values: history.map(({ heapUsedBytes }) => heapUsedBytes) },
  ];
  const ends: [string, string] = [new Date(first.timeMs).toISOString(), new Date(last.timeMs).toISOString()];
  return [{ kind: 'chart', title: 'Memory', lines, format: formatBytes, ends }];
};
