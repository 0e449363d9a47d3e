/**
 * Which line adds to a container: that one object is watched for a moment on the live process, and restored at once, by the
 * target itself if memwatch is gone (see guard.ts). In: the heap id of the container and its kind. Out: stacks, with how
 * often each occurred.
 */
import { throwIfInterrupted } from '../../errors.js';
import type { Attachment } from '../attach/attach.js';
import { callOn, type Remote } from '../session/evaluate.js';
import { addersOf, watchGrowth, type GrowthWatch } from './growth-sites-in-target.js';
import { createStacks } from './stacks-in-target.js';
import type { SeenSite } from '../../analyzer/model/finding.js';

/** At most this many additions are looked at: each costs the target about 20 us. */
const maxAdditions = 2000;

/** Whether additions to a container of that kind can be watched. */
export const canWatch = (kind: string): boolean => addersOf[kind] !== undefined;

/** Watches while `wait` runs. Undefined if the object is gone, or V8 no longer knows its id. */
export const captureGrowthSites = async (
  attachment: Attachment,
  heapId: number,
  kind: string,
  wait: () => Promise<void>,
  signal?: AbortSignal,
): Promise<readonly SeenSite[] | undefined> => {
  const { session, client } = attachment;
  throwIfInterrupted(signal);
  const objectGroup = 'memwatch-growth-sites';
  const found = await session
    .send('HeapProfiler.getObjectByHeapObjectId', { objectId: String(heapId), objectGroup })
    .catch(() => undefined);
  const object = found?.result.objectId;
  if (object === undefined) return undefined;
  const { result } = await session.send('Runtime.callFunctionOn', {
    objectId: object,
    functionDeclaration: `function (...args) { return (${String(watchGrowth)})(this, ${String(createStacks)}, ...args); }`,
    arguments: [client, addersOf[kind] ?? [], maxAdditions].map((value) => ({ value })),
    objectGroup,
    silent: true,
  });
  const watch = result.objectId as Remote<GrowthWatch> | undefined;
  try {
    if (watch === undefined) return undefined;
    await wait();
    return await callOn(session, watch, (running) => running.sites);
  } finally {
    if (watch !== undefined) await callOn(session, watch, (running) => running.stop()).catch(() => {});
    await session.send('Runtime.releaseObjectGroup', { objectGroup }).catch(() => {});
  }
};
