/**
 * Finds which object of one snapshot is which object of another. V8 keeps an object's id as long as no inspector session
 * ends: when any session ends, V8 forgets all ids and assigns new ones. In: graphs, oldest first. Out: for graphs whose ids
 * do not agree, new id columns that do: an object that is reached by the same chain of edges and classes gets the id that
 * it has in the later graph. Edges with names (properties, variables) are followed first, and only then edges with a
 * position (elements, entries of a Map).
 */
import { MemwatchError } from '../../errors.js';
import { edgeTypes, nodeName, type HeapGraph } from '../model/heap-graph.js';
import { IdIndex } from './ids.js';

const root = 0;
const missing = -1;
/** How many nodes are compared to decide whether ids agree. */
const looked = 20_000;
/**
 * The share of differences, relative to what chance alone would produce, up to which ids still count as the same. Measured
 * on Node 20 and 24: at most 0.05 within one session, where new objects took over ids of dead ones (a cache of 60,000
 * entries was replaced); 0.87 to 0.97 between two sessions.
 */
const maxOfChance = 0.5;

/** For each edge type: 1 if its edges have a number instead of a name. */
const numbered = Uint8Array.from(edgeTypes, (type) => (type === 'element' || type === 'hidden' ? 1 : 0));

/** The names of some nodes by id: enough to decide, without the graph, whether another graph's ids mean the same objects. */
export type IdSample = ReadonlyMap<number, string>;

export const sampleIds = (graph: HeapGraph): IdSample => {
  const sample = new Map<number, string>();
  const step = Math.max(1, Math.floor(graph.nodeCount / looked));
  for (let node = 1; node < graph.nodeCount; node += step) sample.set(graph.nodeId[node], className(graph, node));
  return sample;
};

/**
 * An object keeps its class: if equal ids name different classes, they are of two processes or two sessions. A few may
 * differ within one session, because an object that is made where another died takes over its id; and between sessions a
 * few agree by chance.
 */
export const idsAgree = (sample: IdSample, graph: HeapGraph): boolean => {
  const before = new Map<string, number>();
  const after = new Map<string, number>();
  let common = 0;
  let different = 0;
  for (let node = 1; node < graph.nodeCount; node++) {
    const was = sample.get(graph.nodeId[node]);
    if (was === undefined) continue;
    const is = className(graph, node);
    common++;
    if (was !== is) different++;
    before.set(was, (before.get(was) ?? 0) + 1);
    after.set(is, (after.get(is) ?? 0) + 1);
  }
  let alikeByChance = 0;
  for (const [name, count] of before) alikeByChance += (count * (after.get(name) ?? 0)) / common;
  return common > 0 && different <= maxOfChance * (common - alikeByChance);
};

/**
 * Ids for the earlier graph: those of the later one for objects in both, unused ones for objects that are gone. `others`:
 * graphs whose ids must not be used either.
 */
export const idsByPath = (later: HeapGraph, earlier: HeapGraph, others: readonly IdIndex[] = []): Uint32Array => {
  const ids = new Uint32Array(earlier.nodeCount);
  const twins = matchByPath(later, earlier);
  const isNamed = new Uint8Array(earlier.nodeCount);
  for (let node = 0; node < later.nodeCount; node++) {
    if (twins[node] === missing) continue;
    ids[twins[node]] = later.nodeId[node];
    isNamed[twins[node]] = 1;
  }
  const used = [new IdIndex(later.nodeId), ...others];
  let next = 1;
  for (let node = 0; node < ids.length; node++) {
    if (isNamed[node] === 1) continue;
    while (used.some((index) => index.nodeOf(next) !== missing)) next += 2; // in the steps in which V8 counts
    ids[node] = next;
    next += 2;
    if (next > 0xffff_ffff) throw new MemwatchError('broken-file', 'there are more objects than ids');
  }
  return ids;
};

/** For each node of the later graph, the node of the earlier one that is reached by the same path; -1 for none. */
const matchByPath = (later: HeapGraph, earlier: HeapGraph): Int32Array => {
  const twins = new Int32Array(later.nodeCount).fill(missing);
  const taken = new Uint8Array(earlier.nodeCount);
  const matched = new Uint32Array(later.nodeCount);
  let length = 0;
  const pair = (node: number, twin: number): void => {
    twins[node] = twin;
    taken[twin] = 1;
    matched[length++] = node;
  };
  const follow = (node: number, by: EdgeKey): void => {
    const targets = targetsByKey(earlier, twins[node], by);
    if (targets.size === 0) return;
    by(later, node, (edge, key) => {
      const target = later.edgeTarget[edge];
      const twin = twins[target] === missing ? targets.get(key) : undefined;
      if (twin !== undefined && taken[twin] === 0) pair(target, twin);
    });
  };
  pair(root, root);
  for (let byName = 0, byRank = 0; byRank < length; byRank++) {
    for (; byName < length; byName++) follow(matched[byName], forEachNamed);
    follow(matched[byRank], forEachRanked);
  }
  return twins;
};

/** Calls back for a node's edges, each with a key that the same edge has in another snapshot. */
type EdgeKey = (graph: HeapGraph, node: number, onEdge: (edge: number, key: string) => void) => void;

const targetsByKey = (graph: HeapGraph, node: number, by: EdgeKey): Map<string, number> => {
  const targets = new Map<string, number>();
  by(graph, node, (edge, key) => {
    if (!targets.has(key)) targets.set(key, graph.edgeTarget[edge]);
  });
  return targets;
};

/** For edges with a name: the name, and the class of the target. */
const forEachNamed: EdgeKey = (graph, node, onEdge) => {
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    const name = edgeName(graph, edge);
    if (name !== '') onEdge(edge, `${graph.edgeType[edge]} ${name} ${className(graph, graph.edgeTarget[edge])}`);
  }
};

/** For edges with a position: the rank among the edges to targets of that class, which survives when a table is rebuilt. */
const forEachRanked: EdgeKey = (graph, node, onEdge) => {
  const ranks = new Map<string, number>();
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    if (edgeName(graph, edge) !== '') continue;
    const target = className(graph, graph.edgeTarget[edge]);
    const rank = ranks.get(target) ?? 0;
    ranks.set(target, rank + 1);
    onEdge(edge, `${graph.edgeType[edge]} #${rank} ${target}`);
  }
};

/** The edge's name; empty if it has a number. */
const edgeName = (graph: HeapGraph, edge: number): string => {
  if (numbered[graph.edgeType[edge]] === 1) return '';
  const name = graph.strings.get(graph.edgeName[edge]);
  return /^\d+$/.test(name) ? '' : name;
};

const className = (graph: HeapGraph, node: number): string => `${graph.nodeType[node]} ${nodeName(graph, node)}`;
