/**
 * What a collection gains if its entries are made anew all the time, while what they hold stays: timers that are set again, or
 * wrappers that are replaced at each use. In: a region whose first objects do not stay. Out: the class nearest to the holder
 * whose objects hold most of the region; undefined if there is none.
 */
import { retains } from '../../heap/edges.js';
import { bytesFrom, regionBytes, walkFrom } from './causes.js';
import type { GrowthClasses } from './growth-classes.js';
import { isOwnClass } from './own-class.js';
import { growingClasses, type Region, type RegionClass } from './regions.js';
import type { Transients } from './transients.js';

/** Further from the holder it is no longer clear what the collection is about. */
const mostSteps = 8;
const minShare = 0.5;
/** Of a class; an entry may consist of several of them. */
const leastApart = 0.25;
/** Of each sort: each is a walk over the region. */
const mostTried = 6;

export const unitOf = (region: Region, last: Transients, classes: GrowthClasses): RegionClass | undefined => {
  const members = new Set(region.members);
  const { graph, holder, frontier } = last;
  const isInside = (node: number): boolean => members.has(holder[node]);
  const least = minShare * regionBytes(last, members);
  const holdsMost = ({ classNumber }: RegionClass): boolean => {
    const isOfClass = (node: number): boolean => classes.of(graph, node) === classNumber;
    const all: number[] = [];
    for (let node = 0; node < graph.nodeCount; node++) if (isInside(node) && isOfClass(node)) all.push(node);
    const apart = reachedApart(first, last, isInside, isOfClass);
    return apart >= leastApart * all.length && bytesFrom(all, last, isInside) >= least;
  };
  const first = frontier.edges.map((edge) => graph.edgeTarget[edge]).filter(isInside);
  const nearest = nearestFirst(region, first, last, isInside, classes);
  const named = [isTelling, isFunction].map((isWanted) =>
    nearest.filter(({ classNumber }) => isWanted(classes.nameOf(classNumber))).slice(0, mostTried),
  );
  return named.flat().find(holdsMost);
};

/** How many nodes of a class are reached without passing another one: one of a list is, and all that a collection holds. */
const reachedApart = (
  first: readonly number[],
  last: Transients,
  isInside: (node: number) => boolean,
  isOfClass: (node: number) => boolean,
): number => {
  let apart = 0;
  walkFrom(first, last, isInside, (node) => {
    if (!isOfClass(node)) return true;
    apart++;
    return false;
  });
  return apart;
};

/** The growing classes, in the order in which a walk from the first objects meets them. */
const nearestFirst = (
  region: Region,
  first: readonly number[],
  { graph, edges }: Transients,
  isInside: (node: number) => boolean,
  classes: GrowthClasses,
): RegionClass[] => {
  const growing = new Map(growingClasses(region).map((one) => [one.classNumber, one]));
  const met = new Set<RegionClass>();
  const seen = new Set(first);
  let level = first;
  for (let step = 0; step < mostSteps && level.length > 0; step++) {
    const next: number[] = [];
    for (const node of level) {
      const one = growing.get(classes.of(graph, node));
      if (one !== undefined) met.add(one);
      for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
        const target = graph.edgeTarget[edge];
        if (seen.has(target) || !isInside(target) || !retains(edges, edge)) continue;
        seen.add(target);
        next.push(target);
      }
    }
    level = next;
  }
  return [...met];
};

/** A class that someone wrote, or the global object of a realm. */
const isTelling = (name: string): boolean => !/^\(|\(\)$/.test(name) && (isOwnClass(name) || name === 'Window');
const isFunction = (name: string): boolean => name.endsWith('()') && !name.startsWith('(');
