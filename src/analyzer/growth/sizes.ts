/**
 * Collections that grow by values that are no objects: numbers are stored directly in a Map's table or an array's elements,
 * so a snapshot shows no entries. In: sizes of live collections, one figure per round, as a census counted them. Out:
 * findings.
 */
import { formatMean, toTenths } from '../model/figures.js';
import { nodeName, nodeTypeName } from '../model/heap-graph.js';
import type { Finding } from '../model/finding.js';
import { isBackingStore } from './snapshots/entries.js';
import { gainsOf, isSlowingUnevenly } from './readings/evidence.js';
import type { Growth } from './snapshots/find-growth.js';
import type { FindingOptions } from './findings.js';
import { boundedBy } from './fills.js';
import { isForeignOr, locate, placeFields } from './locate.js';
import { originalNames } from './original-names.js';
import { createPlaces } from './places.js';
import { adviceOf, kindOf } from './shapes.js';
import { nameOf, pathTo, signatureOf, stepsTo } from './snapshots/steps.js';

export interface CollectionSizes {
  /** V8's id of the collection. */
  readonly heapId: number;
  /** Entries at the end of each round; each figure is larger than the one before. */
  readonly sizes: readonly number[];
}

/** Skips collections that are already findings, that slow down, or whose node is gone. */
export const findingsOfSizes = (
  growth: Growth,
  collections: readonly CollectionSizes[],
  found: readonly Finding[],
  options: FindingOptions,
): Finding[] => {
  const known = new Set(found.map(({ container }) => container.id));
  return collections
    .filter(({ heapId, sizes }) => !known.has(heapId) && !isSlowingUnevenly(gainsOf(sizes)))
    .flatMap((collection) => findingOfSizes(growth, collection, options) ?? []);
};

const entryClass = '(number)';

const findingOfSizes = (
  growth: Growth,
  { heapId, sizes }: CollectionSizes,
  options: FindingOptions,
): Finding | undefined => {
  const { graph } = growth.last;
  const node = graph.nodeId.indexOf(heapId);
  if (node === -1 || holdsObjects(growth, node, sizes)) return undefined;
  const steps = stepsTo(graph, growth.paths, node);
  const shape = { container: node, entryClass, classes: [], steps, entrySteps: [], chained: false };
  const kind = kindOf(graph, shape);
  const container = { node, entryClass: -1, history: sizes, entry: -1, alsoHeldBy: [], chained: false };
  const places = createPlaces(graph, options);
  const place = locate(growth, kind, container, steps, places, isForeignOr(options.isForeign));
  const named = originalNames(growth, container, { members: [] }, [], places).graph;
  const perRound = (sizes[sizes.length - 1] - sizes[0]) / (sizes.length - 1);
  const bytesPerRound = Math.round((storeBytes(growth, node) * perRound) / Math.max(1, sizes[sizes.length - 1]));
  return {
    rank: 0,
    kind,
    title: `${nodeName(graph, node)} ${nameOf(named, steps)} gains ${formatMean(perRound)} numbers a round and keeps them`,
    signature: signatureOf(named, steps, entryClass),
    bytesPerRound,
    countPerRound: toTenths(perRound),
    retainedBytesPerRound: bytesPerRound,
    history: sizes,
    container: { id: heapId, name: nodeName(graph, node), type: nodeTypeName(graph, node) },
    gains: [{ name: entryClass, countPerRound: Math.round(perRound), selfBytesPerRound: bytesPerRound }],
    path: pathTo({ graph: named, paths: growth.paths }, node),
    ...placeFields(place, options.packageOf),
    keptFunctions: [],
    allocationSites: [],
    growthSites: [],
    advice: adviceOf(graph, kind, shape),
    reasons: reasonsOf(sizes),
    bounded: boundedBy(graph, kind, steps, sizes, places, options),
  };
};

const reasonsOf = (sizes: readonly number[]): string[] => [
  `its size was ${sizes.join(', ')} at the end of ${sizes.length} rounds, as counted in the live process`,
  'its bytes are those of its table, by the entry',
];

/** A collection of objects is judged by its objects: if those were not found growing, it does not grow. */
const holdsObjects = ({ last, classes }: Growth, node: number, sizes: readonly number[]): boolean => {
  let objects = 0;
  eachStored(last.graph, node, (target) => {
    if (classes.isEvidence(classes.of(last.graph, target))) objects++;
  });
  return objects > 0.1 * sizes[sizes.length - 1];
};

const storeBytes = ({ last }: Growth, node: number): number => {
  let bytes = 0;
  const { graph } = last;
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
    if (isBackingStore(graph, graph.edgeTarget[edge])) bytes += graph.selfBytes[graph.edgeTarget[edge]];
  return bytes;
};

const eachStored = (graph: Growth['last']['graph'], node: number, callback: (target: number) => void): void => {
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    const store = graph.edgeTarget[edge];
    if (!isBackingStore(graph, store)) continue;
    for (let inner = graph.firstEdge[store]; inner < graph.firstEdge[store + 1]; inner++)
      callback(graph.edgeTarget[inner]);
  }
};
