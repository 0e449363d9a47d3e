/**
 * CPU profiles of the threads of a target, by V8's sampling profiler. In: an Attachment, what to profile and for how long.
 * Out: for each thread, the text of a .cpuprofile with memwatch's notes in it. If a target ends while it is profiled, its
 * profile and its exit code are kept.
 */
import type { Protocol } from 'devtools-protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallCounts, CaptureNotes } from '../../analyzer/model/profile.js';
import type { ScriptsTable } from '../../analyzer/model/scripts.js';
import type { Attachment } from '../attach/attach.js';
import { countCalls, readWork, type Work } from './call-counts.js';
import { watchGcAndLoop, type GcAndLoopWatch } from './gc-and-loop.js';
import { messageOf } from '../../errors.js';
import { publicAddress } from '../../source/file-address.js';
import { disableInlining, dropOptimisedCode } from './inlining.js';
import type { Session } from '../session/protocol.js';
import { hideAddresses } from './own-documents.js';
import { captureScriptsWithSource } from './scripts.js';
import type { WorkerThread } from '../session/workers.js';

export interface Thread {
  /** `main thread`, `worker 2 (resizer)`. */
  readonly name: string;
  readonly session: Session;
}

export interface CpuCaptureOptions {
  /** Infinity means until the target ends or the user stops it. */
  readonly durationMs: number;
  readonly intervalUs: number;
  readonly precise: boolean;
  /** Ends the profile early; what was sampled until then is kept. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  /** How long to count calls after the profile; undefined to not count them. */
  readonly callsMs?: number | undefined;
  /** Call counts of another run of the same program, to be stored with its main thread's profile. */
  readonly counts?: CallCounts | undefined;
  /** Also profiles workers that start meanwhile. */
  readonly laterWorkers?: boolean | undefined;
  /**
   * Called with a worker that ended before the profile did: its profile is lost. Node could make it wait for memwatch at
   * its end, but would let it wait forever if memwatch were killed (a lost connection does not close workers' sessions).
   */
  readonly onLost?: ((thread: string) => void) | undefined;
  /** Called with a worker that runs and could not be profiled. */
  readonly onFailed?: ((thread: string, why: string) => void) | undefined;
}

export interface CpuCapture {
  readonly thread: string;
  /** The whole file. */
  readonly text: string;
  /** Of one of many short profiles: the longest that a command of memwatch's kept the thread from its event loop, so far. */
  readonly ownUs?: number;
}

/** The main thread, the worker that the target names, or all. */
export const threadsOf = async (attachment: Attachment, all: boolean): Promise<[Thread, ...Thread[]]> => {
  const main = { name: 'main thread', session: attachment.main };
  if (all) return [main, ...(await attachment.workers()).map(threadOf)];
  return [attachment.worker === undefined ? main : threadOf(attachment.worker)];
};

export const threadOf = ({ id, title, session }: WorkerThread): Thread => {
  const own = title.replace(/^\[worker \d+\] ?/, '');
  return { name: own === '' || own === 'WorkerThread' ? `worker ${id}` : `worker ${id} (${own})`, session };
};

/** Throws if the first thread cannot be profiled; a worker that cannot does not spoil the other profiles. */
export const captureCpuProfiles = async (
  attachment: Attachment,
  [first, ...workers]: readonly [Thread, ...Thread[]],
  options: CpuCaptureOptions,
): Promise<CpuCapture[]> => {
  const sessions = [first, ...workers].map(({ session }) => session);
  const enableInlining = options.precise ? await disableInlining(attachment, sessions) : undefined;
  const running = [await start(first, options)];
  if (options.precise) await dropOptimisedCode(first.session);
  const ofWorkers = profileWorkers(workers, attachment, options, { running, sessions });
  await ofWorkers.started;
  await attachment.runIfWaiting();
  await waitForEnd(attachment, options, running);
  await ofWorkers.stop();
  const placeOf = ({ thread }: RunningProfile): number => sessions.indexOf(thread.session);
  running.sort((a, b) => placeOf(a) - placeOf(b));
  const stopping = running.map(stop);
  const settled = await Promise.allSettled(stopping);
  await enableInlining?.();
  const profiled = settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
  const counting = await countCalls(attachment, profiled, options);
  const finishing = stopping.map(async (stopped, at) => finish(attachment, await stopped, options, await counting[at]));
  const finished = await Promise.allSettled(finishing);
  const captures = finished.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
  const [main] = finished;
  if (captures.length === 0 && main?.status === 'rejected') throw main.reason;
  running.forEach(({ thread }, at) => finished[at]?.status === 'rejected' && options.onLost?.(thread.name));
  return captures;
};

/** A program that starts a worker for every task would fill memwatch's memory with profiles. */
const maxWorkers = 100;

interface WorkerProfiles {
  /** The profiles of the workers that were given have begun. */
  readonly started: Promise<unknown>;
  /** No worker is added from now on; reports those that could not be profiled. */
  stop(): Promise<void>;
}

