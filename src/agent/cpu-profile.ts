/**
 * CPU profiles of the threads of a target, by V8's sampling profiler. In: an Attachment, what and how long. Out: for
 * each thread the text of a .cpuprofile with memwatch's notes in it. A target that comes to its end while it is
 * profiled keeps its profile, and its exit code.
 */
import type { Protocol } from 'devtools-protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallCounts, CaptureNotes } from '../analyzer/model/profile.js';
import type { ScriptsTable } from '../analyzer/model/scripts.js';
import type { Attachment } from './attach.js';
import { captureCallCounts, readWork, type Work } from './call-counts.js';
import { watchGcAndLoop, type GcAndLoopWatch } from './gc-and-loop.js';
import { disableInlining, dropOptimisedCode } from './inlining.js';
import type { Session } from './protocol.js';
import { captureScriptsWithSource } from './scripts.js';

export interface Thread {
  /** `main thread`, `worker 2 (resizer)`. */
  readonly name: string;
  readonly session: Session;
}

export interface CpuCaptureOptions {
  /** Infinity: until the target ends or the user stops it. */
  readonly durationMs: number;
  readonly intervalUs: number;
  readonly precise: boolean;
  /** Ends the profile early; what was sampled is kept. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  /** Counts calls for so long when the profile is over; undefined: not at all. */
  readonly callsMs?: number | undefined;
  /** Counts of another run of the same program, to keep with the profile. */
  readonly counts?: CallCounts | undefined;
}

export interface CpuCapture {
  readonly thread: string;
  /** The whole file. */
  readonly text: string;
}

/** The main thread, the worker that the target names, or all. */
export const threadsOf = async (attachment: Attachment, all: boolean): Promise<Thread[]> => {
  const workers = all ? await attachment.workers() : attachment.worker === undefined ? [] : [attachment.worker];
  const named = workers.map(({ id, title, session }) => ({ name: workerName(id, title), session }));
  return all || named.length === 0 ? [{ name: 'main thread', session: attachment.main }, ...named] : named;
};

const workerName = (id: string, title: string): string => {
  const own = title.replace(/^\[worker \d+\] ?/, '');
  return own === '' || own === 'WorkerThread' ? `worker ${id}` : `worker ${id} (${own})`;
};

/** Throws where no thread could be profiled. */
export const captureCpuProfiles = async (
  attachment: Attachment,
  threads: readonly Thread[],
  options: CpuCaptureOptions,
): Promise<CpuCapture[]> => {
  const sessions = threads.map(({ session }) => session);
  const enableInlining = options.precise ? await disableInlining(attachment, sessions) : undefined;
  const running = await Promise.all(threads.map((thread) => start(thread, options)));
  if (options.precise) for (const session of sessions) await dropOptimisedCode(session);
  await attachment.runIfWaiting();
  await waitForEnd(attachment, options, running);
  const stopped = await Promise.allSettled(running.map(stop));
  await enableInlining?.();
  const profiles = stopped.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
  const [first] = stopped;
  if (profiles.length === 0 && first?.status === 'rejected') throw first.reason; // a worker that ended spoils no other
  return Promise.all(profiles.map((profile) => finish(attachment, profile, options)));
};

interface RunningProfile {
  readonly thread: Thread;
  readonly watch: GcAndLoopWatch;
  /** Where calls are counted: the work done until the profile began. */
  readonly from: Work | undefined;
}

interface StoppedProfile extends RunningProfile {
  readonly profile: Protocol.Profiler.Profile;
  readonly to: Work | undefined;
}

const start = async (thread: Thread, { intervalUs, callsMs }: CpuCaptureOptions): Promise<RunningProfile> => {
  const { session } = thread;
  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', { interval: intervalUs });
  const watch = await watchGcAndLoop(session);
  const from = callsMs === undefined ? undefined : await readWork(session);
  await session.send('Profiler.start');
  return { thread, watch, from };
};

const stop = async (running: RunningProfile): Promise<StoppedProfile> => {
  const { session } = running.thread;
  const { profile } = await session.send('Profiler.stop', undefined, { timeoutMs: 60_000 });
  // a target at its end answers nothing more of this kind
  const to = running.from === undefined ? undefined : await readWork(session).catch(() => undefined);
  return { ...running, profile, to };
};

/** Until the time is over, the user stops it, or the target ends. Reads of a program, which will end, what its end makes unreadable. */
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
  { thread: { name, session }, watch, profile, from, to }: StoppedProfile,
  { precise, callsMs, counts, signal }: CpuCaptureOptions,
): Promise<CpuCapture> => {
  const { gc = null, loop = null } = (await watch.stop()) ?? {};
  const counted = callsMs !== undefined && from !== undefined && to !== undefined;
  const calls = counted ? await captureCallCounts(session, { durationMs: callsMs, signal, from, to }) : counts;
  const ids = new Set(profile.nodes.map(({ callFrame }) => Number(callFrame.scriptId)));
  const urls = new Set(calls?.scripts.map(({ url }) => url));
  const scripts = await captureScriptsWithSource(session, attachment, ({ id, url }) => ids.has(id) || urls.has(url));
  const memwatch: CaptureNotes = {
    scripts,
    thread: name,
    precise,
    gc,
    loop,
    ...(calls && { calls: withIdsOf(scripts, calls) }),
  };
  return { thread: name, text: JSON.stringify({ ...profile, memwatch }) };
};

/** Another run of a program gives its scripts other ids: the address tells which is which. */
const withIdsOf = ({ scripts }: ScriptsTable, calls: CallCounts): CallCounts => {
  const ids = new Map(scripts.map(({ id, url }) => [url, String(id)]));
  const known = new Set(scripts.map(({ id, url }) => `${id} ${url}`));
  const idOf = ({ scriptId, url }: CallCounts['scripts'][number]): string =>
    known.has(`${scriptId} ${url}`) ? scriptId : (ids.get(url) ?? scriptId);
  return { ...calls, scripts: calls.scripts.map((script) => ({ ...script, scriptId: idOf(script) })) };
};
