/**
 * The charts of recordings. In: one recording, or several runs that are laid over each other. Out: panels: the memory stacked
 * by part with its limits, heaps, CPU, delay of the event loop, garbage collection, handles; for one process each, and for
 * all of them together.
 */
import { groupBy } from '../model/group-by.js';
import type { ChartGroup, ChartMark, Layer, Panel, PanelUnit, RecordingCharts } from '../model/panel.js';
import type { RecordedReading, RecordedSeries, Recording } from '../model/recording.js';
import { stackOf } from './recording-stack.js';
import { peakHeapOf, peakRssOf } from './thin-recording.js';
import { computeGrid, onGrid, timesOf, type TimeGrid } from './time-grid.js';

export interface Run {
  readonly name: string;
  readonly recording: Recording;
}

export const computeCharts = (runs: readonly Run[]): RecordingCharts => {
  const [first] = runs;
  if (first === undefined) return { isRelative: false, groups: [], marks: [] };
  if (runs.length > 1) return overlay(runs);
  const { series, marks, header } = first.recording;
  const grid = computeGrid(series, header.intervalMs);
  const processes = processesOf(series);
  const read = readSeries(series);
  const groups = processes.map((threads) => ({
    ...processGroup(threads, grid),
    members: threads.map((one) => read.indexOf(one)),
  }));
  const all = { ...allGroup(processes, grid), members: groups.flatMap(({ members }) => members.slice(0, 1)) };
  return {
    isRelative: false,
    groups: processes.length > 1 ? [all, ...groups] : groups,
    marks: marks.map(({ timeMs, text }) => ({ seconds: timeMs / 1000, text })),
  };
};

const readSeries = (series: readonly RecordedSeries[]): RecordedSeries[] =>
  series.filter(({ readings }) => readings.length > 0);

/** Of each process its threads, the main thread first. Series without readings are left out. */
const processesOf = (series: readonly RecordedSeries[]): RecordedSeries[][] => [
  ...groupBy(readSeries(series), ({ start }) =>
    start.pid === null ? `series ${start.series}` : `${start.pid}`,
  ).values(),
];

const processName = ({ start }: RecordedSeries): string =>
  `${start.script === '' ? 'process' : start.script} (${start.pid ?? 'remote'})`;

type Drawn = Omit<ChartGroup, 'members'>;

const processGroup = (threads: readonly RecordedSeries[], grid: TimeGrid): Drawn => {
  const [main] = threads;
  if (main === undefined) return { title: '', panels: [] };
  const times = timesOf(grid);
  const perThread = (valueOf: Value, kind: Layer['kind'] = 'line'): Layer[] =>
    threads.map(({ start, readings }) => ({ name: start.thread, kind, values: onGrid(grid, readings, valueOf) }));
  const line = (name: string, valueOf: Value): Layer => ({ name, kind: 'line', values: onGrid(grid, main.readings, valueOf) }); // prettier-ignore
  const rss = line('RSS', peakRssOf);
  const last = main.readings.at(-1);
  return {
    title: processName(main),
    panels: [
      ...panel(
        'Memory by part',
        'bytes',
        times,
        [...stackOf(main, grid).map((one) => where(one, rss)), rss],
        memoryLimits(last),
      ),
      ...panel('Used heap', 'bytes', times, perThread(peakHeapOf), heapLimits(last)),
      ...panel('CPU, cores', 'share', times, [line('CPU', coresOf)]),
      ...panel('Delay of the event loop', 'microseconds', times, [
        ...perThread(({ delayMaxUs }) => delayMaxUs).map((one) => ({ ...one, name: `${one.name}, longest` })),
        ...perThread(({ delayP99Us }) => delayP99Us).map((one) => ({ ...one, name: `${one.name}, p99` })),
      ]),
      ...panel('Garbage collection, share of the time', 'share', times, perThread(gcShareOf)),
      ...panel('Open files, threads, handles', 'count', times, [
        line('open files', ({ fileDescriptors }) => fileDescriptors),
        line('threads', (one) => one.threads),
        line('handles', ({ handles }) => handles),
      ]),
    ],
  };
};

/** Parts are read less often, and are not shown where the process gave no readings. */
const where = (layer: Layer, { values: read }: Layer): Layer => ({
  ...layer,
  values: layer.values.map((value, at) => (read[at] === null ? null : value)),
});

