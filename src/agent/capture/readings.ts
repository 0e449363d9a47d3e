/**
 * Live readings of a target. In: an attachment and an interval. Out: one Reading per interval, until the target ends or the
 * caller stops. What counts in the target (a GC observer, a delay histogram) is removed afterwards, by the target's own
 * guard if memwatch is killed.
 */
import type { IntervalHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GcReading, HeapReading, LoopReading, Reading } from '../../analyzer/model/reading.js';
import type { Attachment } from '../attach/attach.js';
import { cgroupMemory } from '../process/cgroup.js';
import { callOn, evaluateRemote } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import { describeWait } from '../process/proc.js';
import { describeSilentWorker } from '../process/threads.js';

export interface ReadingsOptions {
  intervalMs: number;
  signal?: AbortSignal | undefined;
  /** Called once a second with the reason, in words, while no reading comes. */
  onSilence?: ((text: string) => void) | undefined;
}

/** The first reading covers only this long, so that the user does not wait for a whole interval. */
const firstMs = 250;

/** Ends when the signal is aborted, or the target ends. */
export async function* watchReadings(attachment: Attachment, options: ReadingsOptions): AsyncGenerator<Reading> {
  const { session, ending } = attachment;
  const over = options.signal === undefined ? ending : AbortSignal.any([ending, options.signal]);
  const installed = evaluateRemote(session, installMeter, [attachment.client]);
  const meter = await answerOf(installed, attachment, over, options);
  if (meter === undefined) return; // the guard undoes it
  try {
    for (
      let due = Date.now() + Math.min(firstMs, options.intervalMs);
      await waitUntil(due, over);
      due = Math.max(due, Date.now()) + options.intervalMs
    ) {
      const inside = await answerOf(
        callOn(session, meter, readMeter, [], { timeoutMs: Infinity }),
        attachment,
        over,
        options,
      );
      if (inside === undefined) return;
      yield { schema: 'memwatch/reading@1', ...inside, cgroup: cgroupOf(attachment.pid) };
    }
  } finally {
    if (!ending.aborted)
      await callOn(session, meter, (running) => running.stop(), [], { timeoutMs: 2000 }).catch(() => {});
  }
}

const cgroupOf = (pid: number | undefined): Reading['cgroup'] =>
  pid === undefined ? null : (cgroupMemory(pid) ?? null);

/** False if it is over before that time. */
const waitUntil = async (due: number, over: AbortSignal): Promise<boolean> => {
  if (over.aborted) return false;
  return sleep(Math.max(0, due - Date.now()), true, { signal: over }).catch(() => false);
};

/** The answer, however long it takes: a stopped target answers when it continues. Undefined if it is over before. */
const answerOf = async <T>(
  answer: Promise<T>,
  { pid, worker }: Attachment,
  over: AbortSignal,
  { onSilence }: ReadingsOptions,
): Promise<T | undefined> => {
  const why = async (): Promise<string> =>
    pid === undefined || worker !== undefined ? describeSilentWorker(pid) : describeWait(pid);
  const timer = setInterval(() => void why().then((words) => onSilence?.(`no answer: ${words}`)), 1000);
  let end = (): void => {};
  const ended = new Promise<undefined>((resolve) => {
    end = () => resolve(undefined);
    if (over.aborted) end();
    over.addEventListener('abort', end, { once: true });
  });
  answer.catch(() => {}); // an answer that comes after the end is dropped
  try {
    return await Promise.race([answer, ended]);
  } catch (error) {
    if (over.aborted) return undefined;
    throw error;
  } finally {
    clearInterval(timer);
    over.removeEventListener('abort', end);
  }
};

/** Lives in the target while it is read. */
interface Meter {
  readonly builtin: Guard['builtin'];
  readonly gc: Map<GcReading['kind'], { count: number; durationUs: number }>;
  readonly takeDelay: () => LoopReading['delay'];
  lastUs: number;
  lastCpu: NodeJS.CpuUsage;
  lastLoop: ReturnType<typeof performance.eventLoopUtilization>;
  stop(): void;
}

