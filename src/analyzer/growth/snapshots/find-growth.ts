/**
 * Growth over three or more snapshots of one process. In: the snapshots, oldest first, each read when it is needed. Out:
 * what gained in every round, by the object that holds it.
 *
 * The idea: nodes that are in every snapshot are the permanent part of the heap; all others are transient. Each transient
 * node belongs to the permanent object that dominates it, so no byte counts twice. A permanent object holds a leak if
 * something below it gains in every round and what it gained stays.
 */
import { MemwatchError, throwIfInterrupted } from '../../../errors.js';
import { computeRetainingEdges } from '../../heap/edges.js';
import { computePaths } from '../../heap/paths.js';
import { computeInThreads } from '../../heap/threads.js';
import type { HeapGraph } from '../../model/heap-graph.js';
import type { Paths, RetainingEdges } from '../../model/heap-results.js';
import { computeBornBytes, computeReplacedBytes } from './born-bytes.js';
import { createChains } from './chains.js';
import { createDominance, type Dominance } from './dominance.js';
import { createEntryBuilder, type EntryTally } from './entries.js';
import { createGrowthClasses, type GrowthClasses } from './growth-classes.js';
import { createNodeLookup, intersectIds, type IdSet } from './id-set.js';
import { createListHeads } from './list-heads.js';
import { matchObjects, type Matched, type ReadSnapshot, type SnapshotSource } from './match-objects.js';
import { findRegions, type HolderQuestions, type Region } from './regions.js';
import { signatureOf, stepsTo } from './steps.js';
import { createTallyBuilder, type Tallies } from './tallies.js';
import { computeTransients, permanentNodes, type Transients } from './transients.js';

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
  readonly matchedBy: Matched['matchedBy'];
  readonly newestIds: Matched['newestIds'];
  readonly regions: readonly Region[];
  readonly entries: readonly EntryTally[];
  readonly last: Transients;
  readonly paths: Paths;
  readonly classes: GrowthClasses;
  /** For each snapshot: the bytes that were first seen in it and stayed, or that something gained which was replaced. */
  readonly bornBytes: readonly number[];
}

export const leastSnapshots = 3;

/**
 * The whole analysis: match the objects of all snapshots, take the permanent ones as they are in the last snapshot, count
 * for each snapshot what they hold besides, and find what gained every time.
 */
export const findGrowth = async (sources: readonly SnapshotSource[], options: GrowthOptions = {}): Promise<Growth> => {
  if (sources.length < leastSnapshots)
    throw new MemwatchError(
      'bad-argument',
      `${sources.length === 1 ? 'one snapshot' : `${sources.length} snapshots`} cannot show growth: at least ${leastSnapshots} are needed`,
    );
  const read = readerOf(options);
  const matched = await matchObjects(sources, read);
  const skeleton = await createSkeleton(matched.lastGraph, intersectIds(matched.idSets), options);
  const { tallies, entries, last, classes } = await countTransients(matched, skeleton, read);
  const regions = findRegions(tallies, classes, questions(matched.lastGraph, skeleton), options.roundWork);
  const { matchedBy, lastGraph, idSets, newestIds } = matched;
  const replaced = computeReplacedBytes(tallies, classes);
  const bornBytes = computeBornBytes(lastGraph, idSets).map((bytes, k) => bytes + (replaced[k] ?? 0));
  const { paths } = skeleton;
  return { snapshots: sources.length, matchedBy, newestIds, regions, entries, last, paths, classes, bornBytes };
};

const readerOf =
  ({ signal, onProgress }: GrowthOptions): ReadSnapshot =>
  async (source, text) => {
    throwIfInterrupted(signal);
    onProgress?.(`${text} ${source.name}`);
    return source.read();
  };

interface Counted {
  readonly tallies: Tallies;
  readonly entries: readonly EntryTally[];
  readonly last: Transients;
  readonly classes: GrowthClasses;
}

/** Counts the transient nodes of each snapshot, under the permanent object that dominates them. */
const countTransients = async (matched: Matched, skeleton: Skeleton, read: ReadSnapshot): Promise<Counted> => {
  const { sources, idSets, lastGraph } = matched;
  const classes = createGrowthClasses();
  const tallies = createTallyBuilder(classes, idSets);
  const entries = createEntryBuilder(classes, sources.length, skeleton.headOf);
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
  return { tallies: tallies.finish(), entries: entries.finish(), last, classes };
};

/** What all snapshots are compared with: the permanent nodes, as they are in the last snapshot. */
interface Skeleton {
  readonly edges: RetainingEdges;
  readonly paths: Paths;
  readonly dominance: Dominance;
  /** The head of the list that a node of the last graph is a link of. */
  headOf(node: number): number | undefined;
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
    headOf: createListHeads(graph),
    transientsOf: (other, otherEdges) =>
      computeTransients(other, otherEdges, permanentNodes(other, permanent), lookup, dominance),
  };
};

/** What a holder is in the program is told by the end of its path, which may lead through a million links of a list. */
const nodesOfKind = 32;

const questions = (graph: HeapGraph, { paths, dominance, headOf }: Skeleton): HolderQuestions => {
  const listOf = createChains(graph, paths);
  return {
    nodeOf: dominance.nodeOf,
    isLeftOut: dominance.isLeftOut,
    ownerOf: (holder) => {
      const node = dominance.nodeOf(holder);
      const list = headOf(node) ?? listOf(node);
      return list === node ? holder : list;
    },
    kindOf: (holder) => signatureOf(graph, stepsTo(graph, paths, dominance.nodeOf(holder), nodesOfKind), ''),
  };
};
