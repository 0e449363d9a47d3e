/**
 * The names that the things of one finding had before a compiler renamed them, by source maps. In: the last graph, the way to
 * the container, the classes that grow, places in the source. Out: words to use instead of V8's.
 */
import { nodesOnPath } from '../heap/paths.js';
import { createCodeNames } from '../model/code-names.js';
import { edgeName, edgeTypes, nodeName, type HeapGraph, type StringTable } from '../model/heap-graph.js';
import type { SurvivorFrame, SurvivorSite } from '../model/survivors.js';
import type { Code } from './main-addition.js';
import type { Places } from './places.js';
import { hasOwnClass } from './snapshots/own-class.js';
import type { Container } from './snapshots/containers.js';
import type { Growth } from './snapshots/find-growth.js';
import { types } from './snapshots/growth-classes.js';
import type { Region } from './snapshots/regions.js';
import { noHolder, type Transients } from './snapshots/transients.js';

export interface OriginalNames {
  /** The same graph with these names instead of V8's: for the way to the container, and what it gains. */
  readonly graph: HeapGraph;
  /** Of a class, or a function, `E()`. */
  of(name: string): string;
}

/** `entry`: one of what the container gains, or -1. `gained`: names of all classes that the region gains. */
export const originalNames = (
  { last, paths }: Pick<Growth, 'last' | 'paths'>,
  { node: container, entry }: Pick<Container, 'node' | 'entry'>,
  region: Pick<Region, 'members'>,
  gained: readonly string[],
  places: Pick<Places, 'originalName'>,
): OriginalNames => {
  const { graph } = last;
  const words = createWords();
  for (const node of endsOf(nodesOnPath(paths, container))) {
    const [edge, from] = [paths.edge[node] ?? 0, paths.from[node] ?? 0];
    words.add(nodeName(graph, node), ofNode(graph, node, places));
    words.add(edgeName(graph, edge), ofEdge(graph, edge, from, places));
  }
  if (entry !== -1) words.add(nodeName(graph, entry), ofNode(graph, entry, places));
  if (!words.areNew()) return { graph, of: (name) => name };
  for (const node of examplesOf(gained, last, region)) words.add(nodeName(graph, node), ofNode(graph, node, places));
  return { graph: withWords(graph, words), of: words.of };
};

/** The path to the end of a list can have a million links: names are looked up for its first and last nodes. */
const endsOf = (way: readonly number[]): readonly number[] =>
  way.length <= 2 * shownEnd ? way : [...way.slice(0, shownEnd), ...way.slice(-shownEnd)];
const shownEnd = 50;

/** undefined: V8's name is the original one, as far as is known. */
const ofNode = (graph: HeapGraph, node: number, places: Pick<Places, 'originalName'>): string | undefined => {
  const name = nodeName(graph, node);
  if (graph.nodeType[node] === types.closure) return places.originalName('function', node, name);
  return hasOwnClass(graph, node) ? places.originalName('class', node, name) : undefined;
};

const context = edgeTypes.indexOf('context');

const ofEdge = (
  graph: HeapGraph,
  edge: number,
  from: number,
  places: Pick<Places, 'originalName'>,
): string | undefined => {
  const name = edgeName(graph, edge);
  if (graph.edgeType[edge] === context) return places.originalName('variable', from, name);
  return name.startsWith('#') ? places.originalName('class', from, name) : undefined;
};

/** Classes of one short name are told apart by so many objects of that name. */
const mostExamples = 20;

/** Objects and functions of these classes among what the region holds. */
const examplesOf = (
  names: readonly string[],
  { graph, holder }: Pick<Transients, 'graph' | 'holder'>,
  { members }: Pick<Region, 'members'>,
): number[] => {
  const isMember = new Set(members);
  const left = new Map(names.map((name) => [graph.strings.indexOf(name.replace(/\(\)$/, '')), mostExamples]));
  left.delete(-1);
  const examples: number[] = [];
  for (let node = 0; node < graph.nodeCount && left.size > 0; node++) {
    const name = graph.nodeName[node] ?? 0;
    const more = left.get(name);
    const type = graph.nodeType[node];
    if (more === undefined || (type !== types.object && type !== types.closure)) continue;
    if (!isMember.has(holder[node] ?? noHolder)) continue;
    examples.push(node);
    if (more > 1) left.set(name, more - 1);
    else left.delete(name);
  }
  return examples;
};

interface Words {
  /** `original` undefined: it is as it was written. */
  add(written: string, original: string | undefined): void;
  areNew(): boolean;
  of(name: string): string;
}

/** A word that stands for two things keeps its form: a compiler gives the same short name to a variable here and a class there. */
const createWords = (): Words => {
  const words = new Map<string, string>();
  const of = (written: string): string => words.get(written) ?? written;
  return {
    add(written, original = written) {
      const known = words.get(written);
      words.set(written, known === undefined || known === original ? original : written);
    },
    areNew: () => [...words].some(([written, original]) => written !== original),
    of: (name) => (name.endsWith('()') ? `${of(name.slice(0, -2))}()` : of(name)),
  };
};

const withWords = (graph: HeapGraph, { of }: Words): HeapGraph => {
  const { written, count } = graph.strings;
  const strings: StringTable = {
    written,
    count,
    get: (index) => of(graph.strings.get(index)),
    indexOf: (text) => graph.strings.indexOf(text),
    containing: (text) => graph.strings.containing(text),
  };
  return { ...graph, strings };
};

/** Frames with the names that their functions had before. */
export const withOriginalFrames = (
  sites: readonly SurvivorSite[],
  { locator, sourceOf }: Code,
): readonly SurvivorSite[] => {
  const originalOf = createCodeNames(locator, ({ scriptId, url }) => sourceOf(scriptId, url));
  const named = (frame: SurvivorFrame): SurvivorFrame => {
    const original = originalOf(frame, frame.function)?.name;
    return original === undefined ? frame : { ...frame, original };
  };
  return sites.map((site) => ({ ...site, stack: site.stack.map(named) }));
};
