/**
 * Records one attached process: its threads, each as a series of its own, and whose its resident memory is. In: an
 * attachment and the log. Out: events in the log, until the process ends or the recording is stopped.
 */
import { attachToWorker, withEnd, type Attachment } from '../../agent/attach/attach.js';
import { programExitCode } from '../../agent/attach/launch.js';
import { threadOf } from '../../agent/capture/cpu-profile.js';
import { watchMemory } from '../../agent/capture/memory.js';
import { watchReadings } from '../../agent/capture/readings.js';
import { readProcessCounts } from '../../agent/process/counts.js';
import { describeWait, runsOn } from '../../agent/process/proc.js';
import type { WorkerThread } from '../../agent/session/workers.js';
import { computeParts } from '../../analyzer/memory/parts.js';
import type { Reading } from '../../analyzer/model/reading.js';
import type { RecordedReading } from '../../analyzer/model/recording.js';
import { messageOf } from '../../errors.js';
import { probableCause } from '../../analyzer/memory/probable-cause.js';
import type { Io } from '../io.js';
import type { RecordLog } from './log.js';
import { noteSilence } from './silence.js';

interface Recorder {
  readonly log: RecordLog;
  readonly intervalMs: number;
  /** Aborted when the recording is to stop. */
  readonly stop: AbortSignal;
  readonly io: Io;
}

/** Detaches at the end. Returns the exit code of a program that memwatch started. */
export const recordProcess = async (
  attachment: Attachment,
  script: string,
  recorder: Recorder,
): Promise<number | undefined> => {
  let end: ThreadEnd | undefined;
  let isBroken = false;
  try {
    await attachment.runIfWaiting();
    const others = Promise.all([recordWorkers(attachment, script, recorder), recordParts(attachment, recorder)]);
    others.catch(() => {}); // looked at below
    end = await recordThread(
      attachment,
      attachment.worker === undefined ? 'main thread' : threadOf(attachment.worker).name,
      script,
      recorder,
    );
    isBroken = attachment.session.closed.aborted; // detach closes it, too
    const { pid } = attachment;
    if (end === undefined && pid !== undefined) note(`process ${pid} gave no reading: ${describeWait(pid)}`, recorder);
    await others;
  } catch (error) {
    throw await withEnd(attachment, error);
  } finally {
    await attachment.detach();
  }
  const { program } = attachment;
  const code = program === undefined ? undefined : await programExitCode(program);
  if (end !== undefined) await writeEnd(end, attachment, isBroken, recorder);
  return code;
};

interface ThreadEnd {
  readonly series: number;
  readonly last: readonly Reading[];
}

/** undefined if it gave no reading at all. */
const recordThread = async (
  attachment: Attachment,
  thread: string,
  script: string,
  recorder: Recorder,
): Promise<ThreadEnd | undefined> => {
  const { log, intervalMs, stop, io } = recorder;
  const { pid, nodeVersion } = attachment;
  let series: number | undefined;
  const last: Reading[] = [];
  const who = `${thread} of process ${pid ?? 'there'}`;
  const silence = noteSilence((text) => note(`${who}: ${text}`, recorder));
  const onSilence = (text: string): void => {
    io.progress(text);
    silence.goesOn(text);
  };
  for await (const reading of watchReadings(attachment, { intervalMs, signal: stop, onSilence })) {
    silence.ends();
    if (series === undefined) {
      series = log.nextSeries();
      const start = { timeMs: reading.timeMs, pid: pid ?? null, thread, script, nodeVersion };
      log.write({ kind: 'start', series, ...start });
    }
    log.write(asRecorded(reading, series, pid));
    if (last.push(reading) > readingsOfCause) last.shift();
    io.progress(`recording: ${log.bytes} bytes`);
  }
  return series === undefined ? undefined : { series, last };
};

/** What probableCause looks at. */
const readingsOfCause = 5;

const asRecorded = (reading: Reading, series: number, pid: number | undefined): RecordedReading => {
  const { heap, cpu, loop, gc, cgroup, handles } = reading;
  const counts = pid === undefined ? undefined : readProcessCounts(pid);
  return {
    kind: 'reading',
    series,
    timeMs: reading.timeMs,
    intervalUs: Math.round(reading.intervalUs),
    rssBytes: reading.rssBytes,
    heapUsedBytes: heap.usedBytes,
    heapTotalBytes: heap.totalBytes,
    heapLimitBytes: heap.limitBytes,
    externalBytes: heap.externalBytes,
    arrayBuffersBytes: heap.arrayBuffersBytes,
    cgroupUsedBytes: cgroup?.usedBytes ?? null,
    cgroupLimitBytes: cgroup?.limitBytes ?? null,
    cpuUs: cpu.userUs + cpu.systemUs,
    delayP99Us: loop.delay === null ? null : Math.round(loop.delay.p99Us),
    delayMaxUs: loop.delay === null ? null : Math.round(loop.delay.maxUs),
    loopUtilization: Math.round(loop.utilization * 1e4) / 1e4,
    gcCount: gc === null ? null : gc.reduce((sum, { count }) => sum + count, 0),
    gcUs: gc === null ? null : Math.round(gc.reduce((sum, { durationUs }) => sum + durationUs, 0)),
    majorGcCount: gc === null ? null : (gc.find(({ kind }) => kind === 'major')?.count ?? 0),
    handles: handles.reduce((sum, { count }) => sum + count, 0),
    fileDescriptors: counts?.fileDescriptors ?? null,
    threads: counts?.threads ?? null,
  };
};

