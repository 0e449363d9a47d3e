/**
 * The place to look at for a finding: the line that owns the container. In: the container, its retaining path, places in
 * the source; `isForeign` says which files (such as Node's own) are never that place. Out: a location, or none if no code
 * in the path qualifies.
 */
import type { AddingLine, Finding, FindingKind } from '../model/finding.js';
import type { Heap } from '../heap/heap.js';
import { nodesOnPath } from '../heap/paths.js';
import { edgeName, edgeTypes, nodeName, type HeapGraph } from '../model/heap-graph.js';
import type { Location } from '../model/location.js';
import { isApplicationFile, ownerOf, type PackageLookup } from '../model/owner.js';
import { isProgramFile } from '../model/scripts.js';
import type { Container } from './snapshots/containers.js';
import type { Growth } from './snapshots/find-growth.js';
import { types } from './snapshots/growth-classes.js';
import type { Links } from './code/additions.js';
import { createPlaces, type Places, type PlacesOptions } from './places.js';
import { anchorsOf, membersOf, stepsTo, type Anchor, type NodeStep } from './snapshots/steps.js';

export interface Place {
  /** The line that adds to the container, if it is known; otherwise the code that owns it. */
  readonly location: Location;
  /** The code that owns it, if that is another line. */
  readonly declared?: Location | undefined;
  /** If several lines add to it; none if code of Node's adds to it, which the program calls. */
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

/** A place may take the parsing of a script: no text longer than this is parsed. */
const longestParsed = 2 ** 20;

/** The program's code nearest to an object: of what leads to it, the last variable, class or function with a place. */
export const createHolderPlaces = (
  heap: Pick<Heap, 'graph' | 'paths'>,
  { locator, sourceOf }: PlacesOptions,
): ((node: number) => Location | undefined) => {
  const places = createPlaces(heap.graph, {
    locator,
    sourceOf: (scriptId, url) => {
      const text = sourceOf(scriptId, url);
      return text === undefined || text.length > longestParsed ? undefined : text;
    },
  });
  return (node) => {
    for (const anchor of anchorsOf(heap.graph, stepsTo(heap.graph, heap.paths, node))) {
      const location = locationOf(anchor, places);
      if (location !== undefined && isProgramFile(location.file)) return location;
    }
    return undefined;
  };
};

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
  if (kind === 'promise-chain' && entry !== undefined) return { location: entry.location };
  let nodes: Location | undefined;
  for (const anchor of anchorsOf(graph, steps)) {
    const location = locationOf(anchor, places);
    if (location === undefined) continue;
    if (!isForeign(location.file)) {
      const additions = places.ofAdditions(anchor, [...membersOf(graph, steps, anchor), ...textIn(growth, kind, container)], kind, linksIn(growth, kind, container)); // prettier-ignore
      const [first, ...more] = additions;
      if (first === undefined) return { location, additions: nodes && [] };
      return more.length === 0 ? { location: first.location, declared: location } : { location, additions };
    }
    nodes ??= location;
    if (anchor.kind === 'variable') break; // held by a module of Node's: everything above it on the path is Node's too
  }
  const location = entry?.location ?? nodes;
  return location === undefined ? undefined : { location };
};

/** The property of an object that holds a text which grows. */
const textIn = (growth: Growth, kind: FindingKind, container: Container): string[] =>
  kind === 'string' ? namesBelow(growth, container).slice(0, 1).filter(isField) : [];

/** How the entries of a list or tree hold one another; the first property leads from its owner to the first entry. */
const linksIn = (growth: Growth, kind: FindingKind, container: Container): Links | undefined => {
  const [first, ...more] = kind === 'linked-list' ? namesBelow(growth, container).filter(isField) : [];
  if (first === undefined) return undefined;
  const entryClass = nodeName(growth.last.graph, container.entry);
  return { fields: more.length > 0 ? [...new Set(more)] : [first], entryClass };
};

/** The properties that lead from a container down to an entry of it; undefined for what is no property. */
const namesBelow = ({ last: { graph }, paths }: Growth, { node, entry }: Container): (string | undefined)[] => {
  const way = entry === -1 ? [] : nodesOnPath(paths, entry);
  if (!way.includes(node)) return [];
  return way.slice(way.indexOf(node) + 1).map((below) => {
    const edge = paths.edge[below];
    return edgeTypes[graph.edgeType[edge]] === 'property' ? edgeName(graph, edge) : undefined;
  });
};

const isField = (name: string | undefined): name is string => name !== undefined;

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
