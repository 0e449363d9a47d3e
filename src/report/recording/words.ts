/** What a recording says in words: peaks, growth with its uncertainty, the time to the limit, how it ended. */
import type { RecordingSummary, SeriesSummary } from '../../analyzer/model/recording.js';
import { forecastLines } from '../memory-text.js';
import { formatBytes, formatBytesDelta, formatDuration, formatShare, formatThings } from '../units.js';

/** The conclusion in one line: the limit that is reached first, or the highest peak. */
export const headlineOf = (runs: readonly RecordingSummary[]): string => {
  const series = runs.flatMap((run) => run.series);
  const peak = series.toSorted((a, b) => b.peakRssBytes - a.peakRssBytes)[0];
  if (peak === undefined) return 'Nothing was read';
  const [soonest] = series.flatMap(({ forecast, script }) => (forecast === null ? [] : [{ ...forecast, script }])).toSorted((a, b) => a.seconds - b.seconds); // prettier-ignore
  const time = soonest === undefined ? '' : `; ${soonest.script} reaches ${soonest.of} in about ${formatDuration(soonest.seconds * 1e6)}`; // prettier-ignore
  return `Peak RSS ${formatBytes(peak.peakRssBytes)}, of ${peak.script === '' ? 'a process' : peak.script}${time}`;
};

/** A process with its threads, and nothing else. */
export const isOneProcess = ([first, ...others]: readonly SeriesSummary[]): boolean =>
  first !== undefined &&
  others.every(({ pid, thread }) => pid === first.pid && pid !== null && thread !== 'main thread');

/** Of a process: its main thread, then what differs in its workers. Raw text: a caller that prints it escapes it. */
export const processWords = ([main, ...workers]: readonly SeriesSummary[]): string[] =>
  main === undefined ? [] : [...wordsOf(main), ...workers.map((one) => `${one.thread}: ${workerWords(one)}`)];

/** RSS and CPU are those of the whole process, and are said of its main thread. */
export const wordsOf = (figures: SeriesSummary): string[] => [
  `Node.js ${figures.nodeVersion}: ${formatThings(figures.readings, 'reading')} in ${formatDuration(figures.durationUs)}; peak RSS ${formatBytes(figures.peakRssBytes)}, peak used heap ${formatBytes(figures.peakHeapUsedBytes)}`,
  `RSS ${growth(figures.rssPerSecond)}; heap ${heapGrowth(figures)}`,
  `CPU time ${formatDuration(figures.cpuUs)}${ofTime(figures.cpuUs, figures)}, garbage collection ${formatDuration(figures.gcUs)}, longest delay of the event loop ${formatDuration(figures.longestDelayUs)}`,
  ...limitLines(figures),
  endWords(figures.end),
];

export const workerWords = (figures: SeriesSummary): string =>
  `${formatThings(figures.readings, 'reading')}, peak used heap ${formatBytes(figures.peakHeapUsedBytes)}, which ${heapGrowth(figures)}; longest delay ${formatDuration(figures.longestDelayUs)}; ${endWords(figures.end)}`;

/** null: memwatch was killed before it ended. */
export const endWords = (end: string | null): string => end ?? 'how it ended is not recorded';

const ofTime = (us: number, { durationUs }: SeriesSummary): string =>
  durationUs === 0 ? '' : ` (${formatShare(us / durationUs)} of a core)`;

const limitLines = ({ forecast, limits, isCollected }: SeriesSummary): string[] => {
  if (forecast !== null) return forecastLines(forecast);
  const list = limits.map(({ of, usedBytes, limitBytes }) => `${of} ${formatShare(usedBytes / limitBytes)} of ${formatBytes(limitBytes)}`); // prettier-ignore
  return list.length === 0
    ? []
    : [
        `${isCollected ? 'no growth towards a limit is proved' : 'too short to forecast a limit'}; at the end: ${list.join(', ')}`,
      ];
};

const heapGrowth = ({ isCollected, heapPerSecond }: SeriesSummary): string =>
  isCollected ? growth(heapPerSecond) : 'was never collected as a whole: too short to tell its growth';

/** By the hour: most leaks that are worth a recording are slow. */
const growth = ({ estimate, low, high }: SeriesSummary['rssPerSecond']): string => {
  if (low === null || high === null) return 'has too few readings to know its growth';
  const [likely, least, most] = [estimate, low, high].map((one) => formatBytesDelta(Math.round(one * 3600)));
  const verdict = low > 0 ? 'grows' : high < 0 ? 'shrinks' : 'is not proved to grow';
  return `${verdict}: ${likely}/h (95 %: ${least} to ${most})`;
};
