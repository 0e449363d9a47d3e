/**
 * Growth over three or more snapshots of one process. In: the snapshots, oldest first, each read when it is needed. Out:
 * findings by rank, what slows down, and the verdict with its reasons.
 *
 * The idea: nodes that are in every snapshot are the permanent part of the heap; all others are transient. Each transient
 * node belongs to the permanent object that dominates it, so no byte counts twice. A permanent object holds a leak if
 * something below it gains in every round and what it gained stays.
 */
import { MemwatchError, throwIfInterrupted } from '../../errors.js';
import { computeRetainingEdges } from '../heap/edges.js';
import { idsAgree, idsByPath, sampleIds, type IdSample } from '../heap/identity.js';
import { IdIndex } from '../heap/ids.js';
import { computePaths } from '../heap/paths.js';
import { computeInThreads } from '../heap/threads.js';
import type { HeapGraph } from '../model/heap-graph.js';
import type { Paths, RetainingEdges } from '../model/heap-results.js';
import { createChains } from './chains.js';
import { createDominance, type Dominance } from './dominance.js';
import { createEntryBuilder, type EntryTally } from './entries.js';
import { createGrowthClasses, type GrowthClasses } from './growth-classes.js';
import { createNodeLookup, idsOf, intersectIds, shareInSet, type IdSet } from './id-set.js';
import { findRegions, type HolderQuestions, type Region } from './regions.js';
import { signatureOf, stepsTo } from './steps.js';
import { createTallyBuilder } from './tallies.js';
import { computeTransients, permanentNodes, type Transients } from './transients.js';

export interface SnapshotSource {
  /** The name for messages. */
  readonly name: string;
  /** The process that the snapshot is of; undefined if the capture does not say. */
  readonly process?: string | undefined;
  /** Called twice for each snapshot but the last: graphs are not kept, so that memory does not add up. */
  read(): Promise<HeapGraph>;
}

export interface GrowthOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  /**
   * How much work each round did, in any one unit (milliseconds of a live target, calls of a body): a round that did more
   * may gain more. Leave it out if all rounds did the same.
   */
  readonly roundWork?: readonly number[] | undefined;
}

/** Everything that is known about growth; `findings.ts` puts it into sentences. */
export interface Growth {
  readonly snapshots: number;
  /** How objects were matched: by V8's ids, or, if V8 assigned new ids between the snapshots, by the path to each object. */
  readonly matchedBy: 'id' | 'path';
  readonly regions: readonly Region[];
  readonly entries: readonly EntryTally[];
  readonly last: Transients;
  readonly paths: Paths;
  readonly classes: GrowthClasses;
}

export const leastSnapshots = 3;
/** Snapshots of one process share most of their nodes; below this share they are taken to be of different ones. */
const minShared = 0.2;

export const findGrowth = async (sources: readonly SnapshotSource[], options: GrowthOptions = {}): Promise<Growth> =>
  growthBetween(sources, options, 'id');

const growthBetween = async (
  sources: readonly SnapshotSource[],
  options: GrowthOptions,
  matchedBy: Growth['matchedBy'],
): Promise<Growth> => {
  if (sources.length < leastSnapshots)
    throw new MemwatchError(
      'bad-argument',
      `${sources.length} snapshots cannot show growth: at least ${leastSnapshots} are needed`,
    );
  const read: ReadSource = async (source, text) => {
    throwIfInterrupted(options.signal);
    options.onProgress?.(`${text} ${source.name}`);
    return source.read();
  };
  const { idSets, samples, nodeCounts } = await scanEarlier(sources.slice(0, -1), read);
  const lastGraph = await read(sources[sources.length - 1], 'reading');
  idSets.push(idsOf(lastGraph));
  if (matchedBy === 'id' && !samples.every((sample) => idsAgree(sample, lastGraph)))
    return growthBetween(await withCommonIds(sources, lastGraph, read), options, 'path');
  checkSameProcess(lastGraph, idSets, nodeCounts, sources);

  const skeleton = await createSkeleton(lastGraph, intersectIds(idSets), options);
  return {
    matchedBy,
    ...(await compare({ sources, idSets, lastGraph, skeleton, read, roundWork: options.roundWork })),
  };
};

type ReadSource = (source: SnapshotSource, text: string) => Promise<HeapGraph>;

/**
 * What is kept of all snapshots but the last: their ids, and what shows whether those ids mean the same objects as in the
 * last one.
 */
interface Scanned {
  readonly idSets: IdSet[];
  readonly samples: IdSample[];
  readonly nodeCounts: number[];
}

const scanEarlier = async (sources: readonly SnapshotSource[], read: ReadSource): Promise<Scanned> => {
  const seen: Scanned = { idSets: [], samples: [], nodeCounts: [] };
  for (const source of sources) {
    const graph = await read(source, 'reading the ids of');
    seen.idSets.push(idsOf(graph));
    seen.samples.push(sampleIds(graph));
    seen.nodeCounts.push(graph.nodeCount);
  }
  return seen;
};

