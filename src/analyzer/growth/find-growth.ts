/**
 * Growth over three or more snapshots of one process. In: the snapshots, oldest first, each read when it is needed. Out:
 * findings by rank, what slows down, and the verdict with its reasons.
 *
 * The idea: nodes that are in every snapshot are the permanent part of the heap; all others come and go. Each of these
 * belongs to the permanent object that dominates it, so no byte counts twice. A permanent object under which something
 * gains in every round, and what it gained stays, holds a leak.
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
  /** For messages. */
  readonly name: string;
  /** Which process it is of; undefined where the capture does not say. */
  readonly process?: string | undefined;
  /** Called twice for all but the last one: graphs are not kept, so that memory does not add up. */
  read(): Promise<HeapGraph>;
}

export interface GrowthOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  /**
   * How much each round did, in any one unit (milliseconds of a live target, calls of a body): a round that did more may
   * gain more. Left out where all rounds did the same.
   */
  readonly roundWork?: readonly number[] | undefined;
}

/** Everything that is known of growth; `findings.ts` makes sentences of it. */
export interface Growth {
  readonly snapshots: number;
  /** By V8's ids; or by the way to an object, where V8 gave new ids between the snapshots. */
  readonly matchedBy: 'id' | 'path';
  readonly regions: readonly Region[];
  readonly entries: readonly EntryTally[];
  readonly last: Transients;
  readonly paths: Paths;
  readonly classes: GrowthClasses;
}

export const leastSnapshots = 3;
/** Snapshots of one process share most of their nodes; below this they are of different ones. */
const leastShared = 0.2;

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
      `${sources.length} snapshots do not show growth: it takes ${leastSnapshots}`,
    );
  const read: ReadSource = async (source, text) => {
    throwIfInterrupted(options.signal);
    options.onProgress?.(`${text} ${source.name}`);
    return source.read();
  };
  const { idSets, samples, nodeCounts } = await lookThrough(sources.slice(0, -1), read);
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

/** What of all snapshots but the last is kept: their ids, and what says whether these agree with the last one's. */
interface LookedThrough {
  readonly idSets: IdSet[];
  readonly samples: IdSample[];
  readonly nodeCounts: number[];
}

const lookThrough = async (sources: readonly SnapshotSource[], read: ReadSource): Promise<LookedThrough> => {
  const seen: LookedThrough = { idSets: [], samples: [], nodeCounts: [] };
  for (const source of sources) {
    const graph = await read(source, 'looking through');
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

/** Counts what comes and goes in each snapshot, under the permanent object that dominates it. */
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
 * The sources with ids that mean the same object in all of them, found by the way that leads to it. Keeps an id column a
 * snapshot, four bytes a node. Throws where the captures do not say that they are of one process.
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
    hint: 'name snapshots of one run, oldest first; for two runs there is memwatch diff',
  });

/** What all snapshots are measured against: the permanent nodes, seen from the last snapshot. */
interface Skeleton {
  readonly edges: RetainingEdges;
  readonly paths: Paths;
  readonly dominance: Dominance;
  transientsOf(graph: HeapGraph, edges: RetainingEdges): Transients;
}

const createSkeleton = async (graph: HeapGraph, permanent: IdSet, options: GrowthOptions): Promise<Skeleton> => {
  options.onProgress?.('computing what holds what');
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

/** Measured by the smaller one: a heap may well have grown to many times its size. */
const checkSameProcess = (
  last: HeapGraph,
  idSets: readonly IdSet[],
  nodeCounts: readonly number[],
  sources: readonly SnapshotSource[],
): void => {
  for (const [i, nodeCount] of nodeCounts.entries()) {
    const shared = shareInSet(last, idSets[i]) * last.nodeCount;
    if (shared >= leastShared * Math.min(nodeCount, last.nodeCount)) continue;
    throw notOneProcess(sources[i], sources[sources.length - 1]);
  }
};
