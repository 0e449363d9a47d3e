/**
 * The pending promises of a thread, with the async functions that wait for them. In: a session of a thread whose event loop
 * turns, and which file a place is in. Out: stacks with counts. V8 collects garbage to find the promises, which stops the
 * thread for some milliseconds for each megabyte of its heap; nothing else stops it, and nothing stays.
 */
import type { AwaitedPromises } from '../../analyzer/model/dump.js';
import type { Location } from '../../analyzer/model/location.js';
import { MemwatchError } from '../../errors.js';
import { callOn, evaluateRemote, memwatchUrl, release, type Remote } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';
import { pendingInTarget, type AsyncFrame } from './pending-promises-in-target.js';

export interface FoundPromises {
  /** All stacks, also those of functions that wait for one that is in another stack. */
  readonly awaited: readonly AwaitedPromises[];
  readonly pending: number;
  readonly looked: number;
  readonly all: number;
}

export type LocateUrl = (url: string, line: number, column: number) => Location | undefined;

const timeoutMs = { find: 60_000, ask: 10_000 };

/** undefined if the thread does not answer. */
export const readPendingPromises = async (
  given: Pick<Session, 'send' | 'inside'>,
  locate: LocateUrl,
): Promise<FoundPromises | undefined> => {
  const session = ((await given.inside?.()) ?? given) as Session; // all promises are held while they are looked at
  const held: string[] = [];
  try {
    const prototype = await evaluateRemote(session, () => Object.getPrototypeOf((async () => {})()) as object);
    held.push(prototype);
    const query = { prototypeObjectId: prototype };
    const { objects } = await session.send('Runtime.queryObjects', query, { timeoutMs: timeoutMs.find });
    if (objects.objectId === undefined) return undefined;
    held.push(objects.objectId);
    const promises = objects.objectId as Remote<ArrayLike<object>>;
    const options = { awaitPromise: true, timeoutMs: timeoutMs.ask };
    const { awaited, ...counts } = await callOn(session, promises, pendingInTarget, [memwatchUrl], options);
    const located = awaited.map(({ count, frames }) => ({ count, stack: frames.map((one) => frameAt(one, locate)) }));
    return { ...counts, awaited: located };
  } catch (error) {
    if (error instanceof MemwatchError && ['no-answer', 'target-error'].includes(error.code)) return undefined;
    throw error;
  } finally {
    for (const objectId of held) await release(session, objectId);
  }
};

const frameAt = ({ name, url, line, column }: AsyncFrame, locate: LocateUrl) => {
  const place = url === null ? undefined : locate(url, line - 1, column - 1);
  return { function: name, file: place?.file ?? '', line: place?.line ?? 0 };
};
