/**
 * Which object of a cause is the container, and which of the objects that it holds are its entries. In: a cause, the last
 * graph. Out: the container's node, the class of its entries and their number in each snapshot.
 */
import { edgeName, nodeName, type HeapGraph } from '../../model/heap-graph.js';
import { noEdge, type Paths } from '../../model/heap-results.js';
import type { Cause } from './causes.js';
import { holdOneAnother } from './chains.js';
import { lookDirect, olderOf } from './direct.js';
import { isBackingStore, type EntryTally } from './entries.js';
import { isNameless, type GrowthClasses } from './growth-classes.js';
import { isOwnClass } from './own-class.js';
import { growingClasses, type Region, type RegionClass } from './regions.js';
import { noHolder, type Transients } from './transients.js';
import { unitOf } from './units.js';

export interface Container {
  /** A node of the last graph; a transient one if the container itself is replaced as it grows. */
  readonly node: number;
  /** Class of its entries. */
  readonly entryClass: number;
  /** Its entries at each snapshot. */
  readonly history: readonly number[];
  /** An entry of the last round but one or before, in the last graph; -1 if none was found. */
  readonly entry: number;
  /** Other permanent objects that hold the same entries, largest gain first. */
  readonly alsoHeldBy: readonly number[];
  /** The entries hold one another: a list, not a collection. */
  readonly chained: boolean;
}

export const findContainer = (
  { region, growing }: Cause,
  last: Transients,
  paths: Paths,
  classes: GrowthClasses,
): Container => {
  const best = byPreference(growing, region, last.graph, classes, paths);
  if (best === undefined) return inside(region, last, paths, classes);
  const ofBest = growing.filter((one) => one.holder !== best.holder && one.classNumber === best.classNumber);
  const direct = lookDirect(last, best.holder, best.classNumber, classes);
  return {
    node: best.holder,
    entryClass: best.classNumber,
    // the entries that were there all the time are the same number in each snapshot
    history: [...best.counts].map((count) => count + direct.permanent),
    // objects of that class may also be deeper in the region, and belong to something else
    entry: direct.oldest === -1 ? findEntry(last, new Set(region.members), best.classNumber, classes) : direct.oldest,
    alsoHeldBy: [...new Set(ofBest.map((one) => one.holder))],
    chained: false,
  };
};

const total = (counts: ArrayLike<number>): number => counts[counts.length - 1] - counts[0];

/** The share of the largest gain of any class that a more telling class must have gained, to name the entries. */
const shareOfMost = 0.5;

/** The same if entries hold one another, each with many strings and numbers of its own. */
const shareOfCrowd = 0.02;

/** How little a class name says: objects of a class say most, then functions, plain objects, symbols; strings say least. */
const vagueness = (name: string): number => {
  if (isNameless(name)) return name === '(symbol)' ? 3 : 4;
  return name.endsWith('()') ? 1 : isOwnClass(name) ? 0 : 2;
};

/**
 * Among entries that gain enough: the most telling class first; then the region's own holder; then the holder nearest to
 * the root; then by the names of its class and field.
 */
const byPreference = (
  growing: readonly EntryTally[],
  region: Region,
  graph: HeapGraph,
  classes: GrowthClasses,
  paths: Paths,
): EntryTally | undefined => {
  const most = Math.max(0, ...growing.map((one) => total(one.counts)));
  const vaguenessOf = (one: EntryTally): number => vagueness(classes.nameOf(one.classNumber));
  const isOther = (one: EntryTally): number => (one.holder === region.node ? 0 : 1);
  const enough = growing.filter((one) => total(one.counts) >= shareOfMost * most);
  return enough.toSorted(
    (a, b) =>
      vaguenessOf(a) - vaguenessOf(b) ||
      isOther(a) - isOther(b) ||
      total(b.counts) - total(a.counts) ||
      depthOf(paths, a.holder) - depthOf(paths, b.holder) ||
      compare(heldAs(graph, paths, a.holder), heldAs(graph, paths, b.holder)),
  )[0];
};

