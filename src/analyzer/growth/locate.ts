/**
 * The place to look at for a finding: the line that owns the container. In: the container, its retaining path, places in
 * the source; `isForeign` says which files (such as Node's own) are never that place. Out: a location, or none if no code
 * in the path qualifies.
 */
import type { AddingLine, Finding, FindingKind } from '../model/finding.js';
import { nodesOnPath } from '../heap/paths.js';
import { edgeName, edgeTypes, type HeapGraph } from '../model/heap-graph.js';
import type { Location } from '../model/location.js';
import { isApplicationFile, ownerOf, type PackageLookup } from '../model/owner.js';
import { isProgramFile } from '../model/scripts.js';
import type { Container } from './snapshots/containers.js';
import type { Growth } from './snapshots/find-growth.js';
import { types } from './snapshots/growth-classes.js';
import type { Places } from './places.js';
import { anchorsOf, membersOf, type Anchor, type NodeStep } from './snapshots/steps.js';

export interface Place {
  /** The line that adds to the container, if it is known; otherwise the code that owns it. */
  readonly location: Location;
  /** The code that owns it, if that is another line. */
  readonly declared?: Location | undefined;
  /** If several lines add to it. */
  readonly additions?: readonly AddingLine[] | undefined;
  /** What the application holds it by, if a dependency or Node owns it. */
  readonly heldBy?: Location | undefined;
}

/**
 * The place to look at: the code that owns the container, nearest first; for listeners, the code that listens. If Node
 * itself owns the container (its timers, the listeners of `process`), the code of the entries.
 */
export const locate = (
  growth: Growth,
  kind: FindingKind,
  container: Container,
  steps: readonly NodeStep[],
  places: Places,
  isForeign: (file: string) => boolean,
): Place | undefined => {
  const place = ownPlace(growth, kind, container, steps, places, isForeign);
  if (place === undefined || isApplicationFile(place.location.file)) return place;
  const above = anchorsOf(growth.last.graph, steps).map((anchor) => locationOf(anchor, places));
  const heldBy = above.find((at) => at !== undefined && isApplicationFile(at.file) && !isForeign(at.file));
  return { ...place, heldBy };
};

/** The fields of a finding that its place in the source decides. */
export const placeFields = (
  place: Place | undefined,
  packageOf: PackageLookup,
): Pick<Finding, 'location' | 'additions' | 'owner'> =>
  place === undefined
    ? { location: null, owner: { kind: 'unknown' } }
    : { location: place.location, additions: place.additions, owner: ownerOf(place.location.file, packageOf) };

const locationOf = ({ kind, node, name }: Anchor, places: Places): Location | undefined => {
  if (kind === 'variable') return places.ofVariable(node, name);
  return kind === 'class' ? places.ofClass(node) : places.ofFunction(node);
};

const ownPlace = (
  growth: Growth,
  kind: FindingKind,
  container: Container,
  steps: readonly NodeStep[],
  places: Places,
  isForeign: (file: string) => boolean,
): Place | undefined => {
  const { graph } = growth.last;
  const entry = entryCode(growth, container, places, isForeign);
  if (kind === 'listeners' && entry !== undefined) {
    const adding = entry.isFunction ? places.ofListening(entry.node) : undefined;
    return { location: adding ?? entry.location };
  }
  let nodes: Location | undefined;
  for (const anchor of anchorsOf(graph, steps)) {
    const location = locationOf(anchor, places);
    if (location === undefined) continue;
    if (!isForeign(location.file)) {
      const additions = places.ofAdditions(anchor, [...membersOf(graph, steps, anchor), ...textIn(growth, kind, container)], kind); // prettier-ignore
      const [first, ...more] = additions;
      if (first === undefined) return { location };
      return more.length === 0 ? { location: first.location, declared: location } : { location, additions };
    }
    nodes ??= location;
    if (anchor.kind === 'variable') break; // held by a module of Node's: everything above it on the path is Node's too
  }
  const location = entry?.location ?? nodes;
  return location === undefined ? undefined : { location };
};

/** The property of an object that holds a text which grows. */
const textIn = ({ last: { graph }, paths }: Growth, kind: FindingKind, { node, entry }: Container): string[] => {
  if (kind !== 'string' || entry === -1) return [];
  const way = nodesOnPath(paths, entry);
  const below = way[way.indexOf(node) + 1];
  const isProperty = below !== undefined && edgeTypes[graph.edgeType[paths.edge[below]]] === 'property';
  return way.includes(node) && isProperty ? [edgeName(graph, paths.edge[below])] : [];
};

/** Files that are never the place to look at: Node's own, and those that the caller names. */
export const isForeignOr =
  (isAlsoForeign: ((file: string) => boolean) | undefined) =>
  (file: string): boolean =>
    !isProgramFile(file) || isAlsoForeign?.(file) === true;

/** The code of an entry: the function itself, its class, or the first function reached from it. */
const entryCode = (
  { last }: Growth,
  { entry }: Container,
  places: Places,
  isForeign: (file: string) => boolean,
): { node: number; isFunction: boolean; location: Location } | undefined => {
  const { graph } = last;
  const seen = new Set<number>([entry]);
  const queue = entry === -1 ? [] : [entry];
  for (let i = 0; i < queue.length && i < 200; i++) {
    const node = queue[i];
    const isFunction = graph.nodeType[node] === types.closure;
    const location = isFunction ? places.ofFunction(node) : places.ofClass(node);
    if (location !== undefined && !isForeign(location.file)) return { node, isFunction, location };
    for (const target of targetsOf(graph, node)) {
      if (last.isPermanent[target] === 1 || seen.has(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return undefined;
};

/** A bound function leads to the function first, and then to its `this` and arguments. */
const targetsOf = (graph: HeapGraph, node: number): number[] => {
  const targets: number[] = [];
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    if (edgeName(graph, edge) === 'bound_function') targets.unshift(graph.edgeTarget[edge]);
    else targets.push(graph.edgeTarget[edge]);
  }
  return targets;
};
