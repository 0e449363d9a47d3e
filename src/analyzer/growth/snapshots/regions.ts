/**
 * Regions: everything that belongs to one holder, or to many holders of one kind (the arrays of a thousand sessions), with
 * a judgement of its growth. In: tallies of holders, and which holders count as one (links of one list). Out: regions that
 * grow or slow down.
 */
import { groupBy } from '../../model/group-by.js';
import { gainsOf, judgeBytes, judgeSeries, totalGain, type Trend } from '../readings/evidence.js';
import type { GrowthClasses } from './growth-classes.js';
import type { Tallies, Tally } from './tallies.js';

export interface Region {
  /** The node of the last graph that represents the region. */
  readonly node: number;
  /** All holders in it (see dominance.ts); more than one if they are links of a list, or of one kind. */
  readonly members: readonly number[];
  readonly trend: Exclude<Trend, 'none'>;
  /** Every class in it, summed over the members. */
  readonly classes: readonly RegionClass[];
  /** Bytes of everything in it, one figure per snapshot. */
  readonly bytes: Float64Array;
  /** Others of the same kind that grow too, and by less. There may be very many: they are only counted with this one. */
  readonly alike: readonly Region[];
}

export interface RegionClass {
  readonly classNumber: number;
  readonly counts: Float64Array;
  readonly bytes: Float64Array;
  readonly stayed: Float64Array;
  readonly trend: Trend;
}

/**
 * The least growth in size of a region whose number of entries does not grow (a string that is appended to), in bytes per
 * round.
 */
const leastBytesOfSize = 4096;
/** At most this many things that grow in size count; more than that is a crowd that comes and goes. */
const maxOfSize = 16;
/** Fewer holders than this are not judged as a kind, only one by one. */
const minOfOneKind = 3;
/** Of regions of one kind (the history of each of a thousand users), so many are looked at one by one. */
const mostOfOneKind = 16;

/** The classes that make the region grow. */
export const growingClasses = ({ classes, trend }: Region): RegionClass[] =>
  classes.filter((one) => one.trend === trend);

/** Questions about a holder, apart from its figures. */
export interface HolderQuestions {
  /** The node that the holder is, or that has it as a slot. */
  nodeOf(holder: number): number;
  /** The list, if the holder is a link of one; otherwise the holder itself. */
  ownerOf(holder: number): number;
  /** Whether it is no leak of the program's (see dominance.ts). */
  isLeftOut(holder: number): boolean;
  /** The same text for all holders that have the same role in the program. */
  kindOf(holder: number): string;
}

/**
 * Judges the holders one by one, with the links of a list as one; then the remaining ones by kind: growth that is spread
 * thinly over many holders shows only in the sum.
 */
export const findRegions = (
  tallies: Tallies,
  classes: GrowthClasses,
  holders: HolderQuestions,
  roundWork?: readonly number[],
): Region[] => {
  const found = new Map<Region, number>();
  const left = new Map<string, number[]>();
  for (const [owner, members] of groupBy(
    [...tallies.byHolder.keys()].filter((holder) => !holders.isLeftOut(holder)),
    holders.ownerOf,
  )) {
    const region = judge(holders.nodeOf(owner), members, tallies, classes, roundWork);
    if (region === undefined) append(left, holders.kindOf(owner), members);
    else found.set(region, owner);
  }
  const ofKinds: Region[] = [];
  for (const members of left.values()) {
    if (members.length < minOfOneKind) continue;
    const region = judge(holders.nodeOf(largestOf(members, tallies)), members, tallies, classes, roundWork);
    if (region !== undefined) ofKinds.push(region);
  }
  return [...withAlike(found, holders), ...ofKinds];
};

