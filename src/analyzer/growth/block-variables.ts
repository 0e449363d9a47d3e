/**
 * Names for variables of blocks for which the snapshot alone leaves a choice, because small integers are not in it: the
 * text says which variables are set to numbers, and which to objects of which class. In: a graph that nobody uses yet, and
 * the texts of scripts by address. It gives the edges their names.
 */
import { followInternal } from '../heap/follow.js';
import { scriptUrlOf } from '../heap/modules.js';
import { blockScopes, isUnnamed, nameVariable, noName, type BlockScope } from '../model/block-scopes.js';
import { nodeName, nodeTypeName, type HeapGraph } from '../model/heap-graph.js';
import { isProgramFile } from '../model/scripts.js';
import { readScopes, type Initial, type Scope } from './code/initial-values.js';
import { types } from './snapshots/growth-classes.js';

type TextOf = (url: string) => string | undefined;

/** Naming may take the parsing of a script: no text longer than this is parsed. */
const longestParsed = 2 ** 20;

/** What is returned may be used for many graphs: each script is parsed once. */
export const createVariableNamer = (textOf: TextOf): ((graph: HeapGraph) => void) => {
  const known = new Map<string, readonly Scope[]>();
  const scopesOf = (url: string): readonly Scope[] => {
    const text = known.has(url) ? '' : (textOf(url) ?? '');
    const scopes = known.get(url) ?? readScopes(text.length > longestParsed ? '' : text);
    known.set(url, scopes);
    return scopes;
  };
  return (graph) => {
    const open = [...blockScopes(graph)].filter(({ edges }) => edges.some((edge) => canGrow(graph, edge)));
    const seenFrom = seersOf(graph, new Set(open.map(({ context }) => context)));
    for (const block of open) {
      const seer = seenFrom.get(block.context);
      const url = seer === undefined ? undefined : scriptUrlOf(graph, seer);
      if (url !== undefined && isProgramFile(url)) nameEdges(graph, block, initialsOf(graph, block, scopesOf(url)));
    }
  };
};

/** Most of what is left without a name is private methods and symbols of classes. */
const canGrow = (graph: HeapGraph, edge: number): boolean =>
  isUnnamed(graph, edge) && /^(object|concatenated string)$/.test(nodeTypeName(graph, graph.edgeTarget[edge]));

/** For each of the contexts, a function that uses it: directly, or through an inner context. Looks at each closure once. */
const seersOf = (graph: HeapGraph, wanted: ReadonlySet<number>): Map<number, number> => {
  const [own, outer] = ['context', 'previous'].map((name) => followInternal(graph, name));
  const seen = new Set<number>();
  const seers = new Map<number, number>();
  if (wanted.size === 0) return seers;
  for (const closure of graph.positions.nodes) {
    if (graph.nodeType[closure] !== types.closure) continue;
    for (let at = own(closure); at !== -1 && !seen.has(at); at = outer(at)) {
      seen.add(at);
      if (wanted.has(at)) seers.set(at, closure);
    }
  }
  return seers;
};

/** What the text says of each variable, if the scopes that declare all of them agree. */
const initialsOf = (graph: HeapGraph, { names }: BlockScope, scopes: readonly Scope[]): (Initial | undefined)[] => {
  const texts = names.map((name) => (name === noName ? '' : graph.strings.get(name)));
  const like = scopes.filter((scope) => texts.every((name) => scope.has(name)));
  return texts.map((name) => {
    const [first, ...others] = like.map((scope) => scope.get(name));
    return others.every((other) => JSON.stringify(other) === JSON.stringify(first)) ? first : undefined;
  });
};

/** Names an edge if it is at the same place among the names in all the ways in which values can belong to variables. */
const nameEdges = (
  graph: HeapGraph,
  { edges, names }: BlockScope,
  initials: readonly (Initial | undefined)[],
): void => {
  const all = names.map((_, place) => place);
  const numbers = edges.map((edge) => (isUnnamed(graph, edge) ? graph.edgeName[edge] : undefined));
  const fits = edges.map((edge) =>
    all.filter((place) =>
      isUnnamed(graph, edge) ? canHold(graph, edge, initials[place]) : graph.edgeName[edge] === names[place],
    ),
  );
  const areWithoutValue = (from: number, to: number): boolean => !initials.slice(from, to).some(isAlwaysObject);
  const follows = (i: number, before: number, place: number): boolean =>
    place > before &&
    place - before >= (numbers[i] ?? 0) - (i === 0 ? -1 : (numbers[i - 1] ?? Infinity)) &&
    areWithoutValue(before + 1, place);
  const forward = [...fits];
  for (const i of edges.keys())
    forward[i] = fits[i].filter((place) => (i === 0 ? [-1] : forward[i - 1]).some((one) => follows(i, one, place)));
  let after = forward.at(-1)?.filter((place) => areWithoutValue(place + 1, names.length)) ?? [];
  for (let i = edges.length - 1; i >= 0; i--) {
    const [place, ...others] = after;
    if (place !== undefined && others.length === 0 && isUnnamed(graph, edges[i]))
      nameVariable(graph, edges[i], names[place]);
    const next = after;
    after = (forward[i - 1] ?? []).filter((before) => next.some((one) => follows(i, before, one)));
  }
};

const isAlwaysObject = (initial: Initial | undefined): boolean =>
  initial?.lasts === true && (initial.kind === 'object' || initial.kind === 'function');

const canHold = (graph: HeapGraph, edge: number, initial: Initial | undefined): boolean => {
  const value = graph.edgeTarget[edge];
  const type = nodeTypeName(graph, value);
  if (initial === undefined || initial.kind === 'unknown') return true;
  if (initial.kind === 'number') return type === 'number';
  if (initial.kind === 'function') return type === 'closure' || !initial.lasts;
  if (!initial.lasts) return type !== 'number';
  return type === 'object' && (initial.className === undefined || nodeName(graph, value) === initial.className);
};
