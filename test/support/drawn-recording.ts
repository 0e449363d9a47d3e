/** Recordings that state what they hold: a sawtooth of garbage over a heap that grows, and marks. */
import type { RecordedReading, RecordEvent, RecordHeader } from '#memwatch/analyzer/model/recording.js';

export const mb = 2 ** 20;

export interface DrawnProcess {
  readonly pid: number;
  readonly script?: string;
  /** Growth of the heap. */
  readonly bytesPerSecond?: number;
  /** Seconds of which there are no readings: from, to. */
  readonly silent?: readonly [number, number];
  readonly workers?: readonly string[];
  readonly withParts?: boolean;
}

const startMs = Date.UTC(2026, 10, 29, 6);

const readingAt = (series: number, second: number, bytesPerSecond: number): RecordedReading => {
  const heap = 40 * mb + (second % 5) * mb + second * bytesPerSecond;
  return {
    kind: 'reading',
    series,
    timeMs: startMs + second * 1000,
    intervalUs: 1e6,
    rssBytes: heap + 60 * mb,
    heapUsedBytes: heap,
    heapTotalBytes: heap + 10 * mb,
    heapLimitBytes: 256 * mb,
    externalBytes: 5 * mb,
    arrayBuffersBytes: mb,
    cgroupUsedBytes: heap + 70 * mb,
    cgroupLimitBytes: 300 * mb,
    cpuUs: 250_000,
    delayP99Us: 1500,
    delayMaxUs: second === 7 ? 90_000 : 2000,
    loopUtilization: 0.25,
    gcCount: 1,
    gcUs: 4000,
    handles: 3,
    fileDescriptors: 20,
    threads: 11,
  };
};

/** The file of a recording of so many seconds, a reading each second. */
export const drawRecording = (
  processes: readonly DrawnProcess[],
  seconds: number,
  marks: readonly string[] = [],
): Buffer => {
  const header: RecordHeader = { schema: 'memwatch/record@1', startedMs: startMs, intervalMs: 1000 };
  let series = 0;
  const events = processes.flatMap((one): RecordEvent[] => {
    const { pid, script = 'server.js', silent, workers = [], withParts = false } = one;
    return ['main thread', ...workers].flatMap((thread): RecordEvent[] => {
      const number = ++series;
      const all = Array.from({ length: seconds }, (_, second) => readingAt(number, second, one.bytesPerSecond ?? 0));
      const readings = all.filter((_, at) => silent === undefined || at < silent[0] || at >= silent[1]);
      const parts = readings.filter((_, at) => withParts && thread === 'main thread' && at % 4 === 0).map(({ timeMs, heapTotalBytes, rssBytes }): RecordEvent => ({
        kind: 'parts',
        pid,
        timeMs,
        parts: [{ owner: 'V8 heap', rssBytes: heapTotalBytes }, { owner: 'mapped files', rssBytes: rssBytes - heapTotalBytes }],
        limits: [{ of: 'the cgroup /app', kind: 'cgroup', limitBytes: 300 * mb, usedBytes: rssBytes }],
      }));
      return [
        { kind: 'start', series: number, timeMs: startMs, pid, thread, script, nodeVersion: 'v22.1.0' },
        ...readings,
        ...parts,
        { kind: 'end', series: number, timeMs: startMs + seconds * 1000, how: 'the recording was stopped' },
      ];
    });
  }); // prettier-ignore
  const set = marks.map((text, at): RecordEvent => ({ kind: 'mark', timeMs: startMs + (at + 1) * 2000, text }));
  return Buffer.from([header, ...events, ...set].map((one) => `${JSON.stringify(one)}\n`).join(''));
};
