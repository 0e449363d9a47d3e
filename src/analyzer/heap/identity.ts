/**
 * Which object of one snapshot is which of another. V8 keeps an object's id for as long as no inspector session ends: any
 * that does makes it forget all ids, and give new ones. In: graphs, oldest first. Out: for graphs whose ids do not agree,
 * new id columns that do: an object that is reached by the same chain of edges and classes gets the id that it has in the
 * graph after. Names come before ranks: what has a name (properties, variables) is followed first, and only then what has
 * a place alone (elements, entries of a Map).
 */
import { MemwatchError } from '../../errors.js';
import { edgeTypes, nodeName, type HeapGraph } from '../model/heap-graph.js';
import { IdIndex } from './ids.js';

const root = 0;
const missing = -1;
/** How many nodes are looked at to tell whether ids agree. */
const looked = 20_000;
/**
 * Which share of the differences that chance alone would make may be there. Measured on Node 20 and 24: 0.05 at most in one
 * session, where objects took over ids of dead ones (a cache of 60,000 entries turned over); 0.87 to 0.97 between two.
 */
const mostOfChance = 0.5;

/** For each edge type: 1 where an edge of it is known by a number, not by a name. */
const numbered = Uint8Array.from(edgeTypes, (type) => (type === 'element' || type === 'hidden' ? 1 : 0));

/** Names of some nodes by id: enough to tell, without the graph, whether another graph's ids mean the same objects. */
export type IdSample = ReadonlyMap<number, string>;

export const sampleIds = (graph: HeapGraph): IdSample => {
  const sample = new Map<number, string>();
  const step = Math.max(1, Math.floor(graph.nodeCount / looked));
  for (let node = 1; node < graph.nodeCount; node += step) sample.set(graph.nodeId[node], className(graph, node));
  return sample;
};

/**
 * An object keeps its class: where equal ids name different classes, they are of two processes or two sessions. Some may
 * in one session, too, because an object that is made where another died takes over its id; and of strangers some agree,
 * as any two objects may be of one class.
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
  return common > 0 && different <= mostOfChance * (common - alikeByChance);
};

/**
 * Ids for the earlier graph: those of the later one for what is in both, unused ones for what is gone. `others`: graphs
 * whose ids are not to be used either.
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
    while (used.some((index) => index.nodeOf(next) !== missing)) next += 2; // as V8 counts
    ids[node] = next;
    next += 2;
    if (next > 0xffff_ffff) throw new MemwatchError('broken-file', 'there are more objects than ids');
  }
  return ids;
};

/** For each node of the later graph, the node of the earlier one that is reached in the same way; -1 for none. */
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

/** What is known by a name, and the class that it leads to. */
const forEachNamed: EdgeKey = (graph, node, onEdge) => {
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    const name = edgeName(graph, edge);
    if (name !== '') onEdge(edge, `${graph.edgeType[edge]} ${name} ${className(graph, graph.edgeTarget[edge])}`);
  }
};

/** What is known by its place: the rank among the edges to its class, which stays when a table is laid out anew. */
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

/** The edge's name; empty where it has a number. */
const edgeName = (graph: HeapGraph, edge: number): string => {
  if (numbered[graph.edgeType[edge]] === 1) return '';
  const name = graph.strings.get(graph.edgeName[edge]);
  return /^\d+$/.test(name) ? '' : name;
};

const className = (graph: HeapGraph, node: number): string => `${graph.nodeType[node]} ${nodeName(graph, node)}`;
