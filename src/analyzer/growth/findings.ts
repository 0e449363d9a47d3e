/**
 * Findings: what grows, in the words of the report. In: measured growth, places in the source, versions of packages. Out:
 * findings by rank, one for each cause.
 */
import { formatBytes, formatRate } from '../model/figures.js';
import { edgeTypes, nodeName, nodeTypeName, type HeapGraph } from '../model/heap-graph.js';
import type { ClassGain, Finding, FindingContainer, FindingKind } from '../model/finding.js';
import type { Location } from '../model/location.js';
import { causesOf, type Cause } from './snapshots/causes.js';
import { boundedBy, boundedBySlots } from './fills.js';
import { findContainer, type Container } from './snapshots/containers.js';
import { gainsOf } from './readings/evidence.js';
import type { Growth } from './snapshots/find-growth.js';
import { className } from './snapshots/growth-classes.js';
import { keptFunctions } from './kept-functions.js';
import { isForeignOr, locate, type Place } from './locate.js';
import { ownerOf, type PackageLookup } from '../model/owner.js';
import { createPlaces, type Places, type PlacesOptions } from './places.js';
import { mergeByCause, rankFindings } from './rank.js';
import type { Region } from './snapshots/regions.js';
import { withRepeatedModule } from './repeated-modules.js';
import { findSlots } from './snapshots/slots.js';
import { findSlices } from './snapshots/slices.js';
import { renderContainer, renderGain, renderSlices } from './title.js';
import { adviceForSlices, adviceOf, collectionKind, kindOf, type Shape } from './shapes.js';
import { anchorsOf, membersOf, nameOf, pathTo, signatureOf, stepsTo, type Step } from './snapshots/steps.js';

export interface FindingOptions extends PlacesOptions {
  readonly packageOf: PackageLookup;
  /** Calls in an average round, if growth is counted by calls of a body: titles then give the rate per call. */
  readonly callsPerRound?: number | undefined;
  /** From the first snapshot to the last, if that is known. */
  readonly watchedMs?: number | undefined;
  /** Files that are never the place to look at, like Node's own. */
  readonly isForeign?: ((file: string) => boolean) | undefined;
}

/** Findings for regions that grow, most bytes per round first. */
export const findingsOf = (growth: Growth, trend: Region['trend'], options: FindingOptions): Finding[] => {
  const places = createPlaces(growth.last.graph, options);
  const findings = growth.regions
    .filter((region) => region.trend === trend)
    .flatMap((region, _, all) =>
      causesOf(region, holdersOf(all.filter((other) => other !== region)), growth.entries, growth.last, growth.classes),
    )
    .map((cause) => withSlices(findingOf(growth, cause, places, options), cause, growth, places, options))
    .map((finding) => withRepeatedModule(finding, growth.last));
  return rankFindings(mergeByCause(findings));
};

const holdersOf = (regions: readonly Region[]): Set<number> => new Set(regions.flatMap(({ members }) => members));

