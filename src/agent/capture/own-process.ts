/**
 * Looks at the process that this code runs in: collects its garbage, reads its counters, writes snapshots of it. A
 * scenario's process and the assertions in users' own tests are built on it. Leaves nothing switched on.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import v8 from 'node:v8';
import type { CodePosition, CounterReading } from '../../analyzer/model/check.js';
import { MemwatchError } from '../../errors.js';
import { createOutput } from '../../files/output.js';
import { readProcessCounts } from '../process/counts.js';
import { connectOwnSession } from '../session/own-session.js';
import type { Session } from '../session/protocol.js';
import { readMemoryCounters, withWebAssembly } from './memory-counters.js';
import { captureScripts, writeScripts } from './scripts.js';
import { startSurvivorSampling, type SurvivorSampling } from './survivors.js';
import type { SurvivorSite } from '../../analyzer/model/survivors.js';

/**
 * Holds one inspector session for as long as snapshots are to be compared: when any session of a thread ends, V8 forgets
 * the ids of its objects and starts again (seen on Node 20 to 26), and the same id then means another object.
 */
export interface OwnProcess {
  collectGarbage(): Promise<void>;
  /** Writes a snapshot of the current thread and its scripts table; an unfinished file is removed. */
  captureSnapshot(file: string): Promise<void>;
  /** From here on, records where objects that stay alive are allocated; does nothing if something else already samples. */
  startSampling(): Promise<void>;
  /** Returns what was allocated since and is still alive, and ends the sampling. */
  survivors(): Promise<SurvivorSite[]>;
  /** Where a function of the current thread is in the source; null if it is native or bound. */
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

/** One sample for this many bytes: a leak may grow by only a few bytes a call. */
const sampledBytes = 8 * 1024;

/**
 * Collects until nothing more can be freed: weak callbacks and finalizers run between collections, in turns of the event
 * loop, and what they release is garbage only afterwards.
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

/** Reads the counters that separate memory from handles. Collect garbage first; the reading is of this moment. */
export const readOwnCounters = (longestGcPauseUs: number | null = null): CounterReading => ({
  ...withWebAssembly(readMemoryCounters(v8.getHeapStatistics), process.pid, process.version),
  ...readProcessCounts(process.pid),
  longestGcPauseUs,
});

/** Asking for the scripts first makes V8 11 (Node 20) compute line ends; without that a snapshot takes up to 40 times as long. */
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

/** The longest garbage collection between `start` and `stop`. */
export const createPauseWatch = (): { start(): void; stop(): number } => {
  const profiler = new v8.GCProfiler();
  return {
    start: () => profiler.start(),
    stop: () => profiler.stop().statistics.reduce((longest, one) => Math.max(longest, one.cost), 0),
  };
};
