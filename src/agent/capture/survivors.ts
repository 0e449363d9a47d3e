/**
 * Where what survives was allocated: V8's sampling heap profiler, live objects alone, as finely as it takes.
 * In: a session. Out: sampled sites with their stacks; what was collected since is not in them.
 *
 * V8 names the function and where it starts, not the line within it, and charges a function that it inlined to the
 * caller. Buffers' memory is outside the heap and not seen.
 */
import type { Protocol } from 'devtools-protocol';
import type { SurvivorFrame, SurvivorSite } from '../../analyzer/model/survivors.js';
import type { Attachment } from '../attach/attach.js';
import type { Session } from '../session/protocol.js';

/** One sample for so many bytes, on average. The finest costs a busy server some 2 to 12 % CPU, the coarsest next to none. */
const interval = { most: 64 * 1024, least: 8 * 1024 };
/** With so many samples of what survives, the line that makes it is among them: by chance, a few can all miss it. */
const enoughSamples = 32;

export interface SurvivorSampling {
  /** Collects garbage and ends the sampling; what was allocated since its start and is alive. Empty when asked again. */
  stop(): Promise<SurvivorSite[]>;
}

/** `bytes`: one sample for so many that are allocated, on average. */
export const startSurvivorSampling = async (session: Session, bytes: number): Promise<SurvivorSampling> => {
  await session.send('HeapProfiler.startSampling', { samplingInterval: bytes });
  let stopped = false;
  return {
    async stop() {
      if (stopped) return [];
      stopped = true;
      const collected = session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs: 120_000 });
      await collected.catch(() => {}); // the sampling is to end in any case
      const { profile } = await session.send('HeapProfiler.stopSampling', undefined, { timeoutMs: 60_000 });
      return sitesOf(profile.head);
    },
  };
};

/**
 * Begins to sample, as finely as it takes where `expectedBytes` survive; what is answered ends it, and gives what was
 * allocated since and is alive.
 */
export const sampleSurvivors = async (
  { session, onDetach }: Attachment,
  expectedBytes: number,
): Promise<() => Promise<SurvivorSite[]>> => {
  const bytes = Math.min(interval.most, Math.max(interval.least, Math.round(expectedBytes / enoughSamples)));
  const sampling = await startSurvivorSampling(session, bytes);
  onDetach(async () => void (await sampling.stop()));
  return () => sampling.stop();
};

const sitesOf = (head: Protocol.HeapProfiler.SamplingHeapProfileNode): SurvivorSite[] => {
  const sites: SurvivorSite[] = [];
  const visit = (node: Protocol.HeapProfiler.SamplingHeapProfileNode, callers: readonly SurvivorFrame[]): void => {
    const { functionName, scriptId, url, lineNumber, columnNumber } = node.callFrame;
    const frame = { function: functionName, scriptId, url, line: lineNumber, column: columnNumber };
    const stack = node === head ? callers : [frame, ...callers].slice(0, 64);
    if (node.selfSize > 0) sites.push({ stack, bytes: node.selfSize });
    for (const child of node.children) visit(child, stack);
  };
  visit(head, []);
  return sites;
};
