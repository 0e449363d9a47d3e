/**
 * Findings: what grows, in the words of the report. In: measured growth, places in the source, versions of packages. Out:
 * findings by rank, one for each cause.
 */
import { formatBytes, formatCount, formatMean, meanOf, toTenths } from '../model/figures.js';
import { nodeName, nodeTypeName, type HeapGraph } from '../model/heap-graph.js';
import type { ClassGain, Finding, FindingContainer, FindingKind } from '../model/finding.js';
import { causesOf, type Cause } from './snapshots/causes.js';
import { boundedBy, boundedBySlots, type BoundOptions } from './fills.js';
import { reasonsOf, renderDeclared } from './finding-reasons.js';
import { findContainer, type Container } from './snapshots/containers.js';
import { isCounted } from './readings/counters.js';
import { gainsOf, totalGain } from './readings/evidence.js';
import { lookDirect } from './snapshots/direct.js';
import type { Growth } from './snapshots/find-growth.js';
import { className } from './snapshots/growth-classes.js';
import { keptFunctions } from './kept-functions.js';
import { isForeignOr, locate, placeFields } from './locate.js';
import type { PackageLookup } from '../model/owner.js';
import { originalNames, type OriginalNames } from './original-names.js';
import { createPlaces, type Places, type PlacesOptions } from './places.js';
import { mergeByCause, rankFindings } from './rank.js';
import { joinRegions } from './snapshots/joined-regions.js';
import type { Region } from './snapshots/regions.js';
import { withRepeatedModule } from './repeated-modules.js';
import { findSlots } from './snapshots/slots.js';
import { withSlices } from './slice-findings.js';
import { describeRate, renderContainer, renderGain } from './title.js';
import { adviceOf, kindOf, type Shape } from './shapes.js';
import { nameOf, pathTo, signatureOf, stepsTo } from './snapshots/steps.js';

export interface FindingOptions extends PlacesOptions, BoundOptions {
  readonly packageOf: PackageLookup;
  /** Calls in an average round, if growth is counted by calls of a body: titles then give the rate per call. */
  readonly callsPerRound?: number | undefined;
  /** Files that are never the place to look at, like Node's own. */
  readonly isForeign?: ((file: string) => boolean) | undefined;
}

/** Findings for regions that grow, most bytes per round first. */
export const findingsOf = (growth: Growth, trend: Region['trend'], options: FindingOptions): Finding[] => {
  const places = createPlaces(growth.last.graph, options);
  const findings = joinRegions(
    growth.regions.filter((region) => region.trend === trend),
    growth,
  )
    .flatMap((region, _, all) =>
      causesOf(region, otherHolders(region, all), growth.entries, growth.last, growth.classes),
    )
    .flatMap((cause) => findingsOfCause(growth, cause, places, options));
  return rankFindings(mergeByCause(findings));
};

const otherHolders = (region: Region, all: readonly Region[]): Set<number> => {
  const others = all.flatMap((one) => [one, ...one.alike]).filter((one) => one !== region);
  return new Set(others.flatMap(({ members }) => members));
};

/** The finding of a cause, and one for each region of its kind, with the same words and its own figures. */
const findingsOfCause = (growth: Growth, cause: Cause, places: Places, options: FindingOptions): Finding[] => {
  const grown = describeGrowth(growth, cause);
  const found = findingOf(growth, grown, places, options);
  const finding = withRepeatedModule(withSlices(found, cause, growth, places, options.callsPerRound), growth.last);
  return [finding, ...cause.region.alike.map((region) => ({ ...finding, ...figuresOf(growth, grown, region) }))];
};

const figuresOf = (growth: Growth, grown: Grown, region: Region): Partial<Finding> => {
  const { entryClass } = grown.container;
  const { permanent } = lookDirect(growth.last, region.node, entryClass, growth.classes);
  const counts = region.classes.find(({ classNumber }) => classNumber === entryClass)?.counts;
  const history = [...region.bytes.keys()].map((k) => permanent + (counts?.[k] ?? 0));
  const cause = { ...grown.cause, region, reachedBytes: region.bytes.at(-1) ?? 0 };
  return { ...amountsOf(growth, { ...grown, cause, container: { ...grown.container, history } }), history };
};

/** One cause, and what can be said of it before its place in the source is known. */
interface Grown {
  readonly cause: Cause;
  readonly container: Container;
  readonly gains: readonly ClassGain[];
  readonly shape: Shape;
  readonly kind: FindingKind;
}