/** Runs in the target. */
const installMeter = (client: string): Meter => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { PerformanceObserver, monitorEventLoopDelay, performance } = guard.builtin('node:perf_hooks');
  const gc: Meter['gc'] = new Map();
  const kinds: Record<number, GcReading['kind']> = { 4: 'major', 8: 'incremental', 16: 'weak callbacks' };
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const detail: { kind?: number } | undefined = Reflect.get(entry, 'detail');
      const kind = kinds[detail?.kind ?? 1] ?? 'minor';
      const sum = gc.get(kind) ?? { count: 0, durationUs: 0 };
      gc.set(kind, { count: sum.count + 1, durationUs: sum.durationUs + entry.duration * 1000 });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const resolutionUs = 40_000; // each timer wakes an idle process, which costs more than the readings
  let histogram: IntervalHistogram | undefined = monitorEventLoopDelay({ resolution: resolutionUs / 1000 });
  histogram.enable();
  // the histogram holds the time from timer to timer: what exceeds its period is the delay
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1000 - resolutionUs);
  const meter: Meter = {
    builtin: guard.builtin,
    gc,
    takeDelay: () => {
      if (histogram === undefined || !(histogram.max > 0)) return null;
      const { mean, max } = histogram;
      const delay = { meanUs: late(mean), p99Us: late(histogram.percentile(99)), maxUs: late(max) };
      histogram.reset();
      return delay;
    },
    lastUs: performance.now() * 1000,
    lastCpu: process.cpuUsage(),
    lastLoop: performance.eventLoopUtilization(),
    stop: () => {
      observer.disconnect();
      histogram?.disable();
      histogram = undefined; // 400 KB, and the connection remembers this meter until it is closed
    },
  };
  guard.onLeave(client, meter.stop);
  return meter;
};

/** Runs in the target. */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
const readMeter = (meter: Meter): Omit<Reading, 'schema' | 'cgroup'> => {
  const v8 = meter.builtin('node:v8');
  const { performance } = meter.builtin('node:perf_hooks');
  const nowUs = performance.now() * 1000;
  const intervalUs = nowUs - meter.lastUs;
  const cpu = process.cpuUsage(meter.lastCpu);
  const loop = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(loop, meter.lastLoop);
  const memory = process.memoryUsage();
  const statistics = v8.getHeapStatistics();
  const heap: HeapReading = {
    usedBytes: statistics.used_heap_size,
    totalBytes: statistics.total_heap_size,
    limitBytes: statistics.heap_size_limit,
    externalBytes: memory.external,
    arrayBuffersBytes: memory.arrayBuffers,
    nativeContexts: statistics.number_of_native_contexts,
    detachedContexts: statistics.number_of_detached_contexts,
    spaces: v8.getHeapSpaceStatistics().map((space) => ({
      name: space.space_name,
      usedBytes: space.space_used_size,
      totalBytes: space.space_size,
    })),
  };
  const resources = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) resources.set(type, (resources.get(type) ?? 0) + 1);
  const handles = [...resources].map(([type, count]) => ({ type, count })).sort((a, b) => b.count - a.count);
  const delay = meter.takeDelay();
  const gc = [...meter.gc].map(([kind, sum]) => ({ kind, ...sum }));
  meter.gc.clear();
  meter.lastUs = nowUs;
  meter.lastLoop = loop;
  meter.lastCpu = process.cpuUsage();
  return {
    timeMs: Date.now(),
    intervalUs,
    uptimeSeconds: process.uptime(),
    rssBytes: memory.rss,
    heap,
    cpu: { userUs: cpu.user, systemUs: cpu.system, cores: (cpu.user + cpu.system) / Math.max(1, intervalUs) },
    loop: { delay, utilization },
    gc: delay === null && gc.length === 0 ? null : gc,
    handles,
  };
};
