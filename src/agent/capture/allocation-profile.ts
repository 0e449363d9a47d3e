/**
 * Allocation profiles of a thread, by V8's sampling heap profiler. In: a session, what to sample and for how long. Out: the
 * text of a .heapprofile with memwatch's notes in it. V8 either counts everything that is allocated or forgets what dies,
 * so a profile of both has two phases of equal length. Memory outside the heap is in no such profile; its size is read
 * separately.
 */
import type { Protocol } from 'devtools-protocol';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureNotes, MemoryNotes } from '../../analyzer/model/profile.js';
import type { Attachment } from '../attach/attach.js';
import { isWholeProgram, type Thread } from './cpu-profile.js';
import { evaluate } from '../session/evaluate.js';
import { watchGcAndLoop, type GcAndLoop } from './gc-and-loop.js';
import { startHeapSampling } from './heap-sampling.js';
import { disableInlining, dropOptimisedCode } from './inlining.js';
import { stillRoomToCollect } from './room.js';
import type { Session } from '../session/protocol.js';
import { hideAddresses, nodesOf } from './own-documents.js';
import { captureScriptsWithSource } from './scripts.js';

type Tree = Protocol.HeapProfiler.SamplingHeapProfileNode;

export interface AllocationSampling {
  /**
   * What was allocated until now, or what of it is still alive. `collect` runs a full garbage collection first, so that
   * nothing dead counts as alive; it pauses the target for about 2 ms per megabyte of heap.
   */
  stop(options?: { collect?: boolean }): Promise<Tree>;
}

/**
 * Begins to sample. With `survivors`, V8 forgets what dies; otherwise it counts everything that is allocated. A thread can
 * have one sampling at a time.
 */
export const startAllocationSampling = async (
  session: Session,
  { intervalBytes, survivors }: { intervalBytes: number; survivors: boolean },
): Promise<AllocationSampling> => {
  await session.send('HeapProfiler.enable');
  await startHeapSampling(session, {
    samplingInterval: intervalBytes,
    includeObjectsCollectedByMajorGC: !survivors,
    includeObjectsCollectedByMinorGC: !survivors,
  });
  return {
    stop: async ({ collect = false } = {}) => {
      if (collect) await session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs: 120_000 });
      return (await session.send('HeapProfiler.stopSampling', undefined, { timeoutMs: 60_000 })).profile.head;
    },
  };
};

/** It costs a busy server next to nothing. */
const usualIntervalBytes = 64 * 1024;
const finestIntervalBytes = 8 * 1024;
/** Of what a phase allocates. So many cost a target little, and show a function that keeps a hundredth of it. */
const enoughSamples = 2000;

/** What stays alive may be little: a target that allocates slowly is sampled more finely. */
const survivorInterval = (allocatedBytes: number): number =>
  Math.min(usualIntervalBytes, Math.max(finestIntervalBytes, Math.round(allocatedBytes / enoughSamples)));