const findingOf = (growth: Growth, cause: Cause, places: Places, options: FindingOptions): Finding => {
  const { classes, last, paths } = growth;
  const { graph } = last;
  const { region } = cause;
  const container = findContainer(cause, last, paths, classes);
  const gains = gainsByClass(cause, growth);
  const shape = shapeOf(growth, container, gains);
  const { steps, entryClass } = shape;
  const kind = kindOf(graph, shape);
  const isForeign = isForeignOr(options.isForeign);
  const place = locate(growth, kind, container, steps, places, isForeign);
  const bounded = boundedBy(graph, kind, steps, container.history, places, options.watchedMs);
  const countPerRound = mean(gainsOf(container.history));
  const bytesPerRound = Math.round(cause.share * mean(gainsOf(region.bytes)));
  const rate = describeRate(countPerRound, bytesPerRound, options.callsPerRound);
  return {
    rank: 0,
    kind,
    title: titleOf(growth, kind, container, steps, entryClass, rate, region.members.length),
    signature: signatureOf(graph, steps, entryClass),
    bytesPerRound,
    countPerRound: round(countPerRound),
    retainedBytesPerRound: Math.round(Math.max(0, cause.reachedBytes - region.bytes[0]) / (growth.snapshots - 1)),
    history: container.history,
    container: describeContainer(graph, container.node),
    gains: gains.slice(0, 8),
    path: pathTo(
      { graph, paths },
      container.node,
      (closure) => options.isForeign?.(places.ofFunction(closure)?.file ?? '') === true,
    ),
    ...placeFields(place, options.packageOf),
    keptFunctions: keptFunctions(region, last, places, growth.snapshots - 1, countPerRound / 2, isForeign),
    allocationSites: [],
    growthSites: [],
    advice: adviceOf(graph, kind, shape),
    reasons: [...reasonsOf(region, container, growth, entryClass), ...renderDeclared(place)],
    bounded: bounded ?? boundedBySlots(findSlots(region, last, paths)),
  };
};

const placeFields = (
  place: Place | undefined,
  packageOf: PackageLookup,
): Pick<Finding, 'location' | 'additions' | 'owner'> =>
  place === undefined
    ? { location: null, owner: { kind: 'unknown' } }
    : { location: place.location, additions: place.additions, owner: ownerOf(place.location.file, packageOf) };

const mostAdditions = 4;

const renderDeclared = (place: Place | undefined): string[] => {
  const additions = place?.additions?.slice(0, mostAdditions) ?? [];
  const lines = [
    ...additions.map(({ location }) => ['one of the lines that add to it is', location] as const),
    ['what holds it is declared at', place?.declared],
    ['the application holds it at', place?.heldBy],
  ] as const;
  return lines.flatMap(([text, at]) => (at === undefined ? [] : [`${text} ${at.file}:${at.line}`]));
};

const shapeOf = (
  { classes, last: { graph }, paths }: Growth,
  container: Container,
  gains: readonly ClassGain[],
): Shape => ({
  container: container.node,
  entryClass: classes.nameOf(container.entryClass),
  classes: gains.map(({ name }) => name),
  steps: stepsTo(graph, paths, container.node),
  entrySteps: container.entry === -1 ? [] : stepsTo(graph, paths, container.entry),
  chained: container.chained,
});

const describeContainer = (graph: HeapGraph, node: number): FindingContainer => ({
  id: graph.nodeId[node],
  name: className(graph.nodeType[node], nodeName(graph, node)),
  type: nodeTypeName(graph, node),
});

const gainsByClass = ({ region, has }: Cause, { classes }: Growth): ClassGain[] =>
  region.classes
    .filter(({ counts, classNumber }) => total(counts) > 0 && classes.isEvidence(classNumber) && has(classNumber))
    .map((one) => ({
      name: classes.nameOf(one.classNumber),
      countPerRound: round(mean(gainsOf(one.counts))),
      selfBytesPerRound: Math.round(mean(gainsOf(one.bytes))),
    }))
    .toSorted((a, b) => b.selfBytesPerRound - a.selfBytesPerRound);

const titleOf = (
  growth: Growth,
  kind: FindingKind,
  container: Container,
  steps: readonly Step[],
  entryClass: string,
  rate: Rate,
  members: number,
): string => {
  const { graph, isPermanent } = growth.last;
  const name = nameOf(graph, steps);
  const many = members > 1 && !container.chained && isPermanent[container.node] === 1 ? ` (${members} of them)` : '';
  const what = renderContainer(kind, name, many);
  if (rate.count === 0) return `${what} grows by ${formatBytes(rate.bytes)} a ${rate.per}`;
  return `${what} ${renderGain(kind, formatRate(rate.count), entryClass, rate.per)}`;
};

