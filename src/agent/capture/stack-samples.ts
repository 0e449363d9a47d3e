/**
 * What a thread runs now, by V8's sampling profiler over some milliseconds: nothing is paused. In: sessions. Out: profiles as
 * V8 sends them, and the text of a .cpuprofile. All commands of a step are sent at once, since a busy thread answers each of
 * them at its next interrupt.
 */
import type { Protocol } from 'devtools-protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureNotes } from '../../analyzer/model/profile.js';
import type { ScriptsTable } from '../../analyzer/model/scripts.js';
import { MemwatchError } from '../../errors.js';
import type { Attachment } from '../attach/attach.js';
import { longerIfBusy } from '../process/processor.js';
import type { Session } from '../session/protocol.js';
import type { Thread } from './cpu-profile.js';
import { disableInlining, dropOptimisedCode } from './inlining.js';
import { hideAddresses } from './own-documents.js';
import { captureScriptsAndSource } from './scripts.js';

export type RawProfile = Protocol.Profiler.Profile;

/** Long enough for some dozens of samples, each a millisecond apart. */
const sampleMs = 40;
/** After a deoptimization a thread needs a moment before it runs the new code. */
const exactMs = 150;
/** A thread that has just answered may have begun a long call of native code since. */
const mostMs = 2000;

/** What is read before something and after it. */
export interface Around<T> {
  readonly before: T;
  readonly after: T;
  readonly begunMs: number;
  readonly elapsedUs: number;
}

export const around = async <T>(read: () => T, work: () => Promise<unknown>): Promise<Around<T>> => {
  const [before, begunMs] = [read(), performance.now()];
  await work();
  return { before, after: read(), begunMs, elapsedUs: (performance.now() - begunMs) * 1000 };
};

/** Also reads something else over just that time: to start V8's profiler costs the thread 20 ms. */
export const sampleThread = async <T>(
  { session }: Thread,
  read: () => T,
): Promise<(Around<T> & { readonly profile: RawProfile | undefined }) | undefined> => {
  let figures: Around<T> | undefined;
  const profile = await sampleWhile(session, async () => {
    figures = await around(read, () => sleep(longerIfBusy(sampleMs)));
  });
  return figures && { ...figures, profile };
};

/**
 * Without inlining, so that each sample names the function that ran. It costs a thread that is stuck nothing, and others some
 * speed.
 */
export const sampleExactly = async (
  attachment: Attachment,
  threads: readonly Thread[],
): Promise<(RawProfile | undefined)[]> => {
  const sessions = threads.map(({ session }) => session);
  const enableInlining = await disableInlining(attachment, sessions);
  const profiles = await Promise.all(sessions.map((session) => sampleWhile(session, runExact)));
  void enableInlining(); // takes a while, until memwatch detaches
  return profiles;
};

const runExact = async (session: Session): Promise<void> => {
  await dropOptimisedCode(session);
  await sleep(longerIfBusy(exactMs));
};

/** undefined if the thread does not answer. */
export const sampleWhile = async (
  session: Session,
  whileSampled: (session: Session) => Promise<void>,
  intervalUs = 1000,
): Promise<RawProfile | undefined> => {
  const timeoutMs = longerIfBusy(mostMs);
  try {
    await Promise.all([
      session.send('Profiler.enable', undefined, { timeoutMs }),
      session.send('Profiler.setSamplingInterval', { interval: intervalUs }, { timeoutMs }),
      session.send('Profiler.start', undefined, { timeoutMs }),
    ]);
    await whileSampled(session);
    const { profile } = await session.send('Profiler.stop', undefined, { timeoutMs });
    hideAddresses(profile.nodes);
    return profile;
  } catch (error) {
    if (error instanceof MemwatchError && ['no-answer', 'target-error'].includes(error.code)) return undefined;
    throw error;
  }
};

/** All scripts of the thread, those of the profile with the text that V8 runs. */
export const scriptsOfSamples = (
  { session }: Thread,
  attachment: Attachment,
  profile: RawProfile,
): Promise<ScriptsTable> => {
  const ids = new Set(profile.nodes.map(({ callFrame }) => Number(callFrame.scriptId)));
  return captureScriptsAndSource(session, attachment, ({ id }) => ids.has(id));
};

/** As a .cpuprofile. */
export const textOfSamples = (thread: Thread, profile: RawProfile, scripts: ScriptsTable, precise: boolean): string => {
  const memwatch: CaptureNotes = { scripts, thread: thread.name, precise, gc: null, loop: null };
  return JSON.stringify({ ...profile, memwatch });
};