const findingOf = (growth: Growth, grown: Grown, places: Places, options: FindingOptions): Finding => {
  const { cause, container, gains, shape, kind } = grown;
  const { graph } = growth.last;
  const isForeign = isForeignOr(options.isForeign);
  const names = originalNames(growth, container, cause.region, gains.map(({ name }) => name), places); // prettier-ignore
  const place = locate(growth, kind, container, shape.steps, places, isForeign);
  return {
    rank: 0,
    kind,
    ...amountsOf(growth, grown),
    ...namesOf(growth, grown, places, options, names),
    history: container.history,
    container: describeContainer(names.graph, container.node),
    gains: gains
      .filter(({ name }, i) => i < mostGains || isCounted(name))
      .map((gain) => ({ ...gain, name: names.of(gain.name) })),
    ...placeFields(place, options.packageOf),
    keptFunctions: keptFunctions(
      cause.region,
      growth.last,
      places,
      growth.snapshots - 1,
      countPerRound(grown) / 2,
      isForeign,
    ),
    allocationSites: [],
    growthSites: [],
    advice: adviceOf(graph, kind, shape),
    reasons: [...reasonsOf(cause.region, container, growth, names.of(shape.entryClass)), ...renderDeclared(place)],
    bounded: boundOf(growth, grown, places, options),
  };
};

const mostGains = 8;

const describeGrowth = (growth: Growth, cause: Cause): Grown => {
  const container = findContainer(cause, growth.last, growth.paths, growth.classes);
  const gains = gainsByClass(cause, growth);
  const shape = shapeOf(growth, container, gains);
  return { cause, container, gains, shape, kind: kindOf(growth.last.graph, shape) };
};

const countPerRound = ({ container }: Grown): number => meanOf(gainsOf(container.history));

const bytesPerRound = ({ cause: { share, region } }: Grown): number =>
  Math.round(share * meanOf(gainsOf(region.bytes)));

const amountsOf = (
  { snapshots }: Growth,
  grown: Grown,
): Pick<Finding, 'bytesPerRound' | 'countPerRound' | 'retainedBytesPerRound'> => {
  const { reachedBytes, region } = grown.cause;
  return {
    bytesPerRound: bytesPerRound(grown),
    countPerRound: toTenths(countPerRound(grown)),
    retainedBytesPerRound: Math.round(Math.max(0, reachedBytes - region.bytes[0]) / (snapshots - 1)),
  };
};

const namesOf = (
  growth: Growth,
  grown: Grown,
  places: Places,
  options: FindingOptions,
  { graph, of }: OriginalNames,
): Pick<Finding, 'title' | 'signature' | 'path'> => {
  const {
    kind,
    shape: { steps },
  } = grown;
  const isForeign = (closure: number): boolean => options.isForeign?.(places.ofFunction(closure)?.file ?? '') === true;
  return {
    title: titleOf(growth, grown, options.callsPerRound, { graph, of }),
    signature: signatureOf(graph, kind === 'promise-chain' ? steps.slice(-1) : steps, of(signedClass(growth, grown))),
    path: pathTo({ graph, paths: growth.paths }, grown.container.node, isForeign),
  };
};

/** Timers that are set again gain what they hold; others of the same leak, which have not fired yet, gain themselves. */
const signedClass = ({ last: { graph } }: Growth, { kind, container, shape: { entryClass } }: Grown): string => {
  if (kind !== 'timers' || /^(Timeout|Immediate)$/.test(entryClass)) return entryClass;
  return nodeName(graph, container.node).startsWith('Immediate') ? 'Immediate' : 'Timeout';
};

const boundOf = (
  { last, paths }: Growth,
  { kind, shape, container, cause }: Grown,
  places: Places,
  options: FindingOptions,
): Finding['bounded'] =>
  boundedBy(last.graph, kind, shape.steps, container.history, places, options) ??
  boundedBySlots(findSlots(cause.region, last, paths));

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

const gainsByClass = ({ region, has }: Cause, { classes }: Growth): ClassGain[] => {
  const isGain = (classNumber: number): boolean =>
    classes.isEvidence(classNumber) || isCounted(classes.nameOf(classNumber));
  return region.classes
    .filter(({ counts, classNumber }) => totalGain(counts) > 0 && isGain(classNumber) && has(classNumber))
    .map((one) => ({
      name: classes.nameOf(one.classNumber),
      countPerRound: toTenths(meanOf(gainsOf(one.counts))),
      selfBytesPerRound: Math.round(meanOf(gainsOf(one.bytes))),
    }))
    .toSorted((a, b) => b.selfBytesPerRound - a.selfBytesPerRound);
};

const titleOf = (
  { last: { isPermanent } }: Growth,
  grown: Grown,
  callsPerRound: number | undefined,
  { graph, of }: OriginalNames,
): string => {
  const { container, kind, shape, cause } = grown;
  const members = cause.region.members.length;
  const many =
    members > 1 && !container.chained && isPermanent[container.node] === 1 ? ` (${formatCount(members)} of them)` : '';
  const what = renderContainer(kind, nameOf(graph, shape.steps), many);
  const rate = describeRate(countPerRound(grown), bytesPerRound(grown), callsPerRound);
  if (rate.count === 0) return `${what} grows by ${formatBytes(rate.bytes)} a ${rate.per}`;
  return `${what} ${renderGain(kind, formatMean(rate.count), of(shape.entryClass), rate.per)}`;
};