/** The largest regions of each kind; the first of them has the others. */
const withAlike = (owners: ReadonlyMap<Region, number>, { kindOf }: HolderQuestions): Region[] => {
  const regions = [...owners.keys()];
  if (regions.length <= mostOfOneKind) return regions;
  const kinds = groupBy(regions, (region) => `${region.trend} ${mainClass(region)} ${kindOf(owners.get(region) ?? 0)}`);
  return [...kinds.values()].flatMap((ofKind) => {
    const [first, ...more] = ofKind.toSorted((a, b) => gainOf(b) - gainOf(a));
    if (first === undefined || ofKind.length <= mostOfOneKind) return ofKind;
    return [{ ...first, alike: more.slice(mostOfOneKind - 1) }, ...more.slice(0, mostOfOneKind - 1)];
  });
};

const gainOf = ({ bytes }: Region): number => (bytes.at(-1) ?? 0) - bytes[0];

/** The class of which most came. */
const mainClass = ({ classes }: Region): number | undefined =>
  classes.toSorted((a, b) => totalGain(b.counts) - totalGain(a.counts))[0]?.classNumber;

const judge = (
  node: number,
  members: readonly number[],
  tallies: Tallies,
  classes: GrowthClasses,
  roundWork: readonly number[] | undefined,
): Region | undefined => {
  const ofClass = new Map<number, Omit<RegionClass, 'trend'>>();
  for (const member of members) {
    for (const tally of tallies.byHolder.get(member) ?? []) addTo(ofClass, tally);
  }
  const judged = [...ofClass.values()].map((one) => ({
    ...one,
    trend: classes.isEvidence(one.classNumber)
      ? judgeClass(one, classes.hasSize(one.classNumber), roundWork)
      : ('none' as const),
  }));
  const trend = strongest(judged.map((one) => one.trend));
  if (trend === 'none') return undefined;
  const bytes = new Float64Array(tallies.snapshots);
  for (const one of judged) for (let k = 0; k < bytes.length; k++) bytes[k] += one.bytes[k];
  return { node, members, trend, classes: judged, bytes, alike: [] };
};

const judgeClass = (
  one: Omit<RegionClass, 'trend'>,
  hasSize: boolean,
  roundWork: readonly number[] | undefined,
): Trend => {
  const byCount = judgeSeries(one, roundWork);
  if (byCount !== 'none' || !hasSize || !growsInSize(one)) return byCount;
  return judgeBytes(one.bytes, leastBytesOfSize, roundWork);
};

/** Few things that gain in size in each round, whether steadily or not. */
export const growsInSize = ({ counts, bytes }: Pick<Tally, 'counts' | 'bytes'>): boolean =>
  Math.max(...counts) <= maxOfSize && Math.min(...gainsOf(bytes)) >= leastBytesOfSize;

const strongest = (trends: readonly Trend[]): Trend =>
  trends.includes('grows') ? 'grows' : trends.includes('slows') ? 'slows' : 'none';

const addTo = (ofClass: Map<number, Omit<RegionClass, 'trend'>>, tally: Tally): void => {
  const sum = ofClass.get(tally.classNumber);
  if (sum === undefined) {
    const { classNumber, counts, bytes, stayed } = tally;
    ofClass.set(classNumber, { classNumber, counts: counts.slice(), bytes: bytes.slice(), stayed: stayed.slice() });
    return;
  }
  for (let k = 0; k < tally.counts.length; k++) {
    sum.counts[k] += tally.counts[k];
    sum.bytes[k] += tally.bytes[k];
    sum.stayed[k] += tally.stayed[k];
  }
};

/** The holder whose bytes grew most. */
const largestOf = (members: readonly number[], tallies: Tallies): number => {
  const growth = (member: number): number =>
    (tallies.byHolder.get(member) ?? []).reduce((sum, { bytes }) => sum + (bytes.at(-1) ?? 0) - bytes[0], 0);
  return members.reduce((best, member) => (growth(member) > growth(best) ? member : best));
};

const append = <K>(groups: Map<K, number[]>, key: K, values: readonly number[]): void => {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [...values]);
  else for (const value of values) group.push(value); // there may be too many for one call
};
