/** `memwatch plot FILE…`: what recordings hold, as a chart and in words. */
import { writeJson } from '../analyzer/model/escape.js';
import { MemwatchError } from '../errors.js';
import { readRecording } from '../analyzer/formats/documents/recording.js';
import { summarizeRecording } from '../analyzer/memory/recording-summary.js';
import type { Recording, RecordedSeries, SeriesSummary } from '../analyzer/model/recording.js';
import { escapeText, formatBytes, formatBytesDelta, formatDuration, formatThings } from '../report/units.js';
import { areaChart, niceMax } from '../tui/rows/chart.js';
import { readCaptureBytes } from './capture-file.js';
import { htmlOptions, printWithPage } from './html.js';
import type { Command } from './io.js';

export const plotCommand: Command = {
  builder: (yargs) =>
    htmlOptions(yargs)
      .positional('files', { type: 'string', array: true, demandOption: true, describe: 'recordings' })
      .example('$0 plot day.record', 'works while the recording is being written, too'),
  async run(args, io) {
    const files = args['files'] as readonly string[];
    if (files.length > 1 && args['html'] !== undefined)
      throw new MemwatchError('bad-argument', '--html takes one recording', { hint: 'run it once for each file' });
    const print = printWithPage(args, {
      ...io,
      print: (document, text) => io.line(io.json ? writeJson(document) : text()), // a line for each file
    });
    for (const file of files) {
      const recording = readRecording(await readCaptureBytes(file), file);
      const summary = summarizeRecording(recording, file);
      print(summary, () => renderRecording(recording, summary.series, Math.min(80, io.columns)));
    }
  },
};

const renderRecording = (
  { series, marks, cutOff }: Recording,
  figures: readonly SeriesSummary[],
  width: number,
): string => {
  const read = series.filter(({ readings }) => readings.length > 0);
  return [
    ...read.flatMap((one, at) => seriesLines(one, figures[at], width)),
    ...marks.map(({ timeMs, text }) => `${new Date(timeMs).toISOString()}  ${escapeText(text)}`),
    ...(cutOff ? ['the last line was cut off and is left out'] : []),
  ].join('\n');
};

const seriesLines = (
  { start, readings }: RecordedSeries,
  figures: SeriesSummary | undefined,
  width: number,
): string[] => {
  const layers = [
    { letter: '#', style: 'plain' as const, values: readings.map(({ heapUsedBytes }) => heapUsedBytes) },
    { letter: '.', style: 'plain' as const, values: readings.map(({ rssBytes }) => rssBytes) },
  ];
  const max = niceMax(layers.flatMap(({ values }) => values), 1024); // prettier-ignore
  const chart = areaChart(layers, { width, height: 8, max, format: formatBytes });
  const title = `${start.pid ?? 'remote'} ${start.script} ${start.thread}: # heap used, . resident memory`;
  const lines = chart.map(({ spans }) => spans.map(({ text }) => text).join(''));
  return [escapeText(title), ...lines, ...(figures === undefined ? [] : words(figures)), ''];
};

const words = (figures: SeriesSummary): string[] => [
  `${formatThings(figures.readings, 'reading')} in ${formatDuration(figures.durationUs)}; peak RSS ${formatBytes(figures.peakRssBytes)}, heap ${formatBytes(figures.peakHeapUsedBytes)}`,
  `RSS ${growth(figures.rssPerSecond)}; heap ${growth(figures.heapPerSecond)}`,
  ...(figures.forecast === null
    ? []
    : [`it reaches ${figures.forecast.of} in about ${formatDuration(figures.forecast.seconds * 1e6)}`]),
  figures.end === null ? 'how it ended is not recorded' : escapeText(figures.end),
];

const growth = ({ estimate, low, high }: SeriesSummary['rssPerSecond']): string =>
  low === null || high === null
    ? 'growth is not known: there are too few readings'
    : `${formatBytesDelta(Math.round(estimate))}/s (95 %: ${formatBytesDelta(Math.round(low))} to ${formatBytesDelta(Math.round(high))})`;
