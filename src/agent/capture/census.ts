/**
 * The census: every class with its count of live objects, and the Maps, Sets and arrays with their sizes, for about a tenth
 * of a snapshot's pause and memory. In: a session. Out: one count after another; each collects garbage first, because that
 * is how V8 finds the objects. Nothing stays in the target after `close`.
 */
import type { CensusContainer, CensusReading } from '../../analyzer/model/census.js';
import { MemwatchError } from '../../errors.js';
import { evaluateRemote, release } from '../session/evaluate.js';
import { countObjects, mostProperties, prepareSource, readSizes, type CensusCount } from './census-in-target.js';
import type { Session } from '../session/protocol.js';

type Sender = Pick<Session, 'send'>;

export interface Census {
  count(options?: { idsFor?: number }): Promise<CensusReading>;
  /** Entries and V8's ids of containers by the ids that a count gave them, without looking at the heap; those that are gone are left out. */
  sizes(ids: readonly number[]): Promise<ContainerSize[]>;
  /** Releases everything in the target; safe to call twice, and on a broken connection. */
  close(): Promise<void>;
}

export type ContainerSize = Pick<CensusContainer, 'id' | 'heapId' | 'size'>;

/** At most this many containers, the largest, are remembered, by weak references. */
const mostContainers = 5000;
const smallestContainer = 8;
/** Walking a heap of many million objects takes many seconds. */
const countTimeoutMs = 180_000;
let censuses = 0;

/** Prepares a census in the session's thread. */
export const startCensus = async (given: Pick<Session, 'send' | 'inside'>): Promise<Census> => {
  const session: Sender = (await given.inside?.()) ?? given; // all objects of the target are held while they are counted
  const objectGroup = `memwatch-census-${++censuses}`;
  const own = await evaluateRemote(session, prepareSource, [], { objectGroup, mayNeedRequire: true });
  let before = new Map<string, number>();
  return {
    async count(options = {}) {
      const startedAt = performance.now();
      const counted = await countOnce(
        session,
        await evaluateRemote(session, 'Object.prototype', [], { objectGroup }),
        own,
      );
      const pauseUs = Math.round((performance.now() - startedAt) * 1000);
      const classes = counted.classes.map(([name, count]) => ({
        name,
        count,
        delta: before.size === 0 ? null : count - (before.get(name) ?? 0),
      }));
      before = new Map(counted.classes);
      const containers = await nameContainers(session, own, counted, options.idsFor ?? 20);
      return { classes: classes.sort((a, b) => b.count - a.count), containers, pauseUs };
    },
    sizes: (ids) => sizesOf(session, own, ids),
    close: async () => {
      await session.send('Runtime.releaseObjectGroup', { objectGroup }).catch(() => {});
    },
  };
};

const countOnce = async (session: Sender, prototype: string, own: string): Promise<CensusCount> => {
  const timeoutMs = countTimeoutMs;
  const found = await session.send('Runtime.queryObjects', { prototypeObjectId: prototype }, { timeoutMs });
  const objectId = handleOf({ result: found.objects });
  try {
    const most = [mostContainers, smallestContainer, mostProperties].join(', ');
    const declaration = `function (own) { return (${countObjects.toString()})(this, own.state, own.tools, ${most}); }`;
    return (await callOn(session, objectId, declaration, [{ objectId: own }])) as CensusCount;
  } finally {
    await release(session, objectId);
    await release(session, prototype);
  }
};

/** Calls a function in the target with an object as `this`, and returns its value. */
const callOn = async (
  session: Sender,
  objectId: string,
  functionDeclaration: string,
  given: { objectId: string }[] = [],
): Promise<unknown> => {
  const call = { functionDeclaration, objectId, arguments: given, returnByValue: true, silent: true };
  const answer = await session.send('Runtime.callFunctionOn', call, { timeoutMs: countTimeoutMs });
  if (answer.exceptionDetails !== undefined) throw failed(answer.exceptionDetails.exception?.description);
  return answer.result.value;
};

const sizesOf = async (session: Sender, own: string, ids: readonly number[]): Promise<ContainerSize[]> => {
  const slots = JSON.stringify(ids.map((id) => id - 1));
  const declaration = `function () { return (${readSizes.toString()})(${slots}, this.state, this.tools); }`;
  const sizes = (await callOn(session, own, declaration)) as number[];
  const living = ids.map((id, i) => ({ id, size: sizes[i] ?? -1 })).filter(({ size }) => size >= 0);
  return Promise.all(living.map(async (one) => ({ ...one, heapId: await heapIdOf(session, own, one.id - 1) })));
};

/** Looks up the ids of the containers that grew most and of the largest ones: one call each. */
const nameContainers = async (
  session: Sender,
  own: string,
  counted: CensusCount,
  idsFor: number,
): Promise<CensusContainer[]> => {
  const containers = counted.containers.map(({ slot, kind, size, previous, holds, heldBy }) => ({
    id: slot + 1,
    heapId: null as number | null,
    kind,
    size,
    delta: previous === null ? null : size - previous,
    holds,
    heldBy,
  }));
  containers.sort((a, b) => (b.delta ?? 0) - (a.delta ?? 0) || b.size - a.size);
  for (const container of containers.slice(0, idsFor))
    container.heapId = await heapIdOf(session, own, container.id - 1);
  return containers;
};

const heapIdOf = async (session: Sender, own: string, slot: number): Promise<number | null> => {
  const { result } = await session.send('Runtime.callFunctionOn', {
    functionDeclaration: `function () { return this.state.refs[${slot}]?.deref(); }`,
    objectId: own,
  });
  if (result.objectId === undefined) return null;
  const { objectId } = result;
  const { heapSnapshotObjectId } = await session.send('HeapProfiler.getHeapObjectId', { objectId });
  await session.send('Runtime.releaseObject', { objectId });
  return Number(heapSnapshotObjectId) || null; // 0: V8 has not given it an id yet
};

const handleOf = (answer: {
  result: { objectId?: string; description?: string };
  exceptionDetails?: unknown;
}): string => {
  if (answer.exceptionDetails === undefined && answer.result.objectId !== undefined) return answer.result.objectId;
  throw failed(answer.result.description);
};

const failed = (description: string | undefined): MemwatchError =>
  new MemwatchError(
    'target-error',
    `the census failed in the target: ${description ?? 'it gave no answer, and may be ending'}`,
  );
