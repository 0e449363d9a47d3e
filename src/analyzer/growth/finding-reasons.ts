/**
 * Why a finding is one, in sentences. In: what was measured of a container, and its place in the source. Out: the reasons
 * that a report lists.
 */
import { formatPlace } from '../model/location.js';
import { formatBytes, sumOf } from '../model/figures.js';
import { nodeName } from '../model/heap-graph.js';
import type { Place } from './locate.js';
import { gainsOf, totalGain } from './readings/evidence.js';
import type { Container } from './snapshots/containers.js';
import type { Growth } from './snapshots/find-growth.js';
import type { Region } from './snapshots/regions.js';

/** What was measured. */
export const reasonsOf = (region: Region, container: Container, growth: Growth, entryClass: string): string[] => {
  const gains = gainsOf(container.history);
  const rounds = `in ${gains.length} rounds in a row`;
  const isSize = totalGain(container.history) < gains.length;
  return [
    isSize
      ? `it rose by ${gainsOf(region.bytes).map(formatBytes).join(', ')} ${rounds}`
      : `gained ${gains.join(', ')} ${entryClass} ${rounds}`,
    ...(isSize ? [] : renderStayed(region, container, entryClass)),
    ...renderOtherHolders(container, growth),
    ...(region.trend === 'slows'
      ? ['each round added less than the one before: it may be a cache that is still filling']
      : []),
  ];
};

const renderStayed = ({ classes }: Region, container: Container, entryClass: string): string[] => {
  const ofClass = classes.find(({ classNumber }) => classNumber === container.entryClass);
  if (ofClass === undefined) return [];
  const came = sumOf(gainsOf(ofClass.counts).slice(0, -1));
  const stayed = Math.min(came, sumOf([...ofClass.stayed].slice(1, -1)));
  return [`${stayed} of the ${came} ${entryClass} gained before the last round were still there at the end`];
};

const mostHolders = 3;

const renderOtherHolders = ({ alsoHeldBy }: Container, { last: { graph } }: Growth): string[] => {
  const holders = alsoHeldBy.map((node) => `${nodeName(graph, node)} @${graph.nodeId[node]}`);
  return holders.length > 0 ? [`the same entries are also held by ${holders.slice(0, mostHolders).join(', ')}`] : [];
};

const mostAdditions = 4;

/** Other places in the source that have to do with it. */
export const renderDeclared = (place: Place | undefined): string[] => {
  const additions = place?.additions?.slice(0, mostAdditions) ?? [];
  const lines = [
    ...additions.map(({ location }) => ['one of the lines that add to it is', location] as const),
    ['what holds it is declared at', place?.declared],
    ['the application holds it at', place?.heldBy],
  ] as const;
  return lines.flatMap(([text, at]) => (at === undefined ? [] : [`${text} ${formatPlace(at)}`]));
};
