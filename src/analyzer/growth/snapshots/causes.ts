/**
 * The causes of growth in one region. What several permanent objects hold belongs to their common dominator, at worst the
 * root, and things there can share other things. In: a region and the entries of all holders. Out: groups of holders that
 * hold the same things, each with its share of the bytes: a byte that k groups reach counts 1/k for each (LeakShare, J.
 * Vilk and E. D. Berger, "BLeak: Automatically Debugging Memory Leaks in Web Applications", PLDI 2018).
 */
import { retains } from '../../heap/edges.js';
import type { EntryTally } from './entries.js';
import { gainsOf, totalGain } from '../readings/evidence.js';
import { isNameless, type GrowthClasses } from './growth-classes.js';
import type { Region } from './regions.js';
import type { Transients } from './transients.js';

export interface Cause {
  readonly region: Region;
  /** What gains entries in it; empty if the things retain one another without a collection. */
  readonly growing: readonly EntryTally[];
  /** Its part of the region's bytes, 0 to 1. */
  readonly share: number;
  /** Whether things of that class belong to it. */
  has(classNumber: number): boolean;
  /** Bytes of everything that its holders reach and that was created since the first snapshot, shared or not. */
  readonly reachedBytes: number;
}

/** The least share of the region's gain in a class that a holder must have gained, to be part of a cause. */
const minShareOfGain = 0.02;
/** Holders with at least this share of entries in common hold the same things. */
const minInCommon = 0.5;
/** Each holder is one bit of a 32-bit number. */
const maxHolders = 32;

/** `others`: the holders of all other regions that grow. */
export const causesOf = (
  region: Region,
  others: ReadonlySet<number>,
  entries: readonly EntryTally[],
  last: Transients,
  classes: GrowthClasses,
): Cause[] => {
  const members = new Set(region.members);
  const growing = growingIn(region, members, entries, last, classes);
  const holders = largestHolders(growing, classes);
  if (holders.length === 0 && isFedBy(others, members, last)) return [];
  if (holders.length === 0)
    return [{ region, growing, share: 1, has: () => true, reachedBytes: regionBytes(last, members) }];
  const reach = reachOf(holders, last);
  const groups = groupHolders(holders.length, reach, last);
  return groups.map(({ mask, share, bytes }) => ({
    region,
    growing: growing.filter(({ holder }) => ((mask >>> holders.indexOf(holder)) & 1) === 1 && holders.includes(holder)),
    share: holders.length === 1 ? 1 : share,
    has: hasClass(mask, reach, last, classes),
    reachedBytes: bytes,
  }));
};

const hasClass = (
  mask: number,
  reach: Uint32Array,
  { graph }: Transients,
  classes: GrowthClasses,
): ((classNumber: number) => boolean) => {
  const found = new Set<number>();
  for (let node = 0; node < reach.length; node++) if ((reach[node] & mask) !== 0) found.add(classes.of(graph, node));
  return (classNumber) => found.has(classNumber);
};

/**
 * Whether the things in the region are retained by growing things of other regions: then the region is part of those, and no
 * cause by itself. Either they have several retainers each, or most of them are not reached from a permanent object in any
 * other way. In contrast, a list is entered from a permanent object, and after that its links retain one another.
 */
const isFedBy = (others: ReadonlySet<number>, members: ReadonlySet<number>, last: Transients): boolean => {
  const { graph, edges, holder, frontier } = last;
  const isInside = (node: number): boolean => members.has(holder[node]);
  const fed: number[] = [];
  let inside = 0;
  for (let node = 0; node < graph.nodeCount; node++) {
    const isOther = others.has(holder[node]);
    if (!isOther && !isInside(node)) continue;
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
      if (!isInside(graph.edgeTarget[edge]) || !retains(edges, edge)) continue;
      if (isOther) fed.push(graph.edgeTarget[edge]);
      else inside++;
    }
  }
  if (fed.length === 0 || fed.length > inside) return fed.length > inside;
  const entered = frontier.edges.map((edge) => graph.edgeTarget[edge]).filter(isInside);
  const half = minShareOfRegion * regionBytes(last, members);
  return bytesFrom(fed, last, isInside) >= half && bytesFrom(entered, last, isInside) < half;
};

/** Bytes that can be reached from these nodes without leaving the region. */
export const bytesFrom = (starts: readonly number[], last: Transients, isInside: (node: number) => boolean): number => {
  let bytes = 0;
  walkFrom(starts, last, isInside, (node) => {
    bytes += last.graph.selfBytes[node];
    return true;
  });
  return bytes;
};

/** Visits each node of the region that can be reached from these, once. `visit`: whether to go on from there. */
export const walkFrom = (
  starts: readonly number[],
  { graph, edges }: Transients,
  isInside: (node: number) => boolean,
  visit: (node: number) => boolean,
): void => {
  const seen = new Set<number>();
  const stack = [...starts];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node) || !isInside(node)) continue;
    seen.add(node);
    if (!visit(node)) continue;
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
      if (retains(edges, edge)) stack.push(graph.edgeTarget[edge]);
  }
};

/** Holders that gained few entries must reach this share of the region: each entry holds hundreds of the same class. */
const minShareOfRegion = 0.5;

