/**
 * Exact call counts of a thread, from V8's coverage. While V8 counts, nothing is optimised, so counting is a separate phase
 * after the profile, and its times are never used. In: a session, how long. Out: counts by script and offsets, and the
 * factor that turns them into the calls of the profiled phase.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallCounts } from '../../analyzer/model/profile.js';
import type { Attachment } from '../attach/attach.js';
import { evaluate, memwatchUrl } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';
import { compileAgain } from './inlining.js';

/** How much a thread has done since it started. */
export interface Work {
  readonly timeUs: number;
  /** Async resources created since the process started: each request, timer and stream creates some. */
  readonly asyncResources: number;
  readonly idleUs: number;
}

export const readWork = (session: Session): Promise<Work> =>
  evaluate(session, () => {
    const guard: { builtin: NodeJS.Process['getBuiltinModule'] } | undefined = Reflect.get(
      process,
      Symbol.for('memwatch'),
    );
    const builtin = process.getBuiltinModule?.bind(process) ?? guard?.builtin;
    const { AsyncResource } = builtin('node:async_hooks');
    const { performance } = builtin('node:perf_hooks');
    const resource = new AsyncResource('memwatch', { requireManualDestroy: true });
    return {
      timeUs: performance.now() * 1000,
      asyncResources: resource.asyncId(),
      idleUs: performance.eventLoopUtilization().idle * 1000,
    };
  });

/** A profile that is over; `from` and `to` are the work done at its start and end, if they could be read. */
interface Profiled {
  readonly thread: { readonly session: Session };
  readonly from: Work | undefined;
  readonly to: Work | undefined;
}

/** For each profile its counts, if they are wanted and can be compared with it. */
export const countCalls = async (
  attachment: Attachment,
  profiles: readonly (Profiled | undefined)[],
  { callsMs, signal }: { callsMs?: number | undefined; signal?: AbortSignal | undefined },
): Promise<readonly Promise<CallCounts | undefined>[]> => {
  if (callsMs === undefined) return [];
  const sessions: Session[] = [];
  const counting = profiles.map(async (profile) => {
    if (profile?.from === undefined || profile.to === undefined) return undefined;
    const { session } = profile.thread;
    sessions.push(session);
    return captureCallCounts(session, { durationMs: callsMs, signal, from: profile.from, to: profile.to });
  });
  await Promise.allSettled(counting);
  // which stops counting; of all threads at once, because how V8 compiles again is a setting of the process
  await compileAgain(attachment, sessions).catch(() => {}); // the target may be gone
  return counting;
};

/** Counts for `durationMs`, or until the signal, and goes on until the code is dropped. */
const captureCallCounts = async (
  session: Session,
  { durationMs, signal, from, to }: { durationMs: number; signal?: AbortSignal | undefined; from: Work; to: Work },
): Promise<CallCounts> => {
  await session.send('Profiler.enable');
  await session.send('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const begun = await readWork(session);
  await sleep(durationMs, undefined, { signal }).catch(() => {}); // the counts until then are used
  const ended = await readWork(session);
  const scripts = await takeCounts(session);
  const scale = scaleOf({ from, to }, { from: begun, to: ended });
  return { durationUs: ended.timeUs - begun.timeUs, ...scale, scripts };
};

/** Counts a program that memwatch started from its first line to its end. */
export const captureProgramCounts = async (attachment: Attachment): Promise<CallCounts> => {
  const { session, ending } = attachment;
  const startedAt = Date.now();
  await session.send('Profiler.enable');
  await session.send('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const ended = once(ending, 'abort');
  await attachment.runIfWaiting();
  await ended;
  const scripts = await takeCounts(session);
  return { durationUs: (Date.now() - startedAt) * 1000, scale: 1, scaledBy: 'a second run of the program', scripts };
};

/** Functions that were called, in scripts that are files; Node's own are left out. */
export const takeCounts = async (session: Session): Promise<CallCounts['scripts']> => {
  const { result } = await session.send('Profiler.takePreciseCoverage', undefined, { timeoutMs: 60_000 });
  return result
    .filter(({ url }) => url !== '' && url !== memwatchUrl && !/^(node:|evalmachine)/.test(url))
    .map(({ scriptId, url, functions }) => ({
      scriptId,
      url,
      functions: functions
        .map(({ functionName, ranges: [range] }) => ({
          name: functionName,
          start: range.startOffset,
          end: range.endOffset,
          count: range.count,
        }))
        .filter(({ count }) => count > 0),
    }))
    .filter(({ functions }) => functions.length > 0);
};

interface Phase {
  readonly from: Work;
  readonly to: Work;
}

/** A loop that was idle for a tenth of the time kept up with its input, which then came at the same rate in both phases. */
const keptUp = ({ from, to }: Phase): boolean => to.idleUs - from.idleUs > 0.1 * (to.timeUs - from.timeUs);
const fewestResources = 100;

const scaleOf = (profiled: Phase, counted: Phase): Pick<CallCounts, 'scale' | 'scaledBy'> => {
  const time = ({ from, to }: Phase): number => to.timeUs - from.timeUs;
  const resources = ({ from, to }: Phase): number => to.asyncResources - from.asyncResources - 1;
  if (keptUp(profiled) && keptUp(counted)) return { scale: time(profiled) / time(counted), scaledBy: 'time' };
  if (Math.min(resources(profiled), resources(counted)) >= fewestResources) {
    return { scale: resources(profiled) / resources(counted), scaledBy: 'async resources made' };
  }
  return { scale: null, scaledBy: 'nothing: the thread was busy all the time and made no async resources' };
};
