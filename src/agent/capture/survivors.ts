/**
 * Where the objects that survive were allocated: V8's sampling heap profiler, live objects only, with an interval that fits
 * the amount. In: a session. Out: sampled sites with their stacks, without what was collected since.
 *
 * V8 names the function and where it starts, not the line within it, and charges an inlined function to its caller. The
 * memory of Buffers is outside the heap and not seen.
 */
import type { Protocol } from 'devtools-protocol';
import type { SurvivorFrame, SurvivorSite } from '../../analyzer/model/survivors.js';
import type { Attachment } from '../attach/attach.js';
import { collectGarbage } from './collect-garbage.js';
import { stillRoomToCollect } from './room.js';
import type { Session } from '../session/protocol.js';
import { startHeapSampling } from './heap-sampling.js';

/**
 * One sample for this many bytes, on average. The finest interval costs a busy server about 2 to 12 % CPU, the coarsest
 * next to nothing.
 */
const interval = { most: 64 * 1024, least: 8 * 1024 };
/** With this many samples of survivors, the line that makes them is among them; a few samples could all miss it by chance. */
const enoughSamples = 32;

export interface SurvivorSampling {
  /** Collects garbage and ends the sampling; returns what was allocated since its start and is alive. Empty if called again. */
  stop(): Promise<SurvivorSite[]>;
}

/** `bytes`: one sample for this many allocated bytes, on average. */
export const startSurvivorSampling = async (
  session: Session,
  bytes: number,
  mayCollect: () => Promise<boolean> = async () => true,
): Promise<SurvivorSampling> => {
  await startHeapSampling(session, { samplingInterval: bytes });
  let stopped = false;
  return {
    async stop() {
      if (stopped) return [];
      stopped = true;
      // the sampling must end even if this fails
      if (await mayCollect().catch(() => false)) await collectGarbage(session, 120_000).catch(() => {});
      const { profile } = await session.send('HeapProfiler.stopSampling', undefined, { timeoutMs: 60_000 });
      return sitesOf(profile.head);
    },
  };
};

/**
 * Begins to sample, finely enough for `expectedBytes` of survivors. The returned function ends it, and returns what was
 * allocated since and is alive.
 */
export const sampleSurvivors = async (
  { session, pid, onDetach }: Attachment,
  expectedBytes: number,
  collects = true,
): Promise<() => Promise<SurvivorSite[]>> => {
  const bytes = Math.min(interval.most, Math.max(interval.least, Math.round(expectedBytes / enoughSamples)));
  const mayCollect = async (): Promise<boolean> => collects && (await stillRoomToCollect(session, pid));
  const sampling = await startSurvivorSampling(session, bytes, mayCollect);
  onDetach(async () => void (await sampling.stop()));
  return () => sampling.stop();
};

/** The same for all that is allocated meanwhile, whether it survives or not. */
export const sampleAllocations = async (
  { session, onDetach }: Attachment,
  wait: () => Promise<void>,
): Promise<SurvivorSite[]> => {
  await startHeapSampling(session, {
    samplingInterval: interval.least,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  let profile: Protocol.HeapProfiler.SamplingHeapProfile | undefined;
  const stop = async (): Promise<void> => {
    profile ??= (await session.send('HeapProfiler.stopSampling', undefined, { timeoutMs: 60_000 })).profile;
  };
  onDetach(stop);
  await wait().finally(stop);
  return profile === undefined ? [] : sitesOf(profile.head);
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