/** Begins to profile these workers and, if wanted, each that starts. */
const profileWorkers = (
  workers: readonly Thread[],
  attachment: Attachment,
  options: CpuCaptureOptions,
  { running, sessions }: { running: RunningProfile[]; sessions: Session[] },
): WorkerProfiles => {
  const startedAt = performance.now();
  const failed: { thread: Thread; why: string }[] = [];
  const add = async (thread: Thread, isLate: boolean): Promise<void> => {
    const sinceUs = isLate ? Math.round((performance.now() - startedAt) * 1000) : 0;
    try {
      running.push(await start(thread, options, sinceUs));
      // V8 may charge code that a late worker compiled before its profile began to the caller; it is little, and soon
      // compiled again
      if (isLate || options.precise) await dropOptimisedCode(thread.session);
    } catch (error) {
      failed.push({ thread, why: messageOf(error) });
    }
  };
  const starting: Promise<void>[] = [];
  const stopListening = attachment.onWorker((worker) => {
    if (options.laterWorkers !== true || running.length > maxWorkers) return;
    sessions.push(worker.session);
    starting.push(add(threadOf(worker), true));
  });
  return {
    started: Promise.all(workers.map((thread) => add(thread, false))),
    stop: async () => {
      stopListening();
      await Promise.all(starting);
      // one that ended before it was profiled leaves nothing to keep
      const alive = failed.filter(({ thread: { session } }) => !session.closed.aborted);
      for (const { thread, why } of alive) options.onFailed?.(thread.name, why);
    },
  };
};

interface RunningProfile {
  readonly thread: Thread;
  readonly watch: GcAndLoopWatch;
  /** If calls are counted: the work done until the profile began. */
  readonly from: Work | undefined;
  /** How long after the profile's start the thread started. */
  readonly sinceUs: number;
}

interface StoppedProfile extends RunningProfile {
  readonly profile: Protocol.Profiler.Profile;
  readonly to: Work | undefined;
  readonly gcAndLoop: Awaited<ReturnType<GcAndLoopWatch['stop']>>;
}

const start = async (
  thread: Thread,
  { intervalUs, callsMs }: CpuCaptureOptions,
  sinceUs = 0,
): Promise<RunningProfile> => {
  const { session } = thread;
  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', { interval: intervalUs });
  const watch = await watchGcAndLoop(session);
  const from = callsMs === undefined ? undefined : await readWork(session);
  await session.send('Profiler.start');
  return { thread, watch, from, sinceUs };
};

const stop = async (running: RunningProfile): Promise<StoppedProfile> => {
  const { session } = running.thread;
  const { profile } = await session.send('Profiler.stop', undefined, { timeoutMs: 60_000 });
  // a target at its end no longer answers this
  const to = running.from === undefined ? undefined : await readWork(session).catch(() => undefined);
  return { ...running, profile, to, gcAndLoop: await running.watch.stop() };
};

/** Known only when the profile is over. */
export const isWholeProgram = ({ program, ending }: Attachment): boolean => program !== undefined && ending.aborted;

/**
 * Returns when the time is over, the user stops it, or the target ends. A program that memwatch started is read regularly,
 * because its figures cannot be read after its end.
 */
const waitForEnd = async (
  { ending, program }: Attachment,
  { durationMs, signal, onProgress }: CpuCaptureOptions,
  running: readonly RunningProfile[],
): Promise<void> => {
  const over = AbortSignal.any([ending, ...(signal === undefined ? [] : [signal])]);
  const startedAt = Date.now();
  for (let left = durationMs; left > 0 && !over.aborted; left = durationMs - (Date.now() - startedAt)) {
    await sleep(Math.min(left, 1000), undefined, { signal: over }).catch(() => {}); // it is over: see above
    if (left > 1000 && !over.aborted) {
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      onProgress?.(`profiling: ${seconds} s${durationMs === Infinity ? '' : ` of ${durationMs / 1000} s`}`);
      if (program !== undefined) await Promise.all(running.map(({ watch }) => watch.read()));
    }
  }
};

const finish = async (
  attachment: Attachment,
  { thread: { name, session }, profile, gcAndLoop, sinceUs }: StoppedProfile,
  { precise, counts }: CpuCaptureOptions,
  counted: CallCounts | undefined,
): Promise<CpuCapture> => {
  const { gc = null, loop = null } = gcAndLoop ?? {};
  const calls = counted ?? (session === attachment.main ? counts : undefined);
  hideAddresses(profile.nodes);
  const ids = new Set(profile.nodes.map(({ callFrame }) => Number(callFrame.scriptId)));
  const urls = new Set(calls?.scripts.map(({ url }) => url));
  const scripts = await captureScriptsWithSource(session, attachment, ({ id, url }) => ids.has(id) || urls.has(url));
  const memwatch: CaptureNotes = {
    scripts,
    thread: name,
    precise,
    gc,
    loop,
    ...(sinceUs > 0 && { sinceUs }),
    ...(isWholeProgram(attachment) && { wholeProgram: true }),
    ...(calls && { calls: withIdsOf(scripts, withPublicAddresses(calls)) }),
  };
  return { thread: name, text: JSON.stringify({ ...profile, memwatch }) };
};

const withPublicAddresses = (calls: CallCounts): CallCounts => ({
  ...calls,
  scripts: calls.scripts.map((script) => ({ ...script, url: publicAddress(script.url) })),
});

/** In another run of a program, scripts have other ids; their addresses match them up. */
const withIdsOf = ({ scripts }: ScriptsTable, calls: CallCounts): CallCounts => {
  const ids = new Map(scripts.map(({ id, url }) => [url, String(id)]));
  const known = new Set(scripts.map(({ id, url }) => `${id} ${url}`));
  const idOf = ({ scriptId, url }: CallCounts['scripts'][number]): string =>
    known.has(`${scriptId} ${url}`) ? scriptId : (ids.get(url) ?? scriptId);
  return { ...calls, scripts: calls.scripts.map((script) => ({ ...script, scriptId: idOf(script) })) };
};
