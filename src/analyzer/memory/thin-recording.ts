/**
 * Makes a recording smaller. In: its events, in order, and the bytes they may take. Out: fewer events. Of the older half
 * of the time, every two readings of a series become one, again and again until it fits: the newest time stays exact, and
 * older time gets coarser. Sums are added up, peaks are kept. When that is not enough, the oldest marks and the oldest
 * series that have ended go.
 */
import type { RecordedReading, RecordEvent } from '../model/recording.js';

export const thinRecording = (
  events: readonly RecordEvent[],
  mostBytes: number,
  bytesOf: (event: RecordEvent) => number,
): RecordEvent[] => {
  const isTooBig = (some: readonly RecordEvent[]): boolean =>
    some.reduce((sum, event) => sum + bytesOf(event), 0) > mostBytes;
  let thinned = [...events];
  for (let before = Infinity; isTooBig(thinned) && thinned.length < before;) {
    before = thinned.length;
    thinned = halveOlder(thinned);
  }
  for (let before = Infinity; isTooBig(thinned) && thinned.length < before;) {
    before = thinned.length;
    thinned = dropOldest(thinned);
  }
  return thinned;
};

const halveOlder = (events: readonly RecordEvent[]): RecordEvent[] => {
  const readings = events.filter((event) => event.kind === 'reading' || event.kind === 'parts');
  const borderMs = readings[readings.length >> 1]?.timeMs ?? 0;
  const waiting = new Map<string, RecordEvent>();
  const kept: RecordEvent[] = [];
  for (const event of events) {
    const isOld = (event.kind === 'reading' || event.kind === 'parts') && event.timeMs < borderMs;
    if (!isOld) {
      kept.push(event);
      continue;
    }
    const key = event.kind === 'parts' ? `parts ${event.pid}` : `reading ${event.series}`;
    const earlier = waiting.get(key);
    if (earlier === undefined) waiting.set(key, event);
    else {
      waiting.delete(key);
      kept.push(merge(earlier, event));
    }
  }
  return inOrder([...waiting.values(), ...kept]);
};

/** By time; a series' start comes before everything else of it. */
const inOrder = (events: readonly RecordEvent[]): RecordEvent[] => {
  const rank = ({ kind }: RecordEvent): number => (kind === 'start' ? 0 : kind === 'end' ? 2 : 1);
  return events.toSorted((a, b) => a.timeMs - b.timeMs || rank(a) - rank(b));
};

const merge = (earlier: RecordEvent, later: RecordEvent): RecordEvent =>
  earlier.kind !== 'reading' || later.kind !== 'reading' ? later : mergeReadings(earlier, later);

/** One reading in the place of two that follow one another. */
export const mergeReadings = (earlier: RecordedReading, later: RecordedReading): RecordedReading => {
  const most = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? (a ?? b) : Math.max(a, b);
  const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : a + b);
  const intervalUs = earlier.intervalUs + later.intervalUs;
  const turning = ({ loopUtilization, intervalUs }: RecordedReading): number => loopUtilization * intervalUs;
  return {
    ...later,
    intervalUs,
    cpuUs: earlier.cpuUs + later.cpuUs,
    delayP99Us: most(earlier.delayP99Us, later.delayP99Us),
    delayMaxUs: most(earlier.delayMaxUs, later.delayMaxUs),
    loopUtilization: (turning(earlier) + turning(later)) / Math.max(1, intervalUs),
    gcCount: sum(earlier.gcCount, later.gcCount),
    gcUs: sum(earlier.gcUs, later.gcUs),
    majorGcCount: sum(earlier.majorGcCount ?? null, later.majorGcCount ?? null),
    peakRssBytes: Math.max(peakRssOf(earlier), peakRssOf(later)),
    peakHeapUsedBytes: Math.max(peakHeapOf(earlier), peakHeapOf(later)),
  };
};

export const peakRssOf = ({ rssBytes, peakRssBytes }: RecordedReading): number => peakRssBytes ?? rssBytes;
export const peakHeapOf = ({ heapUsedBytes, peakHeapUsedBytes }: RecordedReading): number =>
  peakHeapUsedBytes ?? heapUsedBytes;

/** The older half of the marks, and of the series that have ended. */
const dropOldest = (events: readonly RecordEvent[]): RecordEvent[] => {
  const marks = events.filter(({ kind }) => kind === 'mark');
  const ends = events.flatMap((event) => (event.kind === 'end' ? [event.series] : []));
  const goneMarks = new Set<RecordEvent>(marks.slice(0, Math.ceil(marks.length / 2)));
  const goneSeries = new Set(ends.slice(0, Math.ceil(ends.length / 2)));
  return events.filter((event) =>
    event.kind === 'mark' ? !goneMarks.has(event) : event.kind === 'parts' || !goneSeries.has(event.series),
  );
};
