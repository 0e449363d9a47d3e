/** The Live tab: memory, CPU and event loop now and over time, and the limits that would kill the process. In: state. Out: lines. Pure. */
import type { GcReading, Reading } from '../../analyzer/model/reading.js';
import { formatBytes, formatCount, formatDuration, formatShare } from '../../report/units.js';
import { areaChart, niceMax, timeAxis, type Series } from './chart.js';
import { bodyHeight } from './layout.js';
import { limitLines, spanSeconds } from './live-limits.js';
import { emptyLine, fitLine, line, span, type Line, type Span, type Style } from './line.js';
import type { State } from '../state/state.js';
import { bar, sparkline } from './table.js';
import { padEnd, padStart, safe } from './text.js';

export const liveLines = (state: State): Line[] => {
  const last = state.readings.at(-1);
  if (last === undefined) return [emptyLine, line(span('  waiting for the first reading …', 'dim'))];
  const height = bodyHeight(state);
  const facts = [
    ...limitLines(state, last),
    ...nowLines(state, last),
    ...threadLines(state),
    ...markLines(state, last),
  ];
  const big = height >= 34;
  const charts = big ? [...cpuChart(state), ...delayChart(state)] : [];
  const spaces = spaceLines(state, last, Math.max(1, height - facts.length - charts.length - 11));
  const memoryHeight = Math.max(5, height - facts.length - charts.length - spaces.length - 2);
  return [...memoryChart(state, last, memoryHeight), ...facts, ...charts, ...spaces];
};

/** Two charts side by side, each with its own scale: a small heap in a large RSS would be a line at the bottom. */
const memoryChart = (state: State, last: Reading, height: number): Line[] => {
  const left = Math.ceil((state.columns - chartGap) / 2);
  const size = { readings: state.readings, height };
  return beside(
    heapChart(last, { ...size, width: left }),
    rssChart(last, { ...size, width: state.columns - chartGap - left }),
    left + chartGap,
  );
};

const chartGap = 2;

interface ChartSize {
  readonly readings: readonly Reading[];
  readonly width: number;
  readonly height: number;
}

const heapChart = ({ heap }: Reading, size: ChartSize): Line[] => {
  const values = size.readings.map((reading) => reading.heap.usedBytes);
  return [
    line(
      ...legend('█', 'heap', 'Heap', formatBytes(heap.usedBytes)),
      span(` of ${formatBytes(heap.totalBytes)}`, 'dim'),
    ),
    ...bytesChart([{ values, letter: '█', style: 'heap' }], size),
  ];
};

const rssChart = (last: Reading, size: ChartSize): Line[] => {
  const { heap, rssBytes } = last;
  const external = size.readings.map((reading) => reading.heap.externalBytes);
  const rss = size.readings.map((reading) => Math.max(reading.rssBytes, reading.heap.externalBytes));
  return [
    line(
      ...legend('░', 'rss', 'RSS', formatBytes(rssBytes)),
      ...legend('▒', 'external', 'external', formatBytes(heap.externalBytes)),
      ...(size.width < 60 ? [] : [span(` (buffers ${formatBytes(heap.arrayBuffersBytes)})`, 'dim')]),
    ),
    ...bytesChart(
      [
        { values: external, letter: '▒', style: 'external' },
        { values: rss, letter: '░', style: 'rss' },
      ],
      size,
    ),
  ];
};

/** The chart and its time axis. The last series is the highest. */
const bytesChart = (series: readonly Series[], { readings, width, height }: ChartSize): Line[] => {
  const max = niceMax(series.at(-1)?.values ?? [], 1024);
  return [
    ...areaChart(series, { width, height, max, format: formatBytes }),
    timeAxis(width, readings.length, spanSeconds(readings)),
  ];
};

/** The lines of the right start in that column. */
const beside = (left: readonly Line[], right: readonly Line[], column: number): Line[] =>
  left.map((one, row) => line(...fitLine(one, column).spans, ...(right[row]?.spans ?? [])));

const legend = (letter: string, style: Style, name: string, value: string): Span[] => [
  span(`  ${letter}`, style),
  span(` ${name} `),
  span(value, 'bold'),
];

const nowLines = (state: State, last: Reading): Line[] => {
  const wide = Math.max(10, state.columns - 62);
  const recent = state.readings.slice(-wide);
  const delay = last.loop.delay;
  const isRecorded = state.replay !== undefined;
  const delayText =
    delay === null
      ? `blocked: no timer ran${isRecorded ? '' : '; D shows where'}`
      : `${isRecorded ? '' : `mean ${formatDuration(delay.meanUs)}, `}p99 ${formatDuration(delay.p99Us)}, max ${formatDuration(delay.maxUs)}`;
  return [
    fact(
      'CPU',
      `${last.cpu.cores.toFixed(2)} cores, loop busy ${formatShare(last.loop.utilization)}`,
      'cpu',
      recent.map((one) => one.cpu.cores),
    ),
    fact(
      'Delay',
      delayText,
      'delay',
      recent.map((one) => one.loop.delay?.p99Us ?? null),
    ),
    fact('GC', gcText(last, isRecorded), 'heap', recent.map(gcTime)),
    line(span('Handles ', 'title'), span(handlesText(last, state.columns - 10))),
  ];
};

