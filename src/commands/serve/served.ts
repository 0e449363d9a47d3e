/**
 * The processes that `memwatch serve` reads. In: what was named on the command line, looked for again and again, so that a
 * service that restarts is found under its name. Out: for each process its last reading, and sums since it was attached to.
 */
import type { Attachment } from '../../agent/attach/attach.js';
import { listCandidates } from '../../agent/attach/candidates.js';
import type { Target } from '../../agent/attach/target.js';
import { watchReadings } from '../../agent/capture/readings.js';
import { readProcessCounts, type ProcessCounts } from '../../agent/process/counts.js';
import type { Point } from '../../analyzer/growth/readings/slope.js';
import { collectsWholeHeap, computeGrowth } from '../../analyzer/memory/forecast.js';
import type { Slope } from '../../analyzer/model/bounds.js';
import type { GcReading, Reading } from '../../analyzer/model/reading.js';
import { MemwatchError } from '../../errors.js';
import { followProcesses, leaveFollowed, type Finder } from '../follow.js';
import type { Io } from '../io.js';

export interface ServedProcess {
  readonly attachment: Attachment;
  readonly labels: Readonly<Record<string, string>>;
  readonly nodeVersion: string;
  /** undefined until the first came. */
  readonly last: Reading | undefined;
  readonly counts: ProcessCounts | undefined;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly gc: ReadonlyMap<GcReading['kind'], { readonly count: number; readonly durationUs: number }>;
  /** Bytes a second by which the used heap grows; without bounds until V8 has collected the whole heap. */
  growth(): Slope;
}

export interface ServedProcesses {
  list(): readonly ServedProcess[];
  /** Detaches from all. */
  stop(): Promise<void>;
}

const readEveryMs = 5000;

/** Throws what followProcesses throws. */
export const serveProcesses = async (finder: Finder, io: Io): Promise<ServedProcesses> => {
  const served = new Set<Served>();
  const serve = async (attachment: Attachment, _: Target, signal: AbortSignal): Promise<void> => {
    const one = new Served(attachment);
    served.add(one);
    await one.read(signal, io).finally(() => served.delete(one));
  };
  const stop = await followProcesses(finder, serve, 'served', io);
  return { list: () => [...served], stop };
};

/** Half an hour: growth is that of the last readings. */
const mostPoints = 360;

class Served implements ServedProcess {
  last: Reading | undefined;
  counts: ProcessCounts | undefined;
  userSeconds = 0;
  systemSeconds = 0;
  readonly gc = new Map<GcReading['kind'], { count: number; durationUs: number }>();
  readonly labels: Readonly<Record<string, string>>;
  readonly nodeVersion: string;
  private readonly heapPoints: Point[] = [];
  /** Those up to the last collection of the whole heap. */
  private collectedPoints: readonly Point[] = [];

  constructor(readonly attachment: Attachment) {
    const { pid, port } = attachment;
    const script = listCandidates().find((one) => one.pid === pid)?.script ?? '';
    this.labels = { pid: pid === undefined ? `port ${port}` : String(pid), script };
    this.nodeVersion = attachment.nodeVersion;
  }

  /** Until the process ends or the signal is aborted; then it is detached from. */
  async read(signal: AbortSignal, io: Io): Promise<void> {
    const { attachment } = this;
    try {
      await attachment.runIfWaiting();
      for await (const reading of watchReadings(attachment, { intervalMs: readEveryMs, signal })) this.take(reading);
    } catch (error) {
      if (!signal.aborted && !(error instanceof MemwatchError)) throw error;
    } finally {
      await leaveFollowed(attachment, `process ${this.labels['pid']}`, 'served', signal, io);
    }
  }

  growth(): Slope {
    return computeGrowth(this.collectedPoints);
  }

  private take(reading: Reading): void {
    const { pid } = this.attachment;
    this.last = reading;
    this.counts = pid === undefined ? undefined : readProcessCounts(pid);
    this.userSeconds += reading.cpu.userUs / 1e6;
    this.systemSeconds += reading.cpu.systemUs / 1e6;
    for (const { kind, count, durationUs } of reading.gc ?? []) {
      const before = this.gc.get(kind) ?? { count: 0, durationUs: 0 };
      this.gc.set(kind, { count: before.count + count, durationUs: before.durationUs + durationUs });
    }
    this.heapPoints.push({ x: reading.timeMs / 1000, y: reading.heap.usedBytes });
    if (this.heapPoints.length > mostPoints) this.heapPoints.shift();
    if (collectsWholeHeap(reading)) this.collectedPoints = [...this.heapPoints];
  }
}
