/** The Provider of a recording: `memwatch view day.record`. In: the recording. Out: each of its threads, to be replayed. */
import { basename } from 'node:path';
import { readRecording } from '../../analyzer/formats/documents/recording.js';
import { mergeReadings } from '../../analyzer/memory/thin-recording.js';
import type { Reading } from '../../analyzer/model/reading.js';
import type { RecordedReading, RecordedSeries, Recording } from '../../analyzer/model/recording.js';
import { MemwatchError } from '../../errors.js';
import { endWords } from '../../report/recording/words.js';
import type { ProviderEvent, Replay } from '../../tui/state/provider.js';
import { keptReadings } from '../../tui/state/state.js';
import { readCaptureBytes } from '../capture-file.js';
import { FileProvider } from './file-provider.js';

/** Throws `not-found` if nothing was read, and what readRecording throws. */
export const openRecording = async (file: string): Promise<RecordingProvider> =>
  new RecordingProvider(file, readRecording(await readCaptureBytes(file), file));

export class RecordingProvider extends FileProvider {
  private readonly series: readonly RecordedSeries[];

  /** Throws `not-found` if nothing was read. */
  constructor(
    file: string,
    private readonly recording: Recording,
  ) {
    super([file]);
    this.series = recording.series.filter(({ readings }) => readings.length > 0);
    if (this.series.length === 0) throw new MemwatchError('not-found', `${file} has no readings`);
  }

  /** It has been read. */
  override async checkFiles(): Promise<void> {}

  override start(emit: (event: ProviderEvent) => void): void {
    this.emit = emit;
    emit({ type: 'threads', threads: this.series.map(({ start }, at) => ({ id: String(at), title: titleOf(start) })) });
    void this.chooseThread('0');
  }

  override async chooseThread(id: string): Promise<void> {
    const series = this.series[Number(id)];
    if (series === undefined) return;
    const file = basename(this.title);
    this.emit({ type: 'target', title: `${file} ${series.start.script} ${series.start.nodeVersion}`, thread: id });
    this.emit({ type: 'replay', replay: replayOf(series, this.recording) });
  }
}

const titleOf = ({ pid, script, thread }: RecordedSeries['start']): string =>
  [pid ?? '', basename(script), thread === 'main thread' ? '' : thread].filter((word) => word !== '').join(' ');

const replayOf = ({ readings, parts, end }: RecordedSeries, { marks }: Recording): Replay => ({
  readings: shortened(readings).map(asReading),
  memory: parts.map((one) => ({ ...one, pressure: one.pressure ?? null, oomKills: one.oomKills ?? null })),
  marks,
  end: endWords(end?.how ?? null),
});

/** As many as the screen takes. */
const shortened = (readings: readonly RecordedReading[]): readonly RecordedReading[] => {
  let shorter = readings;
  while (shorter.length > keptReadings) {
    const longer = shorter;
    shorter = longer.flatMap((one, at) => (at % 2 === 1 ? [] : mergeNext(one, longer[at + 1])));
  }
  return shorter;
};

const mergeNext = (one: RecordedReading, next: RecordedReading | undefined): RecordedReading =>
  next === undefined ? one : mergeReadings(one, next);

/**
 * What a recording does not have is not shown: V8's spaces, the mean delay, the kinds of collections, the uptime. Of
 * collections those of the whole heap are counted, after which the heap's floor shows what stays.
 */
const asReading = (one: RecordedReading): Reading => ({
  schema: 'memwatch/reading@1',
  timeMs: one.timeMs,
  intervalUs: one.intervalUs,
  uptimeSeconds: Number.NaN,
  rssBytes: one.rssBytes,
  heap: {
    usedBytes: one.heapUsedBytes,
    totalBytes: one.heapTotalBytes,
    limitBytes: one.heapLimitBytes,
    externalBytes: one.externalBytes,
    arrayBuffersBytes: one.arrayBuffersBytes,
    spaces: [],
    nativeContexts: 0,
    detachedContexts: 0,
  },
  cgroup:
    one.cgroupUsedBytes === null || one.cgroupLimitBytes === null
      ? null
      : { usedBytes: one.cgroupUsedBytes, limitBytes: one.cgroupLimitBytes },
  cpu: { userUs: one.cpuUs, systemUs: 0, cores: one.cpuUs / Math.max(1, one.intervalUs) },
  loop: {
    delay:
      one.delayP99Us === null || one.delayMaxUs === null
        ? null
        : { meanUs: Number.NaN, p99Us: one.delayP99Us, maxUs: one.delayMaxUs },
    utilization: one.loopUtilization,
  },
  gc:
    one.gcCount === null || one.gcUs === null
      ? null
      : [{ kind: 'major', count: one.majorGcCount ?? one.gcCount, durationUs: one.gcUs }],
  handles: [
    { type: 'handles', count: one.handles },
    ...(one.fileDescriptors === null ? [] : [{ type: 'file descriptors', count: one.fileDescriptors }]),
    ...(one.threads === null ? [] : [{ type: 'threads', count: one.threads }]),
  ],
});
