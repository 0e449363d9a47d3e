/**
 * What the threads of a process do, as its inspector and the kernel see them. In: an attachment. Out: a ProcessDump. Stacks are
 * samples of V8's profiler: nothing is ever paused.
 */
import type { Attachment } from '../../agent/attach/attach.js';
import { readCallbacks } from '../../agent/capture/callbacks.js';
import { captureCpuProfiles, threadsOf, type Thread } from '../../agent/capture/cpu-profile.js';
import { readPendingPromises } from '../../agent/capture/pending-promises.js';
import { captureScripts } from '../../agent/capture/scripts.js';
import { readLoopDelay, readThreadInside, type ThreadInside } from '../../agent/capture/thread-states.js';
import { childProcessIds, readProcess } from '../../agent/process/proc.js';
import { readThread } from '../../agent/process/threads.js';
import { computePending } from '../../analyzer/cost/awaited.js';
import { computeCommonStack, type CommonStack } from '../../analyzer/cost/stacks.js';
import { describeThread, type ThreadEvidence } from '../../analyzer/cost/thread-dump.js';
import { readCpuProfile } from '../../analyzer/formats/cpuprofile.js';
import type {
  HandleCallback,
  KernelThread,
  PendingPromises,
  ProcessDump,
  ThreadDump,
} from '../../analyzer/model/dump.js';
import { createLocator, type Locator } from '../../analyzer/model/location.js';
import { roomToCollect } from '../../captures/estimate.js';
import { formatBytes } from '../../report/units.js';

export interface DumpOptions {
  readonly signal: AbortSignal;
  /** Look at pending promises however long that stops the process. */
  readonly allPromises: boolean;
}

/** Long enough for some dozens of samples, each a millisecond apart. */
const sampleMs = 40;
/** After a deoptimization a thread needs a moment before it runs the new code. */
const exactMs = 150;

export const dumpInside = async (attachment: Attachment, options: DumpOptions): Promise<ProcessDump> => {
  const { pid } = attachment;
  const threads = (await threadsOf(attachment, true)).toSorted(byNumber);
  const inside = await Promise.all(threads.map(readThreadInside));
  const kernelThreads = () => threads.map((_, at) => kernelThread(pid, at, inside[at]));
  const before = kernelThreads();
  const begun = performance.now();
  const sampled = sampleStacks(attachment, threads, options, false);
  const [stacks, loopDelays, held] = await Promise.all([
    sampled,
    Promise.all(threads.map(readLoopDelay)),
    // when the profiler is done: it asks for the scripts, too, and V8 names them only to the first that asks
    sampled.then(() => Promise.all(threads.map((one, at) => readHeld(one, inside[at], attachment)))),
  ]);
  const after = kernelThreads();
  const elapsedUs = (performance.now() - begun) * 1000;
  const hasChildren = pid !== undefined && childProcessIds(pid).length > 0;
  const evidence = (at: number): Omit<ThreadEvidence, 'stack' | 'promises'> => ({
    worker: threads[at]?.name ?? '',
    before: before[at],
    after: after[at],
    elapsedUs,
    handles: inside[at]?.handles ?? [],
    callbacks: held[at]?.callbacks ?? [],
    loopDelayUs: loopDelays[at] ?? null,
    hasChildren,
  });
  const describe = (at: number, stack: CommonStack | undefined, promises: PendingPromises | null): ThreadDump =>
    describeThread({ ...evidence(at), stack, promises });
  const first = threads.map(({ name }, at) => describe(at, stacks.get(name), null));
  // deoptimizing costs a stuck thread nothing, and makes its line certain
  const stuck = threads.filter((_, at) => isStuck(first[at]));
  const exact = stuck.length === 0 ? stacks : await sampleStacks(attachment, stuck, options, true);
  const { pending, warnings } = await readPending(attachment, threads, { loopDelays, held }, options);
  const dumps = threads.map(({ name }, at) => describe(at, exact.get(name) ?? stacks.get(name), pending[at] ?? null));
  return { ...documentOf(pid, attachment.nodeVersion, dumps), warnings };
};

/** What a thread's handles will call; undefined if it does not answer. */
interface Held {
  readonly callbacks: HandleCallback[];
  readonly locator: Locator;
}

const readHeld = async (
  { session }: Thread,
  inside: ThreadInside | undefined,
  attachment: Attachment,
): Promise<Held | undefined> => {
  if (inside === undefined) return undefined;
  const locator = createLocator(await captureScripts(session, attachment));
  const callbacks = await readCallbacks(session, ({ scriptId, lineNumber, columnNumber = 0 }) =>
    locator.atPosition(Number(scriptId), '', lineNumber, columnNumber),
  );
  return { callbacks, locator };
};

/** To look for promises V8 collects garbage, which stops a thread for 2 to 4 ms for each megabyte of its heap. */
const mostHeapBytes = 64 * 2 ** 20;

/** Only of threads whose event loop turns: the others do not wait for promises. */
const readPending = async (
  attachment: Attachment,
  threads: readonly Thread[],
  { loopDelays, held }: { loopDelays: readonly (number | null)[]; held: readonly (Held | undefined)[] },
  { allPromises }: DumpOptions,
): Promise<{ pending: (PendingPromises | null)[]; warnings: string[] }> => {
  const warnings: string[] = [];
  const fits = await roomToCollect(attachment);
  const pending = await Promise.all(
    threads.map(async ({ name, session }, at) => {
      const locator = held[at]?.locator;
      if (locator === undefined || loopDelays[at] === null) return null;
      const { usedSize } = await session.send('Runtime.getHeapUsage');
      if (!fits || (usedSize > mostHeapBytes && !allPromises)) {
        const why = fits ? `that collects the garbage of ${formatBytes(usedSize)}; --promises does it` : noRoom;
        warnings.push(`${name}: pending promises were not looked for: ${why}`);
        return null;
      }
      const found = await readPendingPromises(session, locator.atAddress);
      return found === undefined ? null : computePending(found);
    }),
  );
  return { pending, warnings };
};

const noRoom = 'there is not enough memory to collect garbage';

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
  { signal }: DumpOptions,
  precise: boolean,
): Promise<Map<string, CommonStack>> => {
  const options = { durationMs: precise ? exactMs : sampleMs, intervalUs: 1000, precise, signal };
  const captures = await captureCpuProfiles(attachment, threads, options);
  return new Map(captures.map(({ thread, text }) => [thread, computeCommonStack(readCpuProfile(text))]));
};

export const documentOf = (
  pid: number | undefined,
  nodeVersion: string | null,
  threads: ThreadDump[],
): ProcessDump => ({
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
