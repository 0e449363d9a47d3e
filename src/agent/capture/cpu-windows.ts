/**
 * What the threads of a target run, again and again: one short CPU profile after another, by the same sessions. In: an
 * attachment. Out: for each window the threads' profiles, as .cpuprofile files in text. V8's profiler is stopped after each
 * window, so that nothing piles up in the target.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureNotes } from '../../analyzer/model/profile.js';
import type { ScriptsTable } from '../../analyzer/model/scripts.js';
import type { Attachment } from '../attach/attach.js';
import type { Session } from '../session/protocol.js';
import { threadsOf, type CpuCapture, type Thread } from './cpu-profile.js';
import { watchGcAndLoop, type GcAndLoopWatch } from './gc-and-loop.js';
import { hideAddresses } from './own-documents.js';
import { captureScripts } from './scripts.js';

export interface CpuWindowOptions {
  readonly windowMs: number;
  readonly intervalUs: number;
  readonly allThreads: boolean;
  readonly signal: AbortSignal;
}

/** Ends when the signal is aborted, or the target ends. While nobody asks for the next window, nothing is sampled. */
export async function* watchCpu(attachment: Attachment, options: CpuWindowOptions): AsyncGenerator<CpuCapture[]> {
  const over = AbortSignal.any([attachment.ending, options.signal]);
  const watched = new Map<Session, WatchedThread>();
  try {
    while (!over.aborted) {
      const threads = await threadsOf(attachment, options.allThreads);
      const started = await keepFulfilled(threads.map((thread) => start(watched, thread, options)));
      await sleep(options.windowMs, undefined, { signal: over }).catch(() => {}); // it is over: see above
      const captures = await keepFulfilled(started.map((one) => stop(attachment, one)));
      if (attachment.ending.aborted) return;
      yield captures;
    }
  } finally {
    if (!attachment.ending.aborted) await Promise.all([...watched.values()].map(({ watch }) => watch.stop()));
  }
}

/** A worker may end at any time; the profiles of the others are kept. */
const keepFulfilled = async <T>(promises: readonly Promise<T>[]): Promise<T[]> => {
  const settled = await Promise.allSettled(promises);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
};

interface WatchedThread {
  readonly thread: Thread;
  readonly watch: GcAndLoopWatch;
  /** Empty until the first profile. */
  scripts: ScriptsTable | undefined;
  scriptsAtMs: number;
  ownUs: number;
}

/** V8's profiler takes long to begin in a program with much code. */
const timed = async <T>(one: WatchedThread, command: Promise<T>): Promise<T> => {
  const begun = performance.now();
  const answer = await command;
  one.ownUs = Math.max(one.ownUs, (performance.now() - begun) * 1000);
  return answer;
};

const start = async (
  watched: Map<Session, WatchedThread>,
  thread: Thread,
  { intervalUs }: CpuWindowOptions,
): Promise<WatchedThread> => {
  const { session } = thread;
  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', { interval: intervalUs });
  const known = watched.get(session) ?? {
    thread,
    watch: await watchGcAndLoop(session, { gc: false }),
    scripts: undefined,
    scriptsAtMs: -Infinity,
    ownUs: 0,
  };
  watched.set(session, known);
  await timed(known, session.send('Profiler.start'));
  return known;
};

/** Reading the list of scripts costs the target some milliseconds: it is read again only for scripts that are not in it. */
const scriptsEveryMs = 20_000;

const stop = async (attachment: Attachment, one: WatchedThread): Promise<CpuCapture> => {
  const { name, session } = one.thread;
  const { profile } = await timed(one, session.send('Profiler.stop', undefined, { timeoutMs: 60_000 }));
  hideAddresses(profile.nodes);
  const known = new Set(one.scripts?.scripts.map(({ id }) => id));
  const isNew = profile.nodes.some(({ callFrame: { url, scriptId } }) => url !== '' && !known.has(Number(scriptId)));
  if (one.scripts === undefined || (isNew && performance.now() - one.scriptsAtMs > scriptsEveryMs)) {
    one.scripts = await timed(one, captureScripts(session, attachment));
    one.scriptsAtMs = performance.now();
  }
  const { loop = null } = (await one.watch.read()) ?? {};
  const memwatch: CaptureNotes = { scripts: one.scripts, thread: name, precise: false, gc: null, loop };
  return { thread: name, text: JSON.stringify({ ...profile, memwatch }), ownUs: one.ownUs };
};
