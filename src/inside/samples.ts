/**
 * Samples of what is alive and where it was allocated: V8 samples all the time, and a sample is read and written when the
 * memory comes nearer its limit (due.ts), or when somebody asks for evidence. In: the main thread. Out: files.
 */
import { scriptsTable } from '../agent/capture/own-documents.js';
import { isSampleDue, sampleTaken, type LastSample } from './due.js';
import type { Evidence } from './evidence.js';
import type { MainThread } from './main-thread.js';

export interface Samples {
  /** Begins to sample, also again after another tool has ended the sampling. */
  start(): Promise<void>;
  /** Writes a sample if one is due. */
  pass(share: number): Promise<void>;
  write(): Promise<void>;
}

/** `readShare`: how full the memory is now. */
export const createSamples = (
  main: MainThread,
  evidence: Evidence,
  startedMs: number,
  readShare: () => Promise<number>,
): Samples => {
  let last: LastSample | undefined;
  const start = async (): Promise<void> => {
    last = undefined;
    evidence.beginSamples();
    await main.startSampling();
  };
  const write = async (): Promise<void> => {
    const beganMs = Date.now();
    const profile = await main.readSurvivors();
    if (profile === undefined) return start(); // another tool has ended the sampling
    evidence.survivors({ ...profile, memwatch: notesOf(Date.now() - startedMs) });
    const nowMs = Date.now();
    last = sampleTaken({ nowMs, share: await readShare() }, beganMs, last);
  };
  return {
    start,
    write,
    pass: async (share) => {
      if (isSampleDue({ nowMs: Date.now(), share }, startedMs, last)) await write();
    },
  };
};

const notesOf = (durationMs: number): object => ({
  scripts: scriptsTable(process.version, []),
  thread: 'main thread',
  precise: false,
  gc: null,
  loop: null,
  durationUs: durationMs * 1000,
  survivorsOnly: true,
});
