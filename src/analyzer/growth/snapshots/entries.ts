/**
 * The entries of each holder: what it retains directly, seen through the stores that V8 puts between a Map or an array and
 * its entries. In: labelled transient nodes, snapshot by snapshot. Out: the number of entries for each holder, region and
 * class; the holder of a region is not always the one whose entries grow in it.
 */
import type { HeapGraph } from '../../model/heap-graph.js';
import { types, type GrowthClasses } from './growth-classes.js';
import { retains } from '../../heap/edges.js';
import { isAlike } from './list-heads.js';
import type { Transients } from './transients.js';

export interface EntryTally {
  /** The holder of these entries, a node of the last graph. */
  readonly holder: number;
  /**
   * The holder of the region that they belong to: `holder`, or one above it that other holders of the same entries are
   * below as well.
   */
  readonly region: number;
  readonly classNumber: number;
  /** One figure per snapshot. */
  readonly counts: Float64Array;
  /** The holder is the head of a list, such as Node's of timers: what a collection holds may be in it as well. */
  readonly isList: boolean;
}

export interface EntryBuilder {
  add(snapshot: number, transients: Transients): void;
  finish(): readonly EntryTally[];
}

/** `headOf`: the head of the list that a holder is a link of. What hangs on any of its links is an entry of the list. */
export const createEntryBuilder = (
  classes: GrowthClasses,
  snapshots: number,
  headOf: (holder: number) => number | undefined = () => undefined,
): EntryBuilder => {
  const tallies = new Map<string, EntryTally>();
  const count = (snapshot: number, holder: number, region: number, classNumber: number, isList: boolean): void => {
    const key = `${holder}/${region}/${classNumber}`;
    let tally = tallies.get(key);
    if (tally === undefined) {
      tally = { holder, region, classNumber, counts: new Float64Array(snapshots), isList };
      tallies.set(key, tally);
    }
    tally.counts[snapshot]++;
  };
  return {
    add(snapshot, transients) {
      const { graph, holder, frontier } = transients;
      const seen = new Seen(graph.nodeCount);
      for (let i = 0; i < frontier.edges.length; i++) {
        const head = headOf(frontier.holders[i]);
        const [by, isList] = [head ?? frontier.holders[i], head !== undefined];
        eachEntry(transients, graph.edgeTarget[frontier.edges[i]], by, isList, seen, (node) => {
          const classNumber = classes.of(graph, node);
          if (classes.isEvidence(classNumber)) count(snapshot, by, holder[node], classNumber, isList);
        });
      }
    },
    finish: () => [...tallies.values()],
  };
};

/** For each entry, the holder that reached it last: an entry counts once per holder, however many edges lead there. */
class Seen {
  private readonly by: Uint32Array;
  constructor(nodeCount: number) {
    this.by = new Uint32Array(nodeCount);
  }
  /** Whether this holder reaches the entry for the first time. */
  enter(node: number, holder: number): boolean {
    if (this.by[node] === holder + 1) return false;
    this.by[node] = holder + 1;
    return true;
  }
}

/** Calls back for the target of the edge; if that is a store, for everything that it holds; if it is a link, for the others. */
const eachEntry = (
  { graph, edges, isPermanent }: Transients,
  target: number,
  holder: number,
  isList: boolean,
  seen: Seen,
  callback: (node: number) => void,
): void => {
  const stack = [target];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (isPermanent[node] === 1 || !seen.enter(node, holder)) continue;
    const isStore = isBackingStore(graph, node);
    if (!isStore) callback(node);
    if (!isStore && !isList) continue;
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
      if (retains(edges, edge) && (isStore || isAlike(graph, node, graph.edgeTarget[edge])))
        stack.push(graph.edgeTarget[edge]);
  }
};

/** A store: a Map's table, an array's elements, an object's properties, the cell of a module's variable. */
export const isBackingStore = (graph: HeapGraph, node: number): boolean => {
  const type = graph.nodeType[node];
  if (type === types.array) return true;
  return type === types.hidden && backingNames.test(graph.strings.get(graph.nodeName[node]));
};
const backingNames = /^system \/ (PropertyArray|PropertyCell|Cell)$/;