type Value = (reading: RecordedReading) => number | null;

const coresOf: Value = ({ cpuUs, intervalUs }) => cpuUs / Math.max(1, intervalUs);
/** A collection may be reported after the interval in which it ended. */
const gcShareOf: Value = ({ gcUs, intervalUs }) => (gcUs === null ? null : Math.min(1, gcUs / Math.max(1, intervalUs)));

/** Layers without any value are left out, and panels without any layer: the system did not say. */
const panel = (
  title: string,
  unit: PanelUnit,
  times: readonly number[],
  layers: readonly Layer[],
  limits: Panel['limits'] = [],
): Panel[] => {
  const read = layers.filter(({ values }) => values.some((one) => one !== null));
  return read.length === 0 ? [] : [{ title, unit, times, layers: read, limits }];
};

const memoryLimits = (last: RecordedReading | undefined): Panel['limits'] =>
  last?.cgroupLimitBytes == null ? [] : [{ name: 'limit of the cgroup', value: last.cgroupLimitBytes }];

const heapLimits = (last: RecordedReading | undefined): Panel['limits'] =>
  last === undefined ? [] : [{ name: "V8's heap limit", value: last.heapLimitBytes }];

/** Of each process: what shows at a glance which one differs. */
const comparisons: readonly (readonly [title: string, unit: PanelUnit, value: Value])[] = [
  ['RSS', 'bytes', peakRssOf],
  ['Used heap', 'bytes', peakHeapOf],
  ['CPU, cores', 'share', coresOf],
  ['Delay of the event loop, p99', 'microseconds', ({ delayP99Us }) => delayP99Us],
  ['Garbage collection, share of the time', 'share', gcShareOf],
];

const allGroup = (processes: readonly RecordedSeries[][], grid: TimeGrid): Drawn => {
  const mains = processes.flatMap(([main]) => (main === undefined ? [] : [main]));
  const layers = (valueOf: Value, kind: Layer['kind']): Layer[] =>
    mains.map((one) => ({ name: processName(one), kind, values: onGrid(grid, one.readings, valueOf) }));
  const times = timesOf(grid);
  return {
    title: `All ${mains.length} processes`,
    panels: comparisons.flatMap(([title, unit, valueOf], at) =>
      at === 0
        ? panel('RSS, summed', unit, times, layers(valueOf, 'area'))
        : panel(title, unit, times, layers(valueOf, 'line')),
    ),
  };
};

/** One group: each process of each run as a line, from the start of its run. */
const overlay = (runs: readonly Run[]): RecordingCharts => {
  const shifted = runs.map(({ name, recording }) => ({ name, recording: fromStart(recording) }));
  const series = shifted.flatMap(({ recording }) => recording.series);
  const grid = computeGrid(series, Math.min(...runs.map(({ recording }) => recording.header.intervalMs)));
  const mains = shifted.flatMap(({ name, recording }) =>
    processesOf(recording.series).flatMap(([main], _, all) =>
      main === undefined ? [] : [{ name: all.length === 1 ? name : `${name}: ${processName(main)}`, main }],
    ),
  );
  const panels = comparisons.flatMap(([title, unit, valueOf]) => {
    const layers = mains.map(({ name, main }): Layer => ({ name, kind: 'line', values: onGrid(grid, main.readings, valueOf) })); // prettier-ignore
    return panel(title, unit, timesOf(grid), layers);
  });
  const marks = shifted.flatMap(({ name, recording }) =>
    recording.marks.map(({ timeMs, text }): ChartMark => ({ seconds: timeMs / 1000, text: `${name}: ${text}` })),
  );
  const read = shifted.flatMap(({ recording }) => readSeries(recording.series));
  const members = mains.map(({ main }) => read.indexOf(main));
  return { isRelative: true, groups: [{ title: `${runs.length} runs`, panels, members }], marks };
};

const fromStart = (recording: Recording): Recording => {
  const startMs = Math.min(...recording.series.flatMap(({ readings }) => readings[0]?.timeMs ?? []));
  const earlier = <T extends { readonly timeMs: number }>(one: T): T => ({ ...one, timeMs: one.timeMs - startMs });
  return {
    ...recording,
    series: recording.series.map((one) => ({ ...one, readings: one.readings.map(earlier) })),
    marks: recording.marks.map(earlier),
  };
};
