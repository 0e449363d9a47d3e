/**
 * Samples of what is alive and where it was allocated: V8 samples all the time, and a sample is read and written when the
 * memory comes nearer its limit (due.ts), or when somebody asks for evidence. In: the main thread. Out: files.
 */
import { scriptsTable } from '../agent/capture/own-documents.js';
import type { Script } from '../analyzer/model/scripts.js';
import type { Containers } from './containers.js';
import { isSampleDue, sampleTaken, type LastSample } from './due.js';
import type { Evidence } from './evidence.js';
import type { SampledThread } from './main-thread.js';
import type { NamedScripts } from './named-scripts.js';

export interface Samples {
  /** Begins to sample, also again after another tool has ended the sampling. */
  start(): Promise<void>;
  /** Writes a sample if one is due. */
  pass(share: number): Promise<void>;
  /** `isAsked`: somebody wants to see it, so that it may take its time. */
  write(isAsked: boolean): Promise<void>;
}

/** How full the memory is, and what the heap takes of it. */
export interface Filled {
  readonly share: number;
  readonly heapBytes: number;
}

/** `readFilled`: as it is now. */
export const createSamples = (
  main: SampledThread,
  evidence: Pick<Evidence, 'survivors' | 'census' | 'beginSamples'>,
  startedMs: number,
  readFilled: () => Promise<Filled>,
  thread = 'main thread',
): Samples => {
  let last: LastSample | undefined;
  let scripts: NamedScripts | undefined;
  let containers: Containers | undefined;
  const start = async (): Promise<void> => {
    last = undefined;
    evidence.beginSamples();
    await main.startSampling();
  };
  const write = async (isAsked: boolean): Promise<void> => {
    const beganMs = Date.now();
    const profile = await main.readSurvivors();
    if (profile === undefined) return start(); // another tool has ended the sampling
    const keep = evidence.survivors();
    const writeWith = (): void =>
      keep({ ...profile, memwatch: notesOf(thread, beganMs - startedMs, scripts?.known() ?? []) });
    writeWith(); // at once: the program may die while it is asked for its scripts
    // loaded when needed: a program that dies soon after its start leaves the more, the sooner the agent works
    scripts ??= (await import('./named-scripts.js')).createNamedScripts(main);
    if (await scripts.learn(profile)) writeWith();
    const nowMs = Date.now();
    const { share, heapBytes } = await readFilled();
    last = sampleTaken({ nowMs, share }, beganMs, last);
    containers ??= (await import('./containers.js')).createContainers(main, evidence);
    await containers.count(share, heapBytes, isAsked);
  };
  return {
    start,
    write,
    pass: async (share) => {
      if (isSampleDue({ nowMs: Date.now(), share }, startedMs, last)) await write(false);
    },
  };
};

const notesOf = (thread: string, durationMs: number, scripts: readonly Script[]): object => ({
  scripts: scriptsTable(process.version, scripts),
  thread,
  precise: false,
  gc: null,
  loop: null,
  durationUs: durationMs * 1000,
  survivorsOnly: true,
});
