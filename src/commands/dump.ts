/** `memwatch dump <pid>`: what every thread is doing now. Stacks are samples of V8's profiler: nothing is ever paused. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withAttachment, type Attachment } from '../agent/attach/attach.js';
import type { Target } from '../agent/attach/target.js';
import { captureCpuProfiles, threadsOf, type Thread } from '../agent/capture/cpu-profile.js';
import { readCallbacks, type CallbackPosition } from '../agent/capture/callbacks.js';
import { captureScripts } from '../agent/capture/scripts.js';
import type { Session } from '../agent/session/protocol.js';
import { readLoopDelay, readThreadInside, type ThreadInside } from '../agent/capture/thread-states.js';
import { childProcessIds, readProcess } from '../agent/process/proc.js';
import { readThread, readThreads } from '../agent/process/threads.js';
import { computeCommonStack, type CommonStack } from '../analyzer/cost/stacks.js';
import { describeThread } from '../analyzer/cost/thread-dump.js';
import { readCpuProfile } from '../analyzer/formats/cpuprofile.js';
import type { HandleCallback, KernelThread, ProcessDump, ThreadDump } from '../analyzer/model/dump.js';
import { createLocator } from '../analyzer/model/location.js';
import { memwatchUrl } from '../analyzer/model/scripts.js';
import { MemwatchError, throwIfInterrupted } from '../errors.js';
import { renderDump } from '../report/dump-text.js';
import { allTargets, targetForms, targetOf } from './choose-target.js';
import type { Command, Io } from './io.js';

export const dumpCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('target', { type: 'string', describe: targetForms })
      .option('all', { type: 'boolean', describe: 'every Node process on this machine that you may attach to' })
      .example('$0 dump 1234', 'why it hangs, or what it is doing')
      .example('$0 dump --all', 'all Node processes of the machine'),
  async run(args, io) {
    const targets = args['all'] === true ? allTargets() : [await targetOf(args, io)];
    if (args['all'] !== true) {
      const [target] = targets;
      if (target !== undefined) await dumpOne(target, io).then((dump) => io.print(dump, () => renderDump(dump)));
      return;
    }
    const dumps = await Promise.all(targets.map((target) => dumpOne(target, io).catch(errorOf)));
    throwIfInterrupted(io.signal);
    io.print({ schema: 'memwatch/dump@1', processes: dumps }, () =>
      dumps.map((dump) => ('error' in dump ? dump.error : renderDump(dump))).join('\n\n'),
    );
  },
};

const errorOf = (error: unknown): { error: string } => {
  if (error instanceof MemwatchError) return { error: error.message };
  throw error;
};

/** Long enough for some dozens of samples, each a millisecond apart. */
const sampleMs = 40;
/** After a deoptimization a thread needs a moment before it runs the new code. */
const exactMs = 150;

const dumpOne = async (target: Target, io: Io): Promise<ProcessDump> => {
  const patience = new AbortController();
  const watching = target.kind === 'pid' ? losePatience(target.pid, patience) : undefined;
  const attaching = { signal: AbortSignal.any([io.signal, patience.signal]), onProgress: io.progress };
  try {
    return await withAttachment(target, attaching, (attachment) => {
      clearInterval(watching);
      return dumpInside(attachment, io);
    });
  } catch (error) {
    throwIfInterrupted(io.signal);
    if (!patience.signal.aborted || target.kind !== 'pid' || readProcess(target.pid) === undefined) throw error;
    return dumpFromOutside(target.pid, error);
  } finally {
    clearInterval(watching);
  }
};

/** If the main thread sleeps in a system call, the inspector cannot answer until the call returns: give up this early. */
const patienceMs = { asleep: 1500, awake: 20_000 };

const losePatience = (pid: number, patience: AbortController): NodeJS.Timeout => {
  const begun = performance.now();
  let asleepSince: number | undefined;
  return setInterval(() => {
    const now = performance.now();
    const main = readThread(pid, pid);
    const waitsIn = main?.state === 'S' ? main.waitsIn : '';
    const inCall = waitsIn !== '' && (!/poll/.test(waitsIn) || childProcessIds(pid).length > 0);
    asleepSince = inCall ? (asleepSince ?? now) : undefined;
    const asleepMs = asleepSince === undefined ? 0 : now - asleepSince;
    if (asleepMs > patienceMs.asleep || now - begun > patienceMs.awake) patience.abort();
  }, 100);
};

