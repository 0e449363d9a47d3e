/**
 * Readings of a whole process for `leaks`: the collected heap of the target thread, and everything outside it. In: an
 * attachment. Out: a ProcessReading each time it is asked for. A reading collects garbage: about 1.5 ms per megabyte of
 * heap.
 */
import { MemwatchError } from '../../errors.js';
import type { ProcessReading, WorkerReading } from '../../analyzer/model/process-reading.js';
import type { Attachment } from '../attach/attach.js';
import { readChildrenRss, readProcessCounts } from '../process/counts.js';
import { describeSilentWorker } from '../process/threads.js';
import { collectGarbage, collectWithoutLoop } from './collect-garbage.js';
import { stillRoomToCollect } from './room.js';
import { readMemoryCounters, withWebAssembly, type MemoryCounters } from './memory-counters.js';
import { callOn, evaluate, evaluateRemote } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import type { Session } from '../session/protocol.js';
import type { WorkerThread } from '../session/workers.js';

export interface ProcessReadings {
  read(): Promise<ProcessReading>;
  /** How long the last reading occupied the thread that is read, mostly for the collection, which stops it. */
  readonly lastMs: number;
}

/** V8 visits the old generation to add up its code, which takes half as long as a collection: 100 ms for this heap. */
const mostBytesWithCode = 64 * 2 ** 20;
const collectTimeoutMs = 120_000;
/** A worker in native code takes longer or never answers; others answer within milliseconds. */
const workerTimeoutMs = 1500;
const collectsSlowlyMs = 5000;
/** At most this many workers are read, because each worker's heap is collected at each reading. */
const maxWorkers = 8;

/** `collects`: false where a collection would stop the target for too long; figures of heaps then include garbage. */
export const openProcessReadings = async (attachment: Attachment, collects = true): Promise<ProcessReadings> => {
  const { session, pid, worker, nodeVersion } = attachment;
  const install = `(${String(installMeter)})(${String(readMemoryCounters)}, ${mostBytesWithCode})`;
  const meter = await evaluateRemote<Meter>(session, install);
  const silent = new Map<string, string>();
  const startedAt = performance.now();
  let lastMs = 0;
  return {
    get lastMs() {
      return lastMs;
    },
    async read() {
      const from = performance.now();
      const done = await callOn(session, meter, (own) => own.work());
      if (collects && !(await stillRoomToCollect(session, pid))) throw noRoomAnyMore(pid);
      if (collects) await collectGarbage(session, collectTimeoutMs);
      const counted = await callOn(session, meter, (own) => own.memory());
      const isOfProcess = pid !== undefined && worker === undefined;
      const memory = isOfProcess ? withWebAssembly(counted, pid, nodeVersion) : counted;
      lastMs = performance.now() - from; // it runs on while its workers are waited for
      const workers =
        worker === undefined && collects ? await readWorkers(await attachment.workers(), silent, pid) : [];
      const ofProcess = isOfProcess ? { ...readProcessCounts(pid), childrenRssBytes: readChildrenRss(pid) } : unseen;
      await callOn(session, meter, (own) => own.mark());
      const heapTotalBytes = workers.reduce((sum, one) => sum + (one.heapTotalBytes ?? 0), memory.heapTotalBytes);
      // the memory of a process with several threads says nothing of one of them
      const rssBytes = worker === undefined ? memory.rssBytes : null;
      const reading = { ...done, ...memory, ...ofProcess, workers, heapTotalBytes, rssBytes };
      return { ...reading, atMs: from - startedAt, longestGcPauseUs: null };
    },
  };
};

const noRoomAnyMore = (pid: number | undefined): MemwatchError =>
  new MemwatchError('no-room', `process ${pid} has too little memory left to collect its garbage again`, {
    hint: 'raise its limit, or look at it earlier; memwatch alloc --no-survivors needs no collection',
  });

const unseen = { fileDescriptors: null, threads: null, childProcesses: null, childrenRssBytes: null } as const;

/** A worker that did not answer once is not waited for again. */
const readWorkers = (
  workers: readonly WorkerThread[],
  silent: Map<string, string>,
  pid: number | undefined,
): Promise<WorkerReading[]> =>
  Promise.all(
    workers.slice(0, maxWorkers).map(async ({ id, title, session }) => {
      const memory = silent.has(id) ? undefined : await heapOfWorker(session);
      if (memory === undefined && !silent.has(id)) silent.set(id, await describeSilentWorker(pid));
      const { used = null, total = null } = memory ?? {};
      return { id, title, heapUsedBytes: used, heapTotalBytes: total, silence: silent.get(id) ?? null };
    }),
  );

/** undefined if the worker does not answer. */
const heapOfWorker = async (session: Session): Promise<{ used: number; total: number } | undefined> => {
  try {
    return await collectedHeapOf(session);
  } catch {
    collectWithoutLoop(session); // it may answer between its jobs all the same
    return collectedHeapOf(session, collectsSlowlyMs).catch(() => undefined);
  }
};

const collectedHeapOf = async (
  session: Session,
  timeoutMs = workerTimeoutMs,
): Promise<{ used: number; total: number }> => {
  await collectGarbage(session, timeoutMs);
  const ask = () => ({ used: process.memoryUsage().heapUsed, total: process.memoryUsage().heapTotal });
  return evaluate(session, ask, [], { timeoutMs });
};

/**
 * Lives in the target while it is read. Its functions are compiled only once: what compiling allocates would look like the
 * target's work.
 */
interface Meter {
  /** What the target did since the reading before. */
  work(): { allocatedBytes: number; cpuUs: number };
  /** From here on, work counts as the target's again. */
  mark(): void;
  /** To be called right after a collection. */
  memory(): MemoryCounters & { codeBytes: number | null };
}

/** Runs in the target. */
const installMeter = (readCounters: typeof readMemoryCounters, mostBytes: number): Meter => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { getHeapStatistics, getHeapCodeStatistics } = guard.builtin('node:v8');
  const countsCode = process.memoryUsage().heapUsed <= mostBytes;
  const codeNow = (): number => {
    const { code_and_metadata_size, bytecode_and_metadata_size } = getHeapCodeStatistics();
    return code_and_metadata_size + bytecode_and_metadata_size;
  };
  const cpuNow = (): number => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
  let lastCpuUs = cpuNow();
  let lastUsedBytes = process.memoryUsage().heapUsed;
  return {
    work: () => ({
      allocatedBytes: Math.max(0, process.memoryUsage().heapUsed - lastUsedBytes),
      cpuUs: cpuNow() - lastCpuUs,
    }),
    mark: () => {
      lastCpuUs = cpuNow();
      lastUsedBytes = process.memoryUsage().heapUsed;
    },
    memory: () => ({ ...readCounters(getHeapStatistics), codeBytes: countsCode ? codeNow() : null }),
  };
};
