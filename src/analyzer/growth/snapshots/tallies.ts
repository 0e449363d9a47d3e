/**
 * What each holder held in each snapshot, by class: counts and bytes, and for the last snapshot how many came in each round
 * and stayed. In: labelled transient nodes, snapshot by snapshot. Out: tallies.
 */
import type { GrowthClasses } from './growth-classes.js';
import { markOf, type IdSet } from './id-set.js';
import { noHolder, type Transients } from './transients.js';

/** One class under one holder. All columns have one figure per snapshot. */
export interface Tally {
  readonly holder: number;
  readonly classNumber: number;
  readonly counts: Float64Array;
  readonly bytes: Float64Array;
  /** Of the last snapshot: how many were first seen in snapshot k. Those of the last round may still be in use. */
  readonly stayed: Float64Array;
}

export interface Tallies {
  readonly snapshots: number;
  /** For each holder (a node of the last graph), its classes. */
  readonly byHolder: ReadonlyMap<number, readonly Tally[]>;
}

export interface TallyBuilder {
  add(snapshot: number, transients: Transients): void;
  finish(): Tallies;
}

/** `idSets`: the ids of every snapshot, in order. */
export const createTallyBuilder = (classes: GrowthClasses, idSets: readonly IdSet[]): TallyBuilder => {
  const snapshots = idSets.length;
  const byHolder = new Map<number, Map<number, Tally>>();
  const tallyOf = (holder: number, classNumber: number): Tally => {
    let ofHolder = byHolder.get(holder);
    if (ofHolder === undefined) byHolder.set(holder, (ofHolder = new Map()));
    let tally = ofHolder.get(classNumber);
    if (tally === undefined) {
      const [counts, bytes, stayed] = [1, 2, 3].map(() => new Float64Array(snapshots));
      ofHolder.set(classNumber, (tally = { holder, classNumber, counts, bytes, stayed }));
    }
    return tally;
  };
  return {
    add(snapshot, { graph, holder }) {
      const last = snapshot === snapshots - 1;
      for (let node = 0; node < graph.nodeCount; node++) {
        if (holder[node] === noHolder) continue;
        const tally = tallyOf(holder[node], classes.of(graph, node));
        tally.counts[snapshot]++;
        tally.bytes[snapshot] += graph.selfBytes[node];
        if (last) tally.stayed[firstSeen(graph.nodeId[node], idSets)]++;
      }
    },
    finish: () => ({
      snapshots,
      byHolder: new Map([...byHolder].map(([holder, ofHolder]) => [holder, [...ofHolder.values()]])),
    }),
  };
};

/** An object that is gone never comes back, so an object of the last snapshot is in every snapshot from its first one on. */
const firstSeen = (id: number, idSets: readonly IdSet[]): number => {
  let snapshot = idSets.length - 1;
  const mark = markOf(idSets[snapshot], id);
  while (snapshot > 0 && markOf(idSets[snapshot - 1], id) === mark) snapshot--;
  return snapshot;
};
