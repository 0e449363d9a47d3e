/**
 * Where what survives was allocated: V8's sampling heap profiler, live objects alone, which costs the target next to
 * nothing. In: a session. Out: sampled sites with their stacks; what was collected since is not in them.
 *
 * V8 names the function and where it starts, not the line within it, and charges a function that it inlined to the
 * caller. Buffers' memory is outside the heap and not seen.
 */
import type { Protocol } from 'devtools-protocol';
import type { Attachment } from './attach.js';

export interface SurvivorFrame {
  readonly function: string;
  readonly scriptId: string;
  readonly url: string;
  /** Of the function's start, 0-based, as V8 has it. */
  readonly line: number;
  readonly column: number;
}

export interface SurvivorSite {
  /** The allocating function first. */
  readonly stack: readonly SurvivorFrame[];
  /** Scaled up from samples by V8: an estimate. */
  readonly bytes: number;
}

/** One sample for so many bytes that are allocated, on average. */
const samplingInterval = 64 * 1024;

/** Begins to sample; what is answered ends it, and gives what was allocated since and is alive. */
export const sampleSurvivors = async ({ session, onDetach }: Attachment): Promise<() => Promise<SurvivorSite[]>> => {
  await session.send('HeapProfiler.startSampling', { samplingInterval });
  let stopped = false;
  const stop = async (): Promise<Protocol.HeapProfiler.SamplingHeapProfile | undefined> => {
    if (stopped) return undefined;
    stopped = true;
    return (await session.send('HeapProfiler.stopSampling', undefined, { timeoutMs: 60_000 })).profile;
  };
  onDetach(async () => void (await stop()));
  return async () => {
    await session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs: 120_000 });
    const profile = await stop();
    return profile === undefined ? [] : sitesOf(profile.head);
  };
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
