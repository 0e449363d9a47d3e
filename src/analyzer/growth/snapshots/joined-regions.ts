/**
 * Regions with one cause: each entry of a collection keeps an object that something without a collection of its own, such as Node's
 * list of timers, keeps as well. In: regions. Out: the same, with those joined into the region of the collection.
 */
import { retains } from '../../heap/edges.js';
import { growingIn } from './causes.js';
import type { EntryTally } from './entries.js';
import type { GrowthClasses } from './growth-classes.js';
import { growingClasses, type Region, type RegionClass } from './regions.js';
import { noHolder, type Transients } from './transients.js';

interface Grown {
  readonly entries: readonly EntryTally[];
  readonly last: Transients;
  readonly classes: GrowthClasses;
}

/** Only a region without a collection joins another, and only one with a collection: so one of them always stays. */
export const joinRegions = (regions: readonly Region[], { entries, last, classes }: Grown): readonly Region[] => {
  if (regions.length < 2) return regions;
  const hasCollection = (region: Region): boolean =>
    growingIn(region, new Set(region.members), entries, last, classes).some(({ isList }) => !isList);
  const joined = new Map(regions.filter(hasCollection).map((region) => [region, region]));
  const others = regions.filter((region) => !joined.has(region));
  if (others.length === 0 || joined.size === 0) return regions;
  const kept = keptNodes([...joined.keys()], others, last);
  const left = others.filter((region) => {
    const keeper = kept.get(region)?.find(({ nodes }) => isKept(region, nodes, last, classes))?.by;
    if (keeper !== undefined) joined.set(keeper, withRegion(joined.get(keeper) ?? keeper, region));
    return keeper === undefined;
  });
  return regions.flatMap((region) => joined.get(region) ?? (left.includes(region) ? [region] : []));
};

interface Kept {
  readonly by: Region;
  readonly nodes: Set<number>;
}

/** For each of the others: the nodes in it that things of a region retain directly. */
const keptNodes = (
  keepers: readonly Region[],
  others: readonly Region[],
  { graph, edges, holder }: Transients,
): Map<Region, Kept[]> => {
  const found = new Map<Region, Kept[]>();
  const [keeperOf, regionOf] = [byMember(keepers), byMember(others)];
  for (let node = 0; node < graph.nodeCount; node++) {
    const by = keeperOf.get(holder[node] ?? noHolder);
    if (by === undefined) continue;
    const end = graph.firstEdge[node + 1] ?? 0;
    for (let edge = graph.firstEdge[node] ?? end; edge < end; edge++) {
      const target = graph.edgeTarget[edge] ?? 0;
      const region = regionOf.get(holder[target] ?? noHolder);
      if (region !== undefined && retains(edges, edge)) addTo(found, region, by, target);
    }
  }
  return found;
};

const byMember = (regions: readonly Region[]): Map<number, Region> =>
  new Map(regions.flatMap((region) => region.members.map((member) => [member, region])));

const addTo = (found: Map<Region, Kept[]>, region: Region, by: Region, node: number): void => {
  const all = found.get(region) ?? [];
  const kept = all.find((one) => one.by === by);
  if (kept === undefined) found.set(region, [...all, { by, nodes: new Set([node]) }]);
  else kept.nodes.add(node);
};

/** This share of the objects of one class must be kept one by one. */
const minKept = 0.9;
/** A class with a smaller share of what the region gained is not what it is about. */
const minShareOfMost = 0.02;

/** Whether these are nearly all objects of a class that the region gains. */
const isKept = (region: Region, nodes: ReadonlySet<number>, { graph }: Transients, classes: GrowthClasses): boolean => {
  const keptOf = new Map<number, number>();
  for (const node of nodes) {
    const classNumber = classes.of(graph, node);
    keptOf.set(classNumber, (keptOf.get(classNumber) ?? 0) + 1);
  }
  const growing = growingClasses(region);
  const least = minShareOfMost * Math.max(0, ...growing.map(lastCount));
  return growing.some((one) => {
    const all = lastCount(one);
    return all >= least && (keptOf.get(one.classNumber) ?? 0) >= minKept * all;
  });
};

const lastCount = ({ counts }: RegionClass): number => counts.at(-1) ?? 0;

const withRegion = (one: Region, other: Region): Region => {
  const ofClass = new Map(one.classes.map((each) => [each.classNumber, each]));
  for (const each of other.classes) ofClass.set(each.classNumber, withClass(ofClass.get(each.classNumber), each));
  return { ...one, classes: [...ofClass.values()], bytes: sum(one.bytes, other.bytes) };
};

const withClass = (one: RegionClass | undefined, other: RegionClass): RegionClass =>
  one === undefined
    ? other
    : {
        ...one,
        counts: sum(one.counts, other.counts),
        bytes: sum(one.bytes, other.bytes),
        stayed: sum(one.stayed, other.stayed),
        trend: one.trend === 'none' ? other.trend : one.trend,
      };

const sum = (one: Float64Array, other: Float64Array): Float64Array => one.map((value, k) => value + (other[k] ?? 0));