interface Comparison {
  readonly sources: readonly SnapshotSource[];
  readonly idSets: readonly IdSet[];
  readonly lastGraph: HeapGraph;
  readonly skeleton: Skeleton;
  readonly read: ReadSource;
  readonly roundWork: GrowthOptions['roundWork'];
}

/** Counts the transient nodes of each snapshot, under the permanent object that dominates them. */
const compare = async (comparison: Comparison): Promise<Omit<Growth, 'matchedBy'>> => {
  const { sources, idSets, lastGraph, skeleton, read, roundWork } = comparison;
  const classes = createGrowthClasses();
  const tallies = createTallyBuilder(classes, idSets);
  const entries = createEntryBuilder(classes, sources.length);
  const add = (snapshot: number, transients: Transients): void => {
    tallies.add(snapshot, transients);
    entries.add(snapshot, transients);
  };
  for (const [snapshot, source] of sources.slice(0, -1).entries()) {
    const graph = await read(source, 'comparing');
    add(snapshot, skeleton.transientsOf(graph, computeRetainingEdges(graph)));
  }
  const last = skeleton.transientsOf(lastGraph, skeleton.edges);
  add(sources.length - 1, last);
  const regions = findRegions(tallies.finish(), classes, questions(lastGraph, skeleton), roundWork);
  return { snapshots: sources.length, regions, entries: entries.finish(), last, paths: skeleton.paths, classes };
};

/**
 * The sources with ids that mean the same object in all of them, matched by the path to each object. Keeps one column of
 * ids per snapshot, four bytes per node. Throws if the captures do not say that they are of one process.
 */
const withCommonIds = async (
  sources: readonly SnapshotSource[],
  lastGraph: HeapGraph,
  read: ReadSource,
): Promise<SnapshotSource[]> => {
  const last = sources[sources.length - 1];
  const stranger = sources.find(({ process }) => process === undefined || process !== last.process);
  if (stranger !== undefined) throw notOneProcess(stranger, last);
  const renumbered: SnapshotSource[] = [last];
  const used: IdIndex[] = [];
  let later = lastGraph;
  for (const source of sources.slice(0, -1).toReversed()) {
    const graph = await read(source, 'matching objects of');
    const nodeId = idsByPath(later, graph, used);
    used.push(new IdIndex(later.nodeId));
    later = { ...graph, nodeId };
    renumbered.unshift({ ...source, read: async () => ({ ...(await source.read()), nodeId }) });
  }
  return renumbered;
};

const notOneProcess = (one: SnapshotSource, last: SnapshotSource): MemwatchError =>
  new MemwatchError('bad-argument', `${one.name} and ${last.name} do not show that they are of one process`, {
    hint: 'name snapshots of one run, oldest first; to compare two runs, use memwatch diff',
  });

/** What all snapshots are compared with: the permanent nodes, as they are in the last snapshot. */
interface Skeleton {
  readonly edges: RetainingEdges;
  readonly paths: Paths;
  readonly dominance: Dominance;
  transientsOf(graph: HeapGraph, edges: RetainingEdges): Transients;
}

const createSkeleton = async (graph: HeapGraph, permanent: IdSet, options: GrowthOptions): Promise<Skeleton> => {
  options.onProgress?.('computing retained sizes');
  const { edges, dominators } = await computeInThreads(graph);
  throwIfInterrupted(options.signal);
  const dominance = createDominance(graph, dominators.immediate, permanentNodes(graph, permanent));
  const lookup = createNodeLookup(graph);
  return {
    edges,
    dominance,
    paths: computePaths(graph, edges),
    transientsOf: (other, otherEdges) =>
      computeTransients(other, otherEdges, permanentNodes(other, permanent), lookup, dominance),
  };
};

const questions = (graph: HeapGraph, { paths, dominance }: Skeleton): HolderQuestions => {
  const listOf = createChains(graph, paths);
  return {
    nodeOf: dominance.nodeOf,
    isMemwatchHolder: dominance.isMemwatchHolder,
    ownerOf: (holder) => {
      const node = dominance.nodeOf(holder);
      const list = listOf(node);
      return list === node ? holder : list;
    },
    kindOf: (holder) => signatureOf(graph, stepsTo(graph, paths, dominance.nodeOf(holder)), ''),
  };
};

/** Relative to the smaller heap: a heap may have grown to many times its size. */
const checkSameProcess = (
  last: HeapGraph,
  idSets: readonly IdSet[],
  nodeCounts: readonly number[],
  sources: readonly SnapshotSource[],
): void => {
  for (const [i, nodeCount] of nodeCounts.entries()) {
    const shared = shareInSet(last, idSets[i]) * last.nodeCount;
    if (shared >= minShared * Math.min(nodeCount, last.nodeCount)) continue;
    throw notOneProcess(sources[i], sources[sources.length - 1]);
  }
};
