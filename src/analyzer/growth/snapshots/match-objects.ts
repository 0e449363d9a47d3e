/**
 * The first step of finding growth: which objects of several snapshots are the same. In: the snapshots, oldest first. Out:
 * a set of ids for each, in which one id means the same object everywhere, and the last graph. V8's ids do that as long as
 * no inspector session ended between the snapshots; otherwise the objects get common ids by the path to each.
 */
import { MemwatchError } from '../../../errors.js';
import { idsAgree, idsByPath, sampleIds, type IdSample } from '../../heap/identity.js';
import { IdIndex } from '../../heap/ids.js';
import type { HeapGraph } from '../../model/heap-graph.js';
import { idsOf, shareInSet, type IdSet } from './id-set.js';

export interface SnapshotSource {
  /** The name for messages. */
  readonly name: string;
  /** The process that the snapshot is of; undefined if the capture does not say. */
  readonly process?: string | undefined;
  /** Called two or three times for each snapshot but the last: graphs are not kept, so that memory does not add up. */
  read(): Promise<HeapGraph>;
}

/** Reads a snapshot, and reports what for. */
export type ReadSnapshot = (source: SnapshotSource, text: string) => Promise<HeapGraph>;

export interface Matched {
  /** How objects were matched: by V8's ids, or, if V8 assigned new ids between the snapshots, by the path to each object. */
  readonly matchedBy: 'id' | 'path';
  /** The snapshots again; what they read has the common ids. */
  readonly sources: readonly SnapshotSource[];
  /** One for each snapshot. */
  readonly idSets: readonly IdSet[];
  readonly lastGraph: HeapGraph;
  /** For each snapshot the largest id of a JavaScript object, which rises with time; empty if V8 gave new ids meanwhile. */
  readonly newestIds: readonly number[];
}

/** Snapshots of one process share most of their nodes; below this share they are taken to be of different ones. */
const minShared = 0.2;

/** Throws if the snapshots are not of one process. */
export const matchObjects = async (sources: readonly SnapshotSource[], read: ReadSnapshot): Promise<Matched> => {
  checkProcesses(sources);
  const scanned = await scanEarlier(sources.slice(0, -1), read);
  const lastGraph = await read(sources[sources.length - 1], 'reading');
  const matched = scanned.samples.every((sample) => idsAgree(sample, lastGraph))
    ? matchById(sources, scanned, lastGraph)
    : await matchByPath(sources, lastGraph, read);
  checkShared(matched, scanned.nodeCounts);
  const newestIds = matched.matchedBy === 'id' ? [...scanned.newestIds, newestIdOf(lastGraph)] : [];
  return { ...matched, newestIds };
};

/** Ids that agree do not show that it is one process: two runs of a program number their first objects alike. */
const checkProcesses = (sources: readonly SnapshotSource[]): void => {
  const last = sources[sources.length - 1];
  const stranger = sources.find(({ process = last.process }) => last.process !== undefined && process !== last.process);
  if (stranger !== undefined) throw notOneProcess(stranger, last);
};

/**
 * What is kept of all snapshots but the last: their ids, and what shows whether those ids mean the same objects as in the
 * last one.
 */
interface Scanned {
  readonly idSets: IdSet[];
  readonly samples: IdSample[];
  readonly nodeCounts: number[];
  readonly newestIds: number[];
}

type Common = Omit<Matched, 'newestIds'>;

/** V8 counts the ids of JavaScript objects up, in odd numbers; even ids are those of native nodes. */
const newestIdOf = ({ nodeId, nodeCount }: HeapGraph): number => {
  let newest = 0;
  for (let node = 0; node < nodeCount; node++)
    if (nodeId[node] % 2 === 1 && nodeId[node] > newest) newest = nodeId[node];
  return newest;
};

const scanEarlier = async (sources: readonly SnapshotSource[], read: ReadSnapshot): Promise<Scanned> => {
  const scanned: Scanned = { idSets: [], samples: [], nodeCounts: [], newestIds: [] };
  for (const source of sources) {
    const graph = await read(source, 'reading the ids of');
    scanned.idSets.push(idsOf(graph));
    scanned.samples.push(sampleIds(graph));
    scanned.nodeCounts.push(graph.nodeCount);
    scanned.newestIds.push(newestIdOf(graph));
  }
  return scanned;
};

const matchById = (sources: readonly SnapshotSource[], { idSets }: Scanned, lastGraph: HeapGraph): Common => ({
  matchedBy: 'id',
  sources,
  idSets: [...idSets, idsOf(lastGraph)],
  lastGraph,
});

/** Keeps one column of ids per snapshot, four bytes per node. Throws if the captures do not say that they are of one process. */
const matchByPath = async (
  sources: readonly SnapshotSource[],
  lastGraph: HeapGraph,
  read: ReadSnapshot,
): Promise<Common> => {
  const last = sources[sources.length - 1];
  const stranger = sources.find(({ process }) => process === undefined || process !== last.process);
  if (stranger !== undefined) throw notOneProcess(stranger, last);
  const renumbered: SnapshotSource[] = [last];
  const idSets: IdSet[] = [idsOf(lastGraph)];
  const used: IdIndex[] = [];
  let later = lastGraph;
  for (const source of sources.slice(0, -1).toReversed()) {
    const graph = await read(source, 'matching objects of');
    const nodeId = idsByPath(later, graph, used);
    used.push(new IdIndex(later.nodeId));
    later = { ...graph, nodeId };
    idSets.unshift(idsOf(later));
    renumbered.unshift({ ...source, read: async () => ({ ...(await source.read()), nodeId }) });
  }
  return { matchedBy: 'path', sources: renumbered, idSets, lastGraph };
};

/** Relative to the smaller heap: a heap may have grown to many times its size. */
const checkShared = ({ sources, idSets, lastGraph }: Common, nodeCounts: readonly number[]): void => {
  for (const [i, nodeCount] of nodeCounts.entries()) {
    const shared = shareInSet(lastGraph, idSets[i]) * lastGraph.nodeCount;
    if (shared >= minShared * Math.min(nodeCount, lastGraph.nodeCount)) continue;
    throw notOneProcess(sources[i], sources[sources.length - 1]);
  }
};

const notOneProcess = (one: SnapshotSource, last: SnapshotSource): MemwatchError =>
  new MemwatchError('bad-argument', `${one.name} and ${last.name} do not show that they are of one process`, {
    hint: 'name snapshots of one run, oldest first; to compare two runs, use memwatch diff',
  });