export interface AllocationCaptureOptions {
  /** The length of each phase; Infinity means until the target ends, with only one phase. */
  readonly durationMs: number;
  /** One sample for this many bytes, on average, in both phases. Without it memwatch chooses. */
  readonly intervalBytes?: number | undefined;
  readonly precise: boolean;
  /** Also measure what stays alive, in a second phase of the same length. */
  readonly survivors: boolean;
  /** Ends the phase early; what was sampled until then is kept. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** Returns the text of a .heapprofile. Throws what the session throws. */
export const captureAllocations = async (
  attachment: Attachment,
  thread: Thread,
  options: AllocationCaptureOptions,
): Promise<string> => {
  const { session } = thread;
  const { precise, intervalBytes = usualIntervalBytes } = options;
  const enableInlining = precise ? await disableInlining(attachment, [session]) : undefined;
  const watch = await watchGcAndLoop(session);
  const memory = createMemoryNotes(session);
  await memory.read();
  const churn = await startAllocationSampling(session, { intervalBytes, survivors: false });
  if (precise) await dropOptimisedCode(session);
  await attachment.runIfWaiting();
  const durationUs = await passPhase(attachment, options, 'what is allocated', async () => {
    await Promise.all([memory.read(), watch.read()]);
  });
  const allocated = await churn.stop(); // before the reading, which allocates itself
  await memory.read();
  const gcAndLoop = await watch.stop();
  const liveInterval = options.intervalBytes ?? survivorInterval(bytesOf(allocated));
  const live = await sampleSurvivors(attachment, session, { ...options, intervalBytes: liveInterval });
  await enableInlining?.();
  const notes = await notesOf(
    attachment,
    thread,
    [allocated, ...(live === undefined ? [] : [live])],
    precise,
    gcAndLoop,
  );
  const sampling = { allocatedBytes: intervalBytes, liveBytes: liveInterval };
  const memwatch = { ...notes, durationUs, sampling, memory: memory.notes(), ...(live && { live }) };
  return JSON.stringify({ head: allocated, memwatch });
};

const bytesOf = (tree: Tree): number => [...nodesOf(tree)].reduce((sum, { selfSize }) => sum + selfSize, 0);

/** undefined if the target has ended, or the user has stopped it. */
const sampleSurvivors = async (
  attachment: Attachment,
  session: Session,
  options: AllocationCaptureOptions & { readonly intervalBytes: number },
): Promise<Tree | undefined> => {
  const { survivors, intervalBytes, durationMs, signal } = options;
  if (!survivors || durationMs === Infinity || attachment.ending.aborted || signal?.aborted === true) return undefined;
  const sampling = await startAllocationSampling(session, { intervalBytes, survivors: true });
  await passPhase(attachment, options, 'what stays alive', async () => {});
  const fits = await stillRoomToCollect(session, attachment.pid).catch(() => true);
  const live = await sampling.stop({ collect: fits }).catch(() => undefined); // the target ended meanwhile: there are no survivors
  return fits ? live : undefined;
};

/** Lets the phase pass; returns how much of its time did. */
const passPhase = async (
  { ending, program }: Attachment,
  { durationMs, signal, onProgress }: AllocationCaptureOptions,
  what: string,
  onSecond: () => Promise<void>,
): Promise<number> => {
  const over = AbortSignal.any([ending, ...(signal === undefined ? [] : [signal])]);
  const startedAt = performance.now();
  const passedMs = (): number => performance.now() - startedAt;
  while (passedMs() < durationMs && !over.aborted) {
    await sleep(Math.min(durationMs - passedMs(), 1000), undefined, { signal: over }).catch(() => {}); // the phase is over
    onProgress?.(`sampling ${what}: ${Math.round(passedMs() / 1000)} s`);
    if (program !== undefined && !over.aborted) await onSecond(); // after its end it cannot be read any more
  }
  return passedMs() * 1000;
};

/** The memory at the first and at the last reading. */
const createMemoryNotes = (session: Session): { read(): Promise<void>; notes(): MemoryNotes | undefined } => {
  const readings: { heap: number; external: number }[] = [];
  return {
    read: async () => {
      const reading = evaluate(session, () => {
        const { heapUsed, external } = process.memoryUsage();
        return { heap: heapUsed, external };
      });
      const one = await reading.catch(() => undefined); // a target at its end does not answer
      if (one !== undefined) readings.splice(1, 1, one);
    },
    notes: () => {
      const [first] = readings;
      const last = readings.at(-1);
      if (first === undefined || last === undefined) return undefined;
      return { heapBytes: [first.heap, last.heap], externalBytes: [first.external, last.external] };
    },
  };
};

const notesOf = async (
  attachment: Attachment,
  { name, session }: Thread,
  trees: readonly Tree[],
  precise: boolean,
  gcAndLoop: GcAndLoop | undefined,
): Promise<CaptureNotes> => {
  const nodes = trees.flatMap((tree) => [...nodesOf(tree)]);
  hideAddresses(nodes);
  const ids = new Set(nodes.map(({ callFrame }) => Number(callFrame.scriptId)));
  const scripts = await captureScriptsWithSource(session, attachment, ({ id }) => ids.has(id));
  const wholeProgram = isWholeProgram(attachment) && { wholeProgram: true };
  return { scripts, thread: name, precise, gc: gcAndLoop?.gc ?? null, loop: gcAndLoop?.loop ?? null, ...wholeProgram };
};
