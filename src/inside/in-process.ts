/**
 * The agent where Node allows no inspector: under the permission model of Node 20 and 22. It runs in the program's own
 * thread, once a second when the event loop turns, and samples with v8-profiler-next. In: settings, the figures of the
 * thread. Out: the same folder of evidence; nothing can attach.
 */
import { scriptsTable } from '../agent/capture/own-documents.js';
import {
  cpuProfileOf,
  heapTreeOf,
  loadNativeProfiler,
  type NativeProfiler,
} from '../agent/capture/in-process-profiler.js';
import { messageOf } from '../errors.js';
import { isSampleDue, sampleTaken, type LastSample } from './due.js';
import { openEvidence, type Evidence } from './evidence.js';
import { createReader } from './reader.js';
import type { AgentFigures, AgentMessage, AgentStart } from './settings.js';

const readingMs = 1000;
const windowMs = 10_000;
const title = 'memwatch';
const sampling = { intervalBytes: 512 * 1024, depth: 64 };
const cpuIntervalUs = 10_000;

/** Returns what takes the agent's messages. Throws if v8-profiler-next cannot be loaded. */
export const watchInProcess = (start: AgentStart, figures: () => AgentFigures): ((message: AgentMessage) => void) => {
  const profiler = loadNativeProfiler();
  const evidence = openEvidence(start, readingMs);
  const reader = createReader({ readFigures: async () => figures() }, start.oldObjectsLimitBytes);
  const survivors = createSurvivors(profiler, evidence, start.startedMs);
  const cpu = createCpu(profiler, evidence, start.cpu);
  const look = async (): Promise<void> => {
    const { reading, share } = await reader.read(0);
    evidence.reading({ ...reading, delayP99Us: null, delayMaxUs: null });
    survivors.pass(share);
    cpu.pass();
  };
  const timer = setInterval(() => look().catch((error: unknown) => evidence.mark(messageOf(error))), readingMs);
  timer.unref();
  return (message) => {
    if (message.kind === 'end') {
      clearInterval(timer);
      evidence.end(message.how);
      cpu.end();
      return;
    }
    if (message.kind === 'note') return evidence.mark(message.text);
    evidence.mark(`evidence: ${message.why}`);
    cpu.cut();
    survivors.write();
  };
};

interface Survivors {
  pass(share: number): void;
  write(): void;
}

/** The package ends the sampling when it is read: a sample is what was allocated since the one before, and is alive. */
const createSurvivors = (profiler: NativeProfiler, evidence: Evidence, startedMs: number): Survivors => {
  let last: LastSample | undefined;
  const begin = (): void => {
    evidence.beginSamples();
    profiler.startSamplingHeapProfiling(sampling.intervalBytes, sampling.depth);
  };
  const write = (): void => {
    const head = heapTreeOf(profiler.stopSamplingHeapProfiling().head);
    const memwatch = {
      scripts: scriptsTable(process.version, []),
      thread: 'main thread',
      precise: false,
      gc: null,
      loop: null,
      durationUs: (Date.now() - startedMs) * 1000,
      survivorsOnly: true,
    };
    evidence.survivors()({ head, memwatch });
    begin();
  };
  begin();
  return {
    write,
    pass: (share) => {
      const beganMs = Date.now();
      if (!isSampleDue({ nowMs: beganMs, share }, startedMs, last)) return;
      write();
      last = sampleTaken({ nowMs: Date.now(), share }, beganMs, last);
    },
  };
};

const createCpu = (
  profiler: NativeProfiler,
  evidence: Evidence,
  isWanted: boolean,
): { pass(): void; cut(): void; end(): void } => {
  let startedMs: number | undefined;
  const begin = (): void => {
    if (!isWanted) return;
    profiler.startProfiling(title, true);
    startedMs = Date.now();
  };
  const end = (): void => {
    if (startedMs === undefined) return;
    startedMs = undefined;
    evidence.cpu(cpuProfileOf(profiler.stopProfiling(title)));
  };
  const cut = (): void => {
    end();
    begin();
  };
  profiler.setGenerateType(1);
  profiler.setSamplingInterval(cpuIntervalUs);
  begin();
  return { cut, end, pass: () => void (startedMs !== undefined && Date.now() - startedMs >= windowMs && cut()) };
};
