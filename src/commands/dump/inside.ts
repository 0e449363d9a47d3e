/**
 * What the threads of a process do, as its inspector and the kernel see them. In: an attachment. Out: a ProcessDump. Stacks are
 * samples of V8's profiler: nothing is ever paused.
 */
import type { Attachment } from '../../agent/attach/attach.js';
import { readCallbacks } from '../../agent/capture/callbacks.js';
import { threadsOf, type Thread } from '../../agent/capture/cpu-profile.js';
import { readPendingPromises } from '../../agent/capture/pending-promises.js';
import {
  around,
  sampleExactly,
  sampleThread,
  scriptsOfSamples,
  textOfSamples,
  type Around,
} from '../../agent/capture/stack-samples.js';
import { readLoopDelay, readThreadInside, type ThreadInside } from '../../agent/capture/thread-states.js';
import { unlessEnded } from '../../agent/session/workers.js';
import { childProcessIds, describeWait } from '../../agent/process/proc.js';
import { describeSilentWorker, findThreadNamed, readThread } from '../../agent/process/threads.js';
import { computePending } from '../../analyzer/cost/awaited.js';
import { computeCommonStack, type CommonStack } from '../../analyzer/cost/stacks.js';
import { describeThread } from '../../analyzer/cost/thread-dump.js';
import { readCpuProfile } from '../../analyzer/formats/cpuprofile.js';
import type {
  HandleCallback,
  KernelThread,
  PendingPromises,
  ProcessDump,
  ThreadDump,
} from '../../analyzer/model/dump.js';
import { createLocator, type Locator } from '../../analyzer/model/location.js';
import type { ScriptsTable } from '../../analyzer/model/scripts.js';
import { roomToCollect } from '../../captures/estimate.js';
import { formatBytes } from '../../report/units.js';
import { documentOf } from './document.js';

export interface DumpOptions {
  /** Look at pending promises however long that stops the process. */
  readonly allPromises: boolean;
}

export const dumpInside = async (attachment: Attachment, { allPromises }: DumpOptions): Promise<ProcessDump> => {
  const { pid, nodeVersion } = attachment;
  const threads = (await threadsOf(attachment, true)).toSorted(byNumber);
  const looked = threads.map((thread) => unlessEnded(attachment, thread, () => lookAt(attachment, thread)));
  const looks = (await Promise.all(looked)).filter((look) => look !== undefined);
  const hasChildren = pid !== undefined && childProcessIds(pid).length > 0;
  const stuck = looks.filter((look) => isStuck(look, hasChildren));
  const sampling = sampleStuck(attachment, stuck);
  // a loop that has not turned until the line is known is not waited for any longer
  const delays = looks.map((look) => (stuck.includes(look) ? orWhen(sampling, look.loopDelay) : look.loopDelay));
  const [exact, { found, pending, warnings }] = await Promise.all([
    sampling,
    readHeldAndPending(attachment, looks, delays, allPromises),
  ]);
  const dumps = found.map(({ look, held, loopDelayUs }, at) =>
    describe(
      { ...untilNow(look), stack: exact.get(look) ?? look.stack },
      { hasChildren, callbacks: held?.callbacks ?? [], loopDelayUs, promises: pending[at] ?? null },
    ),
  );
  return { ...documentOf(pid, nodeVersion, dumps), warnings };
};

const orWhen = (over: Promise<unknown>, answer: Promise<number | null>): Promise<number | null> =>
  Promise.race([
    answer,
    over.then(
      () => null,
      () => null,
    ),
  ]);

/** What one thread answered. */
interface Look {
  readonly thread: Thread;
  /** undefined if it does not answer; nothing more is asked of it then. */
  readonly inside: ThreadInside | undefined;
  /** Why it does not answer. */
  readonly silence: string | null;
  /** The kernel's view while samples were taken, and how to read it again. */
  readonly kernel: Around<KernelThread | undefined>;
  readonly readKernel: () => KernelThread | undefined;
  /** A loop that does not turn takes the longest to be known. */
  readonly loopDelay: Promise<number | null>;
  readonly scripts: ScriptsTable | undefined;
  readonly stack: CommonStack | undefined;
}

const lookAt = async (attachment: Attachment, thread: Thread): Promise<Look> => {
  const { pid, main } = attachment;
  const inside = await readThreadInside(thread);
  if (inside === undefined) return lookAtSilent(attachment, thread);
  const id = thread.session === main ? pid : (inside.kernelId ?? undefined);
  const loopDelay = readLoopDelay(thread);
  loopDelay.catch(() => {}); // if the connection breaks, the next command says so
  const readKernel = () => (pid === undefined || id === undefined ? undefined : readThread(pid, id));
  const sampled = await sampleThread(thread, readKernel);
  const { profile, ...kernel } = sampled ?? { profile: undefined, ...(await around(readKernel, async () => {})) };
  const look = { thread, inside, silence: null, kernel, readKernel, loopDelay, scripts: undefined, stack: undefined };
  if (profile === undefined) return look;
  const scripts = await scriptsOfSamples(thread, attachment, profile);
  const stack = computeCommonStack(readCpuProfile(textOfSamples(thread, profile, scripts, false)));
  return { ...look, scripts, stack };
};