/** The other threads and processes; the one shown is marked. One line: T lists them all. */
const threadLines = ({ threads, thread }: State): Line[] => {
  if (threads.length < 2) return [];
  const names = threads.map(({ id, title }) => (id === thread ? `▸${safe(title)}` : ` ${safe(title)}`));
  return [line(span('Threads', 'title'), span(names.join('  ')), span('  (T: switch)', 'dim'))];
};

/** What a recording says of this moment: the last mark before it, and in the end how it ended. */
const markLines = ({ readings, replay }: State, { timeMs }: Reading): Line[] => {
  const mark = replay?.marks.findLast((one) => one.timeMs <= timeMs);
  const ago = mark === undefined ? '' : ` (${formatDuration((timeMs - mark.timeMs) * 1000)} before)`;
  return [
    ...(mark === undefined ? [] : [line(span(padEnd('Mark', 8), 'title'), span(safe(mark.text)), span(ago, 'dim'))]),
    ...(replay === undefined || readings.length < replay.readings.length
      ? []
      : [line(span(padEnd('End', 8), 'title'), span(safe(replay.end)))]),
  ];
};

const gcTime = (reading: Reading): number | null =>
  reading.gc === null ? null : reading.gc.reduce((sum, one) => sum + one.durationUs, 0);

/** A recording has only the sums of all kinds. */
const gcText = (last: Reading, isRecorded: boolean): string => {
  if (last.gc === null) return 'unknown while the loop is blocked';
  const share = `${formatShare((gcTime(last) ?? 0) / last.intervalUs)} of the time`;
  if (isRecorded) return share;
  const kinds = last.gc.map((one: GcReading) => `; ${one.count} ${one.kind} ${formatDuration(one.durationUs)}`);
  return share + kinds.join('');
};

const fact = (name: string, text: string, style: Style, figures: readonly (number | null)[]): Line =>
  line(span(padEnd(name, 8), 'title'), padEnd(text, 52), ' ', span(sparkline([0, ...figures]).slice(1), style));

const handlesText = (last: Reading, width: number): string => {
  const texts = last.handles.map((handle) => `${formatCount(handle.count)} ${safe(handle.type)}`);
  let text = texts[0] ?? 'none';
  for (const next of texts.slice(1)) {
    if (text.length + next.length + 2 > width) break;
    text += `, ${next}`;
  }
  return text;
};

const cpuChart = (state: State): Line[] => {
  const values = state.readings.map((reading) => reading.cpu.cores);
  const options = {
    width: state.columns,
    height: 6,
    max: niceMax([...values, 1], 10),
    format: (value: number) => value.toFixed(1),
  };
  return [line(span('CPU, cores in use', 'title')), ...areaChart([{ values, letter: '█', style: 'cpu' }], options)];
};

const delayChart = (state: State): Line[] => {
  const values = state.readings.map((reading) => reading.loop.delay?.p99Us ?? 0);
  const options = { width: state.columns, height: 5, max: niceMax([...values, 1000], 10), format: formatDuration };
  const chart = areaChart([{ values, letter: '█', style: 'delay' }], options);
  return [line(span('Event-loop delay, p99 of each second', 'title')), ...chart];
};

/** V8's spaces, the fullest first, in as many columns as there is room for. */
const spaceLines = (state: State, last: Reading, rows: number): Line[] => {
  const spaces = last.heap.spaces.filter((space) => space.totalBytes > 0).sort((a, b) => b.usedBytes - a.usedBytes);
  const width = 40;
  const perRow = Math.max(1, Math.floor(state.columns / width));
  const shown = spaces.slice(0, perRow * rows);
  const lines: Line[] = [];
  for (let at = 0; at < shown.length; at += perRow) {
    lines.push(line(...shown.slice(at, at + perRow).flatMap((space) => spaceSpans(space, last.heap.usedBytes))));
  }
  return lines;
};

const spaceSpans = (space: Reading['heap']['spaces'][number], used: number): Span[] => [
  span(
    padEnd(
      safe(space.name)
        .replace(/_space$/, '')
        .replaceAll('_', ' '),
      18,
    ),
    'dim',
  ),
  span(padStart(formatBytes(space.usedBytes), 9)),
  span(' '),
  span(padEnd(bar(space.usedBytes / used, 10), 12), 'heap'),
];
