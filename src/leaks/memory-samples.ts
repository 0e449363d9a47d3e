/**
 * CPU samples of a process's threads, side by side with its resident memory (RSS): see analyzer/growth/memory-growth.ts for
 * what they say together. In: an attachment, and what to wait for meanwhile. Out: both, on one clock. Linux only.
 */
import type { ResidentHistory } from '../analyzer/model/resident.js';
import { answerOfThread } from '../thread.js';
import type { Attachment } from '../agent/attach/attach.js';
import { threadsOf } from '../agent/capture/cpu-profile.js';
import type { ResidentTask } from './resident-worker.js';
import { sampleWhile, type RawProfile } from '../agent/capture/stack-samples.js';

export interface MemorySamples {
  readonly resident: ResidentHistory;
  readonly profiles: readonly RawProfile[];
}

/** More threads at once would disturb the target. */
const mostThreads = 8;
/** Finer than usual: a function that fills a megabyte with memory takes half a millisecond. */
const intervalUs = 100;

const worker = new URL('resident-worker.js', import.meta.url);

/** undefined where the RSS cannot be read, or no thread could be sampled. */
export const sampleMemory = async (
  attachment: Attachment,
  wait: () => Promise<void>,
): Promise<MemorySamples | undefined> => {
  const { pid } = attachment;
  if (pid === undefined || process.platform !== 'linux') return undefined;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const following = answerOfThread(worker, { pid, stop } satisfies ResidentTask) as Promise<ResidentHistory>;
  following.catch(() => {}); // it is awaited below
  try {
    const threads = (await threadsOf(attachment, true)).slice(0, mostThreads);
    const waiting = wait();
    waiting.catch(() => {}); // it is awaited below, after the samplers have started
    const sampled = await Promise.all(threads.map(({ session }) => sampleWhile(session, () => waiting, intervalUs)));
    await waiting;
    Atomics.store(stop, 0, 1);
    const profiles = sampled.filter((profile) => profile !== undefined);
    return profiles.length === 0 ? undefined : { resident: await following, profiles };
  } finally {
    Atomics.store(stop, 0, 1);
    Atomics.notify(stop, 0);
  }
};