const dumpInside = async (attachment: Attachment, io: Io): Promise<ProcessDump> => {
  const { pid } = attachment;
  const threads = (await threadsOf(attachment, true)).toSorted(byNumber);
  const inside = await Promise.all(threads.map(readThreadInside));
  const before = threads.map((_, at) => kernelThread(pid, at, inside[at]));
  const begun = performance.now();
  const [stacks, delays, callbacks] = await Promise.all([
    sampleStacks(attachment, threads, io, false),
    Promise.all(threads.map(readLoopDelay)),
    Promise.all(threads.map(({ session }, at) => (inside[at] === undefined ? undefined : readCallbacks(session)))),
  ]);
  const after = threads.map((_, at) => kernelThread(pid, at, inside[at]));
  const elapsedUs = (performance.now() - begun) * 1000;
  const located = await Promise.all(threads.map(({ session }, at) => locate(callbacks[at], session, attachment)));
  const describe = (stacksNow: ReadonlyMap<string, CommonStack>): ThreadDump[] =>
    threads.map(({ name }, at) => {
      const stack = stacksNow.get(name);
      const handles = inside[at]?.handles ?? [];
      const hasChildren = pid !== undefined && childProcessIds(pid).length > 0;
      return describeThread({
        worker: name,
        stack,
        before: before[at],
        after: after[at],
        elapsedUs,
        handles,
        callbacks: located[at] ?? [],
        loopDelayUs: delays[at] ?? null,
        hasChildren,
      });
    });
  const first = describe(stacks);
  // deoptimizing costs a stuck thread nothing, and makes its line certain
  const stuck = threads.filter((_, at) => isStuck(first[at]));
  if (stuck.length === 0) return documentOf(pid, attachment.nodeVersion, first);
  const exact = await sampleStacks(attachment, stuck, io, true);
  return documentOf(pid, attachment.nodeVersion, describe(new Map([...stacks, ...exact])));
};

/**
 * memwatch's own timer is left out. To be called when the profiler is done: it asks for the scripts, too, and V8 names them
 * only to the first that asks.
 */
const locate = async (
  callbacks: readonly CallbackPosition[] | undefined,
  session: Session,
  attachment: Attachment,
): Promise<HandleCallback[]> => {
  if (callbacks === undefined) return [];
  const locator = createLocator(await captureScripts(session, attachment));
  const located = callbacks.map(({ type, name, count, position }) => {
    const place =
      position && locator.atPosition(Number(position.scriptId), '', position.lineNumber, position.columnNumber ?? 0);
    return { type, count, function: name, file: place?.file ?? '', line: place?.line ?? 0 };
  });
  return located.filter(({ file }) => file !== memwatchUrl);
};

/** The main thread, then the workers in the order in which they were started. */
const byNumber = (a: Thread, b: Thread): number => numberOf(a) - numberOf(b);
const numberOf = ({ name }: Thread): number => Number(/^worker (\d+)/.exec(name)?.[1] ?? 0);

/** It runs, and nearly all its samples show the same stack; a few show V8's garbage collection. */
const stuckShare = 0.7;
const isStuck = (thread: ThreadDump | undefined): boolean =>
  thread?.state === 'running' && thread.samples > thread.samplesTaken * stuckShare;

const kernelThread = (
  pid: number | undefined,
  at: number,
  inside: ThreadInside | undefined,
): KernelThread | undefined => {
  if (pid === undefined) return undefined;
  if (at === 0) return readThread(pid, pid);
  return inside?.kernelId == null ? undefined : readThread(pid, inside.kernelId);
};

const sampleStacks = async (
  attachment: Attachment,
  threads: readonly Thread[],
  io: Io,
  precise: boolean,
): Promise<Map<string, CommonStack>> => {
  const options = { durationMs: precise ? exactMs : sampleMs, intervalUs: 1000, precise, signal: io.signal };
  const captures = await captureCpuProfiles(attachment, threads, options);
  return new Map(captures.map(({ thread, text }) => [thread, computeCommonStack(readCpuProfile(text))]));
};

/** What the kernel knows, if the inspector does not answer. */
const dumpFromOutside = async (pid: number, error: unknown): Promise<ProcessDump> => {
  const before = readThreads(pid);
  const begun = performance.now();
  await sleep(sampleMs * 5);
  const elapsedUs = (performance.now() - begun) * 1000;
  const hasChildren = childProcessIds(pid).length > 0;
  const threads = readThreads(pid).map((after) => {
    const worker = after.id === pid ? 'main thread' : `thread ${after.id} (${after.name})`;
    const then = before.find(({ id }) => id === after.id);
    return describeThread({
      worker,
      stack: undefined,
      before: then,
      after,
      elapsedUs,
      handles: [],
      callbacks: [],
      loopDelayUs: null,
      hasChildren,
    });
  });
  const warning =
    'no stacks: the inspector did not answer, as when the main thread is neither in JavaScript nor in its event loop';
  const hints = error instanceof MemwatchError && error.hint !== undefined ? [error.hint] : [];
  return { ...documentOf(pid, null, threads), warnings: [warning, ...hints] };
};

const documentOf = (pid: number | undefined, nodeVersion: string | null, threads: ThreadDump[]): ProcessDump => ({
  schema: 'memwatch/dump@1',
  pid: pid ?? null,
  command: pid === undefined ? '' : (readProcess(pid)?.command.join(' ') ?? ''),
  nodeVersion,
  threads,
  children: (pid === undefined ? [] : childProcessIds(pid)).map((child) => ({
    pid: child,
    command: readProcess(child)?.command.join(' ') ?? '',
  })),
  warnings: [],
});