/** Those that run, and those that start meanwhile. */
const recordWorkers = async (attachment: Attachment, script: string, recorder: Recorder): Promise<void> => {
  const { stop } = recorder;
  const running = new Set<Promise<void>>();
  const begin = (worker: WorkerThread): void => {
    const done: Promise<void> = recordWorker(attachment, worker, script, recorder)
      .catch((error: unknown) => {
        const isOver = stop.aborted || worker.session.closed.aborted || attachment.ending.aborted;
        if (!isOver) note(`${threadOf(worker).name} is not recorded: ${messageOf(error)}`, recorder);
      })
      .finally(() => running.delete(done));
    running.add(done);
  };
  const known = new Set<WorkerThread>();
  const beginOnce = (worker: WorkerThread): void => {
    if (!known.has(worker)) begin(worker);
    known.add(worker);
    worker.session.closed.addEventListener('abort', () => known.delete(worker), { once: true });
  };
  const end = attachment.onWorker(beginOnce);
  try {
    const over = untilAborted(AbortSignal.any([stop, attachment.ending]));
    // a thread that is blocked does not say which workers it has
    const workers = await Promise.race([attachment.workers(), over.then(() => [])]);
    workers.forEach(beginOnce);
    await over;
  } catch (error) {
    if (!attachment.ending.aborted) throw error;
  } finally {
    end();
    await Promise.all(running);
  }
};

const recordWorker = async (
  attachment: Attachment,
  worker: WorkerThread,
  script: string,
  recorder: Recorder,
): Promise<void> => {
  const seen = await attachToWorker(attachment, worker);
  try {
    const end = await recordThread(seen, threadOf(worker).name, script, recorder);
    const how =
      worker.session.closed.aborted && !attachment.ending.aborted ? 'it ended' : 'with its process, or the recording';
    if (end !== undefined) recorder.log.write({ kind: 'end', series: end.series, timeMs: Date.now(), how });
  } finally {
    await seen.detach();
  }
};

const recordParts = async (attachment: Attachment, recorder: Recorder): Promise<void> => {
  const { log, intervalMs } = recorder;
  const stop = AbortSignal.any([recorder.stop, attachment.ending]);
  if (attachment.pid === undefined) return;
  try {
    for await (const reading of watchMemory(attachment, stop, intervalMs)) {
      const parts = computeParts(reading, undefined).map(({ owner, rssBytes }) => ({ owner, rssBytes }));
      const { timeMs, limits, pressure, oomKills } = reading;
      log.write({ kind: 'parts', pid: attachment.pid, timeMs, parts, limits, pressure, oomKills });
    }
  } catch (error) {
    if (!stop.aborted)
      note(`the parts of the memory of ${attachment.pid} are not recorded: ${messageOf(error)}`, recorder);
  }
};

/** For readers of the recording, and for the user who watches now. */
export const note = (text: string, { log, io }: Recorder): void => {
  io.warn(text);
  log.write({ kind: 'mark', timeMs: Date.now(), text: `memwatch: ${text}` });
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

const writeEnd = async (
  { series, last }: ThreadEnd,
  attachment: Attachment,
  isBroken: boolean,
  { log, stop, io }: Recorder,
): Promise<void> => {
  const how = await endInWords(attachment, last, isBroken, stop);
  log.write({ kind: 'end', series, timeMs: Date.now(), how });
  if (!stop.aborted) io.warn(`process ${attachment.pid ?? 'there'}: ${how}`);
};

const endInWords = async (
  { pid, program, howItEnded }: Attachment,
  last: readonly Reading[],
  isBroken: boolean,
  stop: AbortSignal,
): Promise<string> => {
  const end = await program?.exited;
  if (stop.aborted) return 'the recording was stopped';
  if (end !== undefined && end.signal === null) return `it ended with exit code ${end.code}`;
  if (pid !== undefined && (await runsOn(pid))) return 'its inspector was closed; it still runs';
  const how = (await howItEnded()) ?? 'has ended';
  return `it ${how}${isBroken ? probableCause(last) : ''}`;
};