/** What gains entries in a region. */
export const growingIn = (
  region: Region,
  members: ReadonlySet<number>,
  entries: readonly EntryTally[],
  last: Transients,
  classes: GrowthClasses,
): EntryTally[] => {
  const all = entries.filter((one) => members.has(one.region));
  const collections = growingAmong(all.filter(({ isList }) => !isList), region, members, last, classes); // prettier-ignore
  if (collections.length > 0) return collections;
  return all.filter((one) => one.isList && growsWith(one, region, minShareOfGain));
};

const growingAmong = (
  ofRegion: readonly EntryTally[],
  region: Region,
  members: ReadonlySet<number>,
  last: Transients,
  classes: GrowthClasses,
): EntryTally[] => {
  const many = ofRegion.filter((one) => growsWith(one, region, minShareOfGain));
  if (many.length > 0) return many;
  const few = ofRegion.filter((one) => growsWith(one, region, 0));
  const holders = largestHolders(few, classes);
  const bytes = sumIf(bytesByReach(reachOf(holders, last), last), () => true);
  return holders.length > 0 && bytes >= minShareOfRegion * regionBytes(last, members) ? few : [];
};

/** Whether it grew in every round, by a fair part of the region's gain in that class. */
const growsWith = (one: EntryTally, region: Region, minShare: number): boolean => {
  const ofClass = region.classes.find(({ classNumber }) => classNumber === one.classNumber);
  if (ofClass === undefined || ofClass.trend === 'none') return false;
  return Math.min(...gainsOf(one.counts)) > 0 && totalGain(one.counts) >= minShare * totalGain(ofClass.counts);
};

const largestHolders = (growing: readonly EntryTally[], classes: GrowthClasses): number[] => {
  const gained = new Map<number, number>();
  for (const one of growing) {
    const weight = isNameless(classes.nameOf(one.classNumber)) ? 0.5 : 1;
    gained.set(one.holder, (gained.get(one.holder) ?? 0) + weight * totalGain(one.counts));
  }
  return [...gained]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, maxHolders)
    .map(([holder]) => holder);
};

/** For each transient node of the last graph: one bit for each holder that reaches it. */
const reachOf = (holders: readonly number[], last: Transients): Uint32Array => {
  const { graph, edges, isPermanent, frontier } = last;
  const reach = new Uint32Array(graph.nodeCount);
  const bitOf = new Map(holders.map((holder, i) => [holder, 1 << i]));
  const stack: number[] = [];
  const enter = (node: number, bits: number): void => {
    if (isPermanent[node] === 1 || (reach[node] | bits) >>> 0 === reach[node]) return;
    reach[node] |= bits;
    stack.push(node);
  };
  for (let i = 0; i < frontier.edges.length; i++) {
    const bit = bitOf.get(frontier.holders[i]);
    if (bit !== undefined) enter(graph.edgeTarget[frontier.edges[i]], bit);
  }
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
      if (retains(edges, edge)) enter(graph.edgeTarget[edge], reach[node]);
  }
  return reach;
};

interface Group {
  mask: number;
  share: number;
  bytes: number;
}

const groupHolders = (count: number, reach: Uint32Array, last: Transients): Group[] => {
  const bytesOf = bytesByReach(reach, last);
  const bytesOfMask = (mask: number): number => sumIf(bytesOf, (bits) => (bits & mask) !== 0);
  let masks = Array.from({ length: count }, (_, i) => (1 << i) >>> 0);
  for (let merged = true; merged;) {
    merged = false;
    outer: for (let a = 0; a < masks.length; a++) {
      for (let b = a + 1; b < masks.length; b++) {
        const both = sumIf(bytesOf, (bits) => (bits & masks[a]) !== 0 && (bits & masks[b]) !== 0);
        if (both < minInCommon * Math.min(bytesOfMask(masks[a]), bytesOfMask(masks[b]))) continue;
        masks[a] = (masks[a] | masks[b]) >>> 0;
        masks = masks.filter((_, i) => i !== b);
        merged = true;
        break outer;
      }
    }
  }
  const all = sumIf(bytesOf, () => true);
  return masks.map((mask) => {
    let blame = 0;
    for (const [bits, bytes] of bytesOf) {
      if ((bits & mask) !== 0) blame += bytes / masks.filter((other) => (bits & other) !== 0).length;
    }
    return { mask, share: all === 0 ? 0 : blame / all, bytes: bytesOfMask(mask) };
  });
};

/** Bytes by the set of holders that reach them. There are few such sets, and the nodes are visited only once. */
const bytesByReach = (reach: Uint32Array, { graph }: Transients): Map<number, number> => {
  const bytesOf = new Map<number, number>();
  for (let node = 0; node < reach.length; node++) {
    if (reach[node] !== 0) bytesOf.set(reach[node], (bytesOf.get(reach[node]) ?? 0) + graph.selfBytes[node]);
  }
  return bytesOf;
};

const sumIf = (bytesOf: ReadonlyMap<number, number>, wanted: (bits: number) => boolean): number => {
  let sum = 0;
  for (const [bits, bytes] of bytesOf) if (wanted(bits)) sum += bytes;
  return sum;
};

export const regionBytes = ({ graph, holder }: Transients, members: ReadonlySet<number>): number => {
  let bytes = 0;
  for (let node = 0; node < graph.nodeCount; node++) if (members.has(holder[node])) bytes += graph.selfBytes[node];
  return bytes;
};
