/**
 * Reads recordings. The bytes: NDJSON, plain while the recording runs, gzip when it is finished. Line 1 is
 * `{"schema":"memwatch/record@1",…}`; every other line is one event with its `kind`. A last line without its newline was
 * cut off and is left out. In: bytes. Out: a Recording. Throws `not-this-format`, `broken-file` with the line's number.
 */
import { MemwatchError, messageOf } from '../../../errors.js';
import type { MemoryLimit, MemoryPressure } from '../../model/memory.js';
import {
  beginsAsRecording,
  type RecordedEnd,
  type RecordedMark,
  type RecordedParts,
  type RecordedReading,
  type RecordedSeries,
  type RecordedStart,
  type RecordEvent,
  type RecordHeader,
  type Recording,
} from '../../model/recording.js';
import { memoryOwners } from '../../model/memory.js';
import { openContent } from '../file-content.js';
import { list, nullOr, number, oneOf, optional, record, text, type Shape } from '../shape.js';

const header = record<RecordHeader>({ schema: oneOf('memwatch/record@1'), startedMs: number, intervalMs: number });

const start = record<RecordedStart>({
  kind: oneOf('start'),
  series: number,
  timeMs: number,
  pid: nullOr(number),
  thread: text,
  script: text,
  nodeVersion: text,
});

const reading = record<RecordedReading>({
  kind: oneOf('reading'),
  series: number,
  timeMs: number,
  intervalUs: number,
  rssBytes: number,
  heapUsedBytes: number,
  heapTotalBytes: number,
  heapLimitBytes: number,
  externalBytes: number,
  arrayBuffersBytes: number,
  cgroupUsedBytes: nullOr(number),
  cgroupLimitBytes: nullOr(number),
  cpuUs: number,
  delayP99Us: nullOr(number),
  delayMaxUs: nullOr(number),
  loopUtilization: number,
  gcCount: nullOr(number),
  gcUs: nullOr(number),
  majorGcCount: optional(nullOr(number)),
  handles: number,
  fileDescriptors: nullOr(number),
  threads: nullOr(number),
  peakRssBytes: optional(number),
  peakHeapUsedBytes: optional(number),
});

const limit = record<MemoryLimit>({
  of: text,
  kind: oneOf('heap', 'cgroup', 'cgroup-high', 'swap', 'ulimit', 'host'),
  limitBytes: number,
  usedBytes: number,
});

const parts = record<RecordedParts>({
  kind: oneOf('parts'),
  pid: number,
  timeMs: number,
  parts: list(record({ owner: oneOf(...memoryOwners), rssBytes: number })),
  limits: list(limit),
  pressure: optional(
    nullOr(
      record<MemoryPressure>({
        of: oneOf('its cgroup', 'the host'),
        some10s: number,
        some60s: number,
        full10s: number,
      }),
    ),
  ),
  oomKills: optional(nullOr(number)),
});

const shapes: { readonly [Kind in RecordEvent['kind']]: Shape<RecordEvent> } = {
  start,
  reading,
  parts,
  mark: record<RecordedMark>({ kind: oneOf('mark'), timeMs: number, text }),
  end: record<RecordedEnd>({ kind: oneOf('end'), series: number, timeMs: number, how: text }),
};
const kind = record({ kind: oneOf('start', 'reading', 'parts', 'mark', 'end') });

export interface RecordLines {
  readonly header: RecordHeader;
  readonly events: readonly RecordEvent[];
  readonly cutOff: boolean;
}

/** The lines as they stand in the file. `name` is for messages. */
export const readRecordLines = (bytes: Uint8Array, name: string): RecordLines => {
  const content = openContent(bytes).text ?? '';
  if (!beginsAsRecording(content))
    throw new MemwatchError('not-this-format', `${name} is not a recording`, {
      hint: 'memwatch record 1234 -o FILE creates one',
    });
  const lines = content.split('\n');
  const cutOff = lines.pop() !== '';
  const [first = '', ...rest] = lines;
  return {
    header: readLine(first, 1, name, header),
    events: rest.map((line, at) => readLine(line, at + 2, name, event)),
    cutOff,
  };
};

const event: Shape<RecordEvent> = (value, at) => shapes[kind(value, at).kind](value, at);

const readLine = <T>(line: string, number: number, name: string, shape: Shape<T>): T => {
  try {
    return shape(JSON.parse(line), '');
  } catch (cause) {
    throw new MemwatchError('broken-file', `${name} is broken in line ${number}: ${messageOf(cause)}`, { cause });
  }
};

export const readRecording = (bytes: Uint8Array, name: string): Recording => {
  const { header, events, cutOff } = readRecordLines(bytes, name);
  return { header, series: seriesOf(events), marks: events.filter((one) => one.kind === 'mark'), cutOff };
};

const seriesOf = (events: readonly RecordEvent[]): RecordedSeries[] => {
  interface Open {
    start: RecordedStart;
    readings: RecordedReading[];
    parts: RecordedParts[];
    end: RecordedEnd | null;
  }
  const open = new Map<number, Open>();
  for (const one of events) {
    if (one.kind === 'start') open.set(one.series, { start: one, readings: [], parts: [], end: null });
    if (one.kind === 'reading') open.get(one.series)?.readings.push(one);
    if (one.kind === 'parts') for (const { start, parts } of open.values()) if (start.pid === one.pid) parts.push(one);
    const ended = one.kind === 'end' ? open.get(one.series) : undefined;
    if (one.kind === 'end' && ended !== undefined) ended.end = one;
  }
  return [...open.values()];
};
