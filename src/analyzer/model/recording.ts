/**
 * A recording: readings of processes over time. On disk it is NDJSON: a header, then one event a line. Levels (bytes,
 * counts) are as of the reading; what happened (CPU, garbage collection) is summed over the time since the one before.
 */
import type { MemoryForecast, MemoryLimit, MemoryOwner, MemoryPressure } from './memory.js';

export interface RecordHeader {
  readonly schema: 'memwatch/record@1';
  readonly startedMs: number;
  readonly intervalMs: number;
}

export const beginsAsRecording = (text: string): boolean =>
  /^\s*\{\s*"schema"\s*:\s*"memwatch\/record@/.test(text.slice(0, 200));

/** One thread of one process begins to be recorded; `series` is its number in this file. */
export interface RecordedStart {
  readonly kind: 'start';
  readonly series: number;
  readonly timeMs: number;
  /** null if it is not a process of this machine. */
  readonly pid: number | null;
  /** `main thread`, `worker 2 (resizer)`. */
  readonly thread: string;
  readonly script: string;
  readonly nodeVersion: string;
}

export interface RecordedReading {
  readonly kind: 'reading';
  readonly series: number;
  readonly timeMs: number;
  /** What the sums of this reading cover. */
  readonly intervalUs: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly heapLimitBytes: number;
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  readonly cgroupUsedBytes: number | null;
  readonly cgroupLimitBytes: number | null;
  /** Of the whole process. */
  readonly cpuUs: number;
  /** null if the event loop did not turn. */
  readonly delayP99Us: number | null;
  readonly delayMaxUs: number | null;
  readonly loopUtilization: number;
  /** null if it could not be counted. */
  readonly gcCount: number | null;
  readonly gcUs: number | null;
  /** Collections of the whole heap; missing where they are not counted apart: in older recordings, and by the agent inside. */
  readonly majorGcCount?: number | null | undefined;
  readonly handles: number;
  readonly fileDescriptors: number | null;
  readonly threads: number | null;
  /** If readings were thinned out: the highest of those that this one replaces. */
  readonly peakRssBytes?: number | undefined;
  readonly peakHeapUsedBytes?: number | undefined;
}

/** Whose the resident memory of the whole process is; read less often, because the kernel must look at every page. */
export interface RecordedParts {
  readonly kind: 'parts';
  readonly pid: number;
  readonly timeMs: number;
  readonly parts: readonly { readonly owner: MemoryOwner; readonly rssBytes: number }[];
  readonly limits: readonly MemoryLimit[];
  /** null, or missing in an older recording, if the kernel does not say. */
  readonly pressure?: MemoryPressure | null;
  readonly oomKills?: number | null;
}

/** Something that happened at a known time: a deploy, a phase of a test, what memwatch itself did. */
export interface RecordedMark {
  readonly kind: 'mark';
  readonly timeMs: number;
  readonly text: string;
}

export interface RecordedEnd {
  readonly kind: 'end';
  readonly series: number;
  readonly timeMs: number;
  /** In words: how it ended, or that only the recording did. */
  readonly how: string;
}

export type RecordEvent = RecordedStart | RecordedReading | RecordedParts | RecordedMark | RecordedEnd;

export interface RecordedSeries {
  readonly start: RecordedStart;
  readonly readings: readonly RecordedReading[];
  /** Of its process. */
  readonly parts: readonly RecordedParts[];
  /** null if the recording does not say: memwatch was killed. */
  readonly end: RecordedEnd | null;
}

export interface Recording {
  readonly header: RecordHeader;
  readonly series: readonly RecordedSeries[];
  readonly marks: readonly RecordedMark[];
  /** The last line was cut off: memwatch or the machine ended while it was written. */
  readonly cutOff: boolean;
}

/** `memwatch/recording@1`: what a recording says in figures. */
export interface RecordingSummary {
  readonly schema: 'memwatch/recording@1';
  readonly file: string;
  readonly startedMs: number;
  readonly intervalMs: number;
  readonly series: readonly SeriesSummary[];
  readonly marks: readonly { readonly timeMs: number; readonly text: string }[];
  /** Of three processes or more: the one whose figure is far from the others'. */
  readonly differences: readonly ProcessDifference[];
  readonly cutOff: boolean;
}

export interface ProcessDifference {
  /** Its place in `series`. */
  readonly series: number;
  readonly of: 'peak RSS' | 'growth of the heap' | 'CPU time' | 'longest delay';
  /** Bytes, bytes a second, or microseconds. */
  readonly value: number;
  /** The median of all. */
  readonly usual: number;
}

export interface SeriesSummary {
  readonly pid: number | null;
  readonly thread: string;
  readonly script: string;
  readonly nodeVersion: string;
  readonly readings: number;
  readonly durationUs: number;
  readonly cpuUs: number;
  readonly gcUs: number;
  readonly peakRssBytes: number;
  readonly peakHeapUsedBytes: number;
  readonly longestDelayUs: number;
  /** Bytes a second, with the bounds between which the true figure lies with 95 %; null: too few readings for bounds. */
  readonly rssPerSecond: { readonly estimate: number; readonly low: number | null; readonly high: number | null };
  readonly heapPerSecond: { readonly estimate: number; readonly low: number | null; readonly high: number | null };
  readonly forecast: MemoryForecast | null;
  /** False: V8 never collected the whole heap, so what it gained may be garbage, and nothing is forecast. */
  readonly isCollected: boolean;
  /** Those of its process that are used most, at the end. */
  readonly limits: readonly MemoryLimit[];
  /** null: the recording does not say. */
  readonly end: string | null;
  /** For charts: the highest readings of up to 400 stretches of equal length. */
  readonly history: readonly { readonly timeMs: number; readonly rssBytes: number; readonly heapUsedBytes: number }[];
}
