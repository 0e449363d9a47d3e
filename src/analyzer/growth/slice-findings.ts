/**
 * Findings whose bytes are those of large strings that small slices keep alive. In: a finding and its cause. Out: the finding,
 * which then names the slices, their number and the line that stores one.
 */
import { formatMean, toTenths } from '../model/figures.js';
import type { Finding } from '../model/finding.js';
import { edgeTypes, nodeName, type HeapGraph } from '../model/heap-graph.js';
import type { Location } from '../model/location.js';
import { originalNames } from './original-names.js';
import type { Places } from './places.js';
import { adviceForSlices, collectionKind } from './shapes.js';
import type { Cause } from './snapshots/causes.js';
import type { Growth } from './snapshots/find-growth.js';
import { findSlices } from './snapshots/slices.js';
import { anchorsOf, membersOf, nameOf, stepsTo, type NodeStep } from './snapshots/steps.js';
import { describeRate, renderContainer, renderSlices } from './title.js';

/** If its bytes are strings that slices keep, the finding says so. */
export const withSlices = (
  finding: Finding,
  cause: Cause,
  growth: Growth,
  places: Places,
  callsPerRound: number | undefined,
): Finding => {
  const slices = findSlices(cause.region, growth.last);
  if (slices === undefined) return finding;
  const container = growth.last.graph.nodeId.indexOf(finding.container.id);
  const { graph } = originalNames(growth, { node: container, entry: -1 }, cause.region, [], places);
  const countPerRound = slices.count / (growth.snapshots - 1);
  const rate = describeRate(countPerRound, 0, callsPerRound);
  const what = collectionAbove(graph, stepsTo(graph, growth.paths, container));
  return {
    ...finding,
    kind: 'string',
    bounded: undefined, // a few of them hold far more memory than one would expect
    title: renderSlices(what, formatMean(rate.count), rate.per, slices),
    countPerRound: toTenths(countPerRound),
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
const collectionAbove = (graph: HeapGraph, steps: readonly NodeStep[]): string => {
  const isCollection = ({ node }: NodeStep): boolean =>
    collectionKind(graph, node) !== 'class' && nodeName(graph, node) !== 'Object';
  const at = steps.findLastIndex(isCollection);
  const shown = at === -1 ? steps : steps.slice(0, at + 1);
  return renderContainer(collectionKind(graph, shown.at(-1)?.node ?? 0), nameOf(graph, shown));
};
