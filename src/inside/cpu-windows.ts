/**
 * The CPU profile of the last minute: one short profile after another, each written when it ends, so that a killed program
 * loses only the last. In: the main thread. Out: files.
 */
import type { Evidence } from './evidence.js';
import type { MainThread } from './main-thread.js';

export interface CpuWindows {
  /** Starts the first profile, and ends one that is long enough. */
  pass(): Promise<void>;
  /** Ends the profile now, and starts the next. */
  cut(): Promise<void>;
  /** Ends the last one. */
  end(): Promise<void>;
}

const windowMs = 10_000;
/** A program that is killed in its first seconds leaves a profile, too. */
const firstWindowMs = 2000;
/** V8 looks through all compiled code when its profiler starts; in a large program the windows are longer for that. */
const mostShare = 0.01;
/** Not while the program starts. */
const firstAfterMs = 1000;

export const createCpuWindows = (
  main: Pick<MainThread, 'startCpu' | 'stopCpu'>,
  evidence: Pick<Evidence, 'cpu'>,
): CpuWindows => {
  const createdMs = Date.now();
  let startedMs: number | undefined;
  let lengthMs: number | undefined;
  const begin = async (): Promise<void> => {
    const beforeMs = Date.now();
    await main.startCpu();
    startedMs = Date.now();
    lengthMs = Math.max(lengthMs === undefined ? firstWindowMs : windowMs, (startedMs - beforeMs) / mostShare);
  };
  const end = async (): Promise<void> => {
    if (startedMs === undefined) return;
    startedMs = undefined;
    evidence.cpu(await main.stopCpu());
  };
  const cut = async (): Promise<void> => {
    await end();
    await begin();
  };
  return {
    cut,
    end,
    pass: async () => {
      const now = Date.now();
      if (startedMs === undefined ? now - createdMs >= firstAfterMs : now - startedMs >= (lengthMs ?? 0)) await cut();
    },
  };
};

/** Where no CPU profile is wanted. */
export const noCpuWindows: CpuWindows = { pass: async () => {}, cut: async () => {}, end: async () => {} };