/** Only the kernel knows what it does. */
const lookAtSilent = async ({ pid, main }: Attachment, thread: Thread): Promise<Look> => {
  const isMain = thread.session === main;
  const name = /\((.*)\)$/.exec(thread.name)?.[1];
  const readKernel = (): KernelThread | undefined => {
    if (pid === undefined) return undefined;
    if (isMain) return readThread(pid, pid);
    return name === undefined ? undefined : findThreadNamed(pid, name);
  };
  let silence: string | null = null;
  const kernel = await around(readKernel, async () => {
    silence = isMain && pid !== undefined ? describeWait(pid) : await describeSilentWorker(pid);
  });
  const unknown = { inside: undefined, loopDelay: Promise.resolve(null), scripts: undefined, stack: undefined };
  return { thread, silence: kernel.after === undefined ? silence : null, kernel, readKernel, ...unknown };
};

interface MoreEvidence {
  readonly hasChildren: boolean;
  readonly callbacks: readonly HandleCallback[];
  readonly loopDelayUs: number | null;
  readonly promises: PendingPromises | null;
}

const describe = ({ thread, inside, silence, kernel, stack }: Look, more: MoreEvidence): ThreadDump =>
  describeThread({ ...more, ...kernel, worker: thread.name, stack, silence, handles: inside?.handles ?? [] });

/** Until now: a longer time says better how much of a core it used. */
const untilNow = (look: Look): Look => {
  const { begunMs, before } = look.kernel;
  const elapsedUs = (performance.now() - begunMs) * 1000;
  return { ...look, kernel: { begunMs, before, after: look.readKernel(), elapsedUs } };
};

/** It runs, and nearly all its samples show the same stack; a few show V8's garbage collection. */
const stuckShare = 0.7;
const isStuck = (look: Look, hasChildren: boolean): boolean => {
  const thread = describe(look, { hasChildren, callbacks: [], loopDelayUs: null, promises: null });
  return thread.state === 'running' && thread.samples > thread.samplesTaken * stuckShare;
};

/** The certain line of threads that are stuck. */
const sampleStuck = async (attachment: Attachment, stuck: readonly Look[]): Promise<ReadonlyMap<Look, CommonStack>> => {
  const exact = new Map<Look, CommonStack>();
  if (stuck.length === 0) return exact;
  const profiles = await sampleExactly(
    attachment,
    stuck.map(({ thread }) => thread),
  );
  for (const [at, look] of stuck.entries()) {
    const profile = profiles[at];
    if (profile === undefined || look.scripts === undefined) continue;
    exact.set(look, computeCommonStack(readCpuProfile(textOfSamples(look.thread, profile, look.scripts, true))));
  }
  return exact;
};

/** What a thread's handles will call; undefined if it does not answer. */
interface Held {
  readonly callbacks: HandleCallback[];
  readonly locator: Locator;
}

const readHeld = async ({ thread: { session }, inside, scripts }: Look): Promise<Held | undefined> => {
  if (scripts === undefined) return undefined;
  const locator = createLocator(scripts);
  if (inside?.handles.length === 0) return { callbacks: [], locator };
  const callbacks = await readCallbacks(session, ({ scriptId, lineNumber, columnNumber = 0 }) =>
    locator.atPosition(Number(scriptId), '', lineNumber, columnNumber),
  );
  return { callbacks, locator };
};

/** To look for promises V8 collects garbage, which stops a thread for 2 to 4 ms for each megabyte of its heap. */
const mostHeapBytes = 64 * 2 ** 20;

interface Found {
  readonly look: Look;
  readonly held: Held | undefined;
  readonly loopDelayUs: number | null;
}

const readHeldAndPending = async (
  attachment: Attachment,
  looks: readonly Look[],
  delays: readonly Promise<number | null>[],
  allPromises: boolean,
) => {
  const found = await Promise.all(
    looks.map(async (look, at): Promise<Found> => ({
      look,
      held: await unlessEnded(attachment, look.thread, () => readHeld(look)),
      loopDelayUs: (await unlessEnded(attachment, look.thread, async () => delays[at])) ?? null,
    })),
  );
  return { found, ...(await readPending(attachment, found, allPromises)) };
};

/** Only of threads whose event loop turns: the others do not wait for promises. */
const readPending = async (
  attachment: Attachment,
  found: readonly Found[],
  allPromises: boolean,
): Promise<{ pending: (PendingPromises | null | undefined)[]; warnings: string[] }> => {
  const warnings: string[] = [];
  const turns = found.some(({ held, loopDelayUs }) => held !== undefined && loopDelayUs !== null);
  const fits = turns && (await roomToCollect(attachment));
  const pendingOf = async ({ look, held, loopDelayUs }: Found): Promise<PendingPromises | null> => {
    const { name, session } = look.thread;
    if (held === undefined || loopDelayUs === null) return null;
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    if (!fits || (usedSize > mostHeapBytes && !allPromises)) {
      const why = fits ? `that collects the garbage of ${formatBytes(usedSize)}; --promises does it` : noRoom;
      warnings.push(`${name}: pending promises were not looked for: ${why}`);
      return null;
    }
    const promises = await readPendingPromises(session, held.locator.atAddress);
    return promises === undefined ? null : computePending(promises);
  };
  const pending = await Promise.all(found.map((one) => unlessEnded(attachment, one.look.thread, () => pendingOf(one))));
  return { pending, warnings };
};

const noRoom = 'there is not enough memory to collect garbage';

/** The main thread, then the workers in the order in which they were started. */
const byNumber = (a: Thread, b: Thread): number => numberOf(a) - numberOf(b);
const numberOf = ({ name }: Thread): number => Number(/^worker (\d+)/.exec(name)?.[1] ?? 0);
