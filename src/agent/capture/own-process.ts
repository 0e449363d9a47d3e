/**
 * Looks at the process that this code runs in: collects its garbage, reads its counters, writes snapshots of it. What
 * a scenario's process and the assertions in users' own tests are made of. Leaves nothing switched on.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import v8 from 'node:v8';
import type { CodePosition, CounterReading } from '../../analyzer/model/check.js';
import { MemwatchError } from '../../errors.js';
import { createOutput } from '../../files/output.js';
import { readProcessCounts } from '../process/counts.js';
import { connectOwnSession } from '../session/own-session.js';
import type { Session } from '../session/protocol.js';
import { captureScripts, writeScripts } from './scripts.js';
import { startSurvivorSampling, type SurvivorSampling } from './survivors.js';
import type { SurvivorSite } from '../../analyzer/model/survivors.js';

/**
 * One inspector session for as long as snapshots are to be compared: when any session of a thread ends, V8 forgets the
 * ids of its objects and counts anew (seen on 20 to 26), and the same id then stands for another object.
 */
export interface OwnProcess {
  collectGarbage(): Promise<void>;
  /** Writes a snapshot of the own thread and its scripts table; a file that was not finished does not stay. */
  captureSnapshot(file: string): Promise<void>;
  /** From here on it is noted where what stays alive is made; not where something else samples already. */
  startSampling(): Promise<void>;
  /** What was made since and is alive; ends the sampling. */
  survivors(): Promise<SurvivorSite[]>;
  /** Where a function of the own thread stands; null where it is native or bound. */
  locate(body: unknown): Promise<CodePosition | null>;
  close(): Promise<void>;
}

export const openOwnProcess = (): OwnProcess => {
  const session = connectOwnSession();
  let sampling: SurvivorSampling | undefined;
  const stopSampling = async (): Promise<SurvivorSite[]> => {
    const running = sampling;
    sampling = undefined;
    return (await running?.stop()) ?? [];
  };
  return {
    collectGarbage: () => collectGarbage(session),
    captureSnapshot: (file) => captureSnapshot(session, file),
    locate: (body) => locate(session, body),
    startSampling: async () => {
      sampling = await startSurvivorSampling(session, sampledBytes).catch(() => undefined);
    },
    survivors: stopSampling,
    close: async () => {
      await stopSampling();
      await session.close();
    },
  };
};

/** One sample for so many bytes: what is looked for may gain a few bytes a call. */
const sampledBytes = 8 * 1024;

/**
 * Collects until nothing more can go: weak callbacks and finalizers run between collections, in turns of the event
 * loop, and what they let go of is garbage only then.
 */
const collectGarbage = async (session: Session): Promise<void> => {
  for (let pass = 0; pass < 3; pass++) {
    await session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs: Infinity });
    await nextTurn();
  }
};

const bodyKey = Symbol.for('memwatch.body');

const locate = async (session: Session, body: unknown): Promise<CodePosition | null> => {
  Object.defineProperty(globalThis, bodyKey, { value: body, configurable: true });
  try {
    const { result } = await session.send('Runtime.evaluate', {
      expression: `globalThis[Symbol.for('memwatch.body')]`,
      objectGroup: 'memwatch',
    });
    if (result.objectId === undefined) return null;
    const { internalProperties = [] } = await session.send('Runtime.getProperties', { objectId: result.objectId });
    const location: unknown = internalProperties.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value;
    return location === undefined ? null : positionOf(location as { [key: string]: unknown });
  } finally {
    Reflect.deleteProperty(globalThis, bodyKey);
    await session.send('Runtime.releaseObjectGroup', { objectGroup: 'memwatch' });
  }
};

const positionOf = ({ scriptId, lineNumber, columnNumber }: { [key: string]: unknown }): CodePosition => ({
  scriptId: Number(scriptId),
  line: Number(lineNumber),
  column: Number(columnNumber),
});

/** Reads what tells memory and handles apart. Collect garbage before; the reading is as of now. */
export const readOwnCounters = (longestGcPauseUs: number | null = null): CounterReading => {
  const memory = process.memoryUsage();
  return {
    heapUsedBytes: memory.heapUsed,
    heapTotalBytes: memory.heapTotal,
    externalBytes: memory.external,
    arrayBuffersBytes: memory.arrayBuffers,
    rssBytes: memory.rss,
    nativeContexts: v8.getHeapStatistics().number_of_native_contexts,
    resources: countByName(process.getActiveResourcesInfo()),
    ...readProcessCounts(process.pid),
    longestGcPauseUs,
  };
};

const countByName = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

/** Asking for the scripts first makes V8 11 (Node 20) compute line ends, without which it needs up to 40 times as long. */
const captureSnapshot = async (session: Session, file: string): Promise<void> => {
  const scripts = await captureScripts(session, { pid: process.pid, nodeVersion: process.version });
  const output = createOutput(file);
  try {
    v8.writeHeapSnapshot(output.path);
    output.commit();
    writeScripts(file, scripts);
  } catch (cause) {
    if (cause instanceof MemwatchError) throw cause;
    throw new MemwatchError('cannot-write', `cannot write the heap snapshot ${file}`, { cause });
  } finally {
    output.discard();
  }
};

/** The longest garbage collection since `start`, for the time in which it runs. */
export const createPauseWatch = (): { start(): void; stop(): number } => {
  const profiler = new v8.GCProfiler();
  return {
    start: () => profiler.start(),
    stop: () => profiler.stop().statistics.reduce((longest, one) => Math.max(longest, one.cost), 0),
  };
};