/** If its bytes are strings that slices keep, the finding says so. */
const withSlices = (
  finding: Finding,
  cause: Cause,
  growth: Growth,
  places: Places,
  options: FindingOptions,
): Finding => {
  const slices = findSlices(cause.region, growth.last);
  if (slices === undefined) return finding;
  const { graph } = growth.last;
  const countPerRound = slices.count / (growth.snapshots - 1);
  const rate = describeRate(countPerRound, 0, options.callsPerRound);
  const what = collectionAbove(graph, stepsTo(graph, growth.paths, graph.nodeId.indexOf(finding.container.id)));
  return {
    ...finding,
    kind: 'string',
    bounded: undefined, // few of them hold far more memory than anybody expects
    title: renderSlices(what, formatRate(rate.count), rate.per, slices),
    countPerRound: round(countPerRound),
    location: placeOfSlice(slices.example, growth, places) ?? finding.location,
    advice: adviceForSlices,
  };
};

/** The line that assigns the property, if slices are values of one. */
const placeOfSlice = (slice: number, { last: { graph }, paths }: Growth, places: Places): Location | undefined => {
  const steps = stepsTo(graph, paths, slice);
  const [anchor] = anchorsOf(graph, steps, true);
  if (anchor === undefined || edgeTypes[graph.edgeType[paths.edge[slice]]] !== 'property') return undefined;
  const [first, ...more] = places.ofAdditions(anchor, membersOf(graph, steps, anchor), 'string');
  return more.length === 0 ? first?.location : undefined;
};

/** The collection by name: what holds a slice directly may be one of a thousand objects in it. */
const collectionAbove = (graph: HeapGraph, steps: readonly Step[]): string => {
  const isCollection = ({ node }: Step): boolean =>
    collectionKind(graph, node) !== 'class' && nodeName(graph, node) !== 'Object';
  const at = steps.findLastIndex(isCollection);
  const shown = at === -1 ? steps : steps.slice(0, at + 1);
  return renderContainer(collectionKind(graph, shown.at(-1)?.node ?? 0), nameOf(graph, shown));
};

interface Rate {
  readonly count: number;
  readonly bytes: number;
  readonly per: 'round' | 'call';
}

const describeRate = (countPerRound: number, bytesPerRound: number, callsPerRound: number | undefined): Rate =>
  callsPerRound === undefined
    ? { count: round(countPerRound), bytes: bytesPerRound, per: 'round' }
    : {
        count: Number((countPerRound / callsPerRound).toPrecision(2)),
        bytes: bytesPerRound / callsPerRound,
        per: 'call',
      };

const reasonsOf = (region: Region, container: Container, growth: Growth, entryClass: string): string[] => {
  const gains = gainsOf(container.history);
  const rounds = `in ${gains.length} rounds in a row`;
  const isSize = total(container.history) < gains.length;
  const reasons = isSize
    ? [`it rose by ${gainsOf(region.bytes).map(formatBytes).join(', ')} ${rounds}`]
    : [`gained ${gains.join(', ')} ${entryClass} ${rounds}`];
  const ofClass = region.classes.find(({ classNumber }) => classNumber === container.entryClass);
  if (ofClass !== undefined && !isSize) {
    const came = sum(gainsOf(ofClass.counts).slice(0, -1));
    const stayed = Math.min(came, sum([...ofClass.stayed].slice(1, -1)));
    reasons.push(`${stayed} of the ${came} ${entryClass} gained before the last round were still there at the end`);
  }
  const holders = container.alsoHeldBy.map(
    (node) => `${nodeName(growth.last.graph, node)} @${growth.last.graph.nodeId[node]}`,
  );
  if (holders.length > 0) reasons.push(`the same entries are also held by ${holders.slice(0, 3).join(', ')}`);
  if (region.trend === 'slows')
    reasons.push('each round added less than the one before: it may be a cache that is still filling');
  return reasons;
};

const total = (counts: ArrayLike<number>): number => counts[counts.length - 1] - counts[0];
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : sum(values) / values.length);
const round = (value: number): number => Math.round(value * 10) / 10;