/** Of two fields with the same entries, each run names the same one: V8 keeps objects in no certain order. */
const heldAs = (graph: HeapGraph, paths: Paths, node: number): string =>
  `${nodeName(graph, node)} ${paths.edge[node] === noEdge ? '' : edgeName(graph, paths.edge[node])}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const depthOf = (paths: Paths, node: number): number => {
  let depth = 0;
  for (let at = node; at !== 0 && depth < 10_000; at = paths.from[at]) depth++;
  return depth;
};

/** What the members of a region hold together, if none of them gains in every round. */
const together = (
  region: Region,
  { graph, holder, frontier }: Transients,
  classNumber: number,
  classes: GrowthClasses,
): number => {
  const members = new Set(region.members);
  const seen = new Set<number>();
  const stack = frontier.edges.map((edge) => graph.edgeTarget[edge]).filter((node) => members.has(holder[node]));
  let count = 0;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node) || !members.has(holder[node])) continue;
    seen.add(node);
    if (isBackingStore(graph, node))
      for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
        stack.push(graph.edgeTarget[edge]);
    else if (classes.of(graph, node) === classNumber) count++;
  }
  return count;
};

/** No holder gains entries: they hold one another, or many holders of one kind gain a few each. */
const inside = (region: Region, last: Transients, paths: Paths, classes: GrowthClasses): Container => {
  const first = firstClass(region, last, classes);
  const ofRegion = first ?? mainClass(region, classes);
  const members = new Set(region.members);
  const entry = findEntry(last, members, ofRegion.classNumber, classes);
  const node = descend(last, paths, region.node, entry, ofRegion, classes);
  const direct = lookDirect(last, node, ofRegion.classNumber, classes);
  const isGathered = members.size > 1 && !holdOneAnother(members, last, ofRegion.classNumber, classes);
  const gathered = isGathered ? together(region, last, ofRegion.classNumber, classes) : 0;
  const found = Math.max(gathered, direct.permanent + direct.transient);
  const chained = found < shareOfMost * total(ofRegion.counts);
  const unit = chained && first === undefined && members.size === 1 ? unitOf(region, last, classes) : undefined;
  if (unit !== undefined) return holderOf(unit, region, last, classes);
  const history = [...ofRegion.counts].map((count) => count + (chained ? 0 : direct.permanent));
  return { node, entryClass: ofRegion.classNumber, history, entry, alsoHeldBy: [], chained };
};

/** What is in between is made anew all the time. */
const holderOf = (
  { classNumber, counts }: RegionClass,
  { node, members }: Region,
  last: Transients,
  classes: GrowthClasses,
): Container => {
  const entry = findEntry(last, new Set(members), classNumber, classes);
  return { node, entryClass: classNumber, history: [...counts], entry, alsoHeldBy: [], chained: false };
};

/**
 * The class that the first object holds most of, if that is a collection which is replaced as it grows; the class of the first
 * object in the chain, if that class grows.
 */
const firstClass = (region: Region, last: Transients, classes: GrowthClasses): RegionClass | undefined => {
  const growing = growingClasses(region);
  const members = new Set(region.members);
  const { graph, frontier, holder } = last;
  for (const edge of frontier.edges) {
    const target = graph.edgeTarget[edge];
    if (!members.has(holder[target])) continue;
    const held = mostTelling(growing.filter((one) => holdsMost(last, target, one, classes)), classes); // prettier-ignore
    if (held !== undefined) return held;
    const first = growing.find(({ classNumber }) => classNumber === classes.of(graph, target));
    if (first !== undefined && !isNameless(classes.nameOf(first.classNumber))) return first;
  }
  return undefined;
};

/** The most telling class among those that gain enough. */
const mainClass = (region: Region, classes: GrowthClasses): RegionClass => {
  const growing = growingClasses(region);
  const most = Math.max(...growing.map((one) => total(one.counts)));
  const enough = growing.filter((one) => total(one.counts) >= shareOfCrowd * most);
  return mostTelling(enough, classes) ?? region.classes[0];
};

const mostTelling = (found: readonly RegionClass[], classes: GrowthClasses): RegionClass | undefined => {
  const vaguenessOf = (one: RegionClass): number => vagueness(classes.nameOf(one.classNumber));
  return found.toSorted((a, b) => vaguenessOf(a) - vaguenessOf(b) || total(b.bytes) - total(a.bytes))[0];
};

/** Whether a transient node is a collection of what grows: a link of a list holds only the next one. */
const holdsMost = (
  last: Transients,
  node: number,
  { classNumber, counts }: RegionClass,
  classes: GrowthClasses,
): boolean => lookDirect(last, node, classNumber, classes).transient >= Math.max(2, shareOfMost * total(counts));

/** An entry that stayed, as an example: the oldest one. */
const findEntry = (
  last: Transients,
  members: ReadonlySet<number>,
  classNumber: number,
  classes: GrowthClasses,
): number => {
  const { graph, holder } = last;
  let oldest = -1;
  for (let node = 0; node < graph.nodeCount; node++) {
    if (holder[node] === noHolder || !members.has(holder[node])) continue;
    if (classes.of(graph, node) !== classNumber) continue;
    oldest = olderOf(graph, oldest, node);
  }
  return oldest;
};

/**
 * From the permanent holder down to the collection, if that is replaced as it grows: below the last permanent node, the path
 * to an entry leads through transient nodes, and the last one before the entry that is not a store is the collection.
 */
const descend = (
  last: Transients,
  paths: Paths,
  holder: number,
  entry: number,
  ofRegion: RegionClass,
  classes: GrowthClasses,
): number => {
  if (entry === -1) return holder;
  const way: number[] = [];
  for (let at = entry; at !== 0 && at !== holder && way.length < 10_000; at = paths.from[at]) way.push(at);
  const isOfClass = (node: number): boolean => classes.of(last.graph, node) === ofRegion.classNumber;
  let container = holder;
  for (const node of way.toReversed()) {
    if (last.isPermanent[node] === 1) {
      container = holder; // what is above is not between the holder and the entry
      continue;
    }
    // a variable's value stands for the variable, even if it is itself the first object of a chain
    if (container === holder && nodeName(last.graph, holder) === 'system / Context') container = node;
    if (node === entry || (isOfClass(node) && !holdsMost(last, node, ofRegion, classes))) break;
    if (!isBackingStore(last.graph, node)) container = node;
  }
  return container;
};
