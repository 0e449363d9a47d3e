/**
 * The retaining path of a container as reports show it, and the part of it that identifies the same leak from run to run.
 * In: the last graph and its paths. Out: steps without V8's stores; an anchor (the variable or class that owns the
 * container); a signature of class and edge names only.
 */
import { findPath, nodesOnPath } from '../../heap/paths.js';
import { edgeName, edgeTypes, nodeName, type HeapGraph } from '../../model/heap-graph.js';
import type { Paths } from '../../model/heap-results.js';
import type { PathStep } from '../../model/path.js';
import { isBackingStore } from './entries.js';
import { className, types } from './growth-classes.js';
import { hasOwnClass } from './own-class.js';
import { propertyOf } from './properties.js';

const context = edgeTypes.indexOf('context');
const property = edgeTypes.indexOf('property');
const internal = edgeTypes.indexOf('internal');

/** One node of a path with the edge by which it is reached. */
export interface NodeStep {
  readonly node: number;
  readonly edge: number;
  /** The node that the edge comes from; if that is a store, it is not the holder of the step. */
  readonly from: number;
  /** The node of the step before; 0, the root, for the first. */
  readonly holder: number;
}

/**
 * The steps from the root to the node. V8's stores are left out: the edge from a store stands for the step. Of a run of
 * similar steps (the links of a list, the parts of a string) only the first and the last are kept. `most`: only of so many nodes
 * at the end of the path.
 */
export const stepsTo = (graph: HeapGraph, paths: Paths, node: number, most = Infinity): NodeStep[] => {
  const kept: number[] = [];
  const isLike = (a: number, b: number): boolean =>
    (graph.edgeName[paths.edge[a]] === graph.edgeName[paths.edge[b]] ||
      (isEphemeron(graph, paths.edge[a]) && isEphemeron(graph, paths.edge[b]))) &&
    graph.nodeType[a] === graph.nodeType[b] &&
    (graph.nodeName[a] === graph.nodeName[b] || graph.nodeType[a] === types.concatenatedString);
  for (const at of nodesOnPath(paths, node, most)) {
    if (at !== node && isBackingStore(graph, at)) continue;
    const [before, last] = kept.slice(-2);
    if (before !== undefined && last !== undefined && isLike(at, last) && isLike(last, before)) kept.pop();
    kept.push(at);
  }
  return kept.map((at, i) => ({ node: at, edge: paths.edge[at], from: paths.from[at], holder: kept[i - 1] ?? 0 }));
};

/**
 * The path as reports show it, without code that is `isForeign` (such as a check's own), which is on the path only by
 * chance: it begins at the first function after that.
 */
export const pathTo = (
  { graph, paths }: { graph: HeapGraph; paths: Paths },
  node: number,
  isForeign: (closure: number) => boolean = () => false,
): PathStep[] => {
  const way = nodesOnPath(paths, node);
  const isFunction = (at: number): boolean => graph.nodeType[at] === types.closure;
  const foreign = way.findLastIndex((at) => isFunction(at) && isForeign(at));
  const own = way.findIndex((at, i) => i > foreign && isFunction(at));
  const start = foreign === -1 ? undefined : way[own === -1 ? foreign + 1 : own];
  return findPath(graph, paths, node, start).map(withoutData);
};

/** Findings end up in the logs of a CI: keys of Maps and texts of strings can be secrets and are left out. */
const withoutData = (step: PathStep): PathStep => ({
  ...step,
  label: step.edge === 'entry' ? step.edge : step.label,
  name: step.type.endsWith('string') && step.edge !== '…' ? `(${step.type})` : step.name,
});

/** `sessions`, `[3]`, or `[]` for an entry of a Map or of anything else for which V8 has no name. */
const nameOfEdge = (graph: HeapGraph, { edge, from, node }: NodeStep): string => {
  const type = graph.edgeType[edge];
  const name = edgeName(graph, edge);
  if (isBytesOfMemory(graph, { from, node })) return 'buffer'; // V8 has only a number for it
  if (type === property || type === context) return name;
  if (isEphemeron(graph, edge)) return '[value in a WeakMap]';
  if (isBackingStore(graph, from)) return '[]';
  return /^\d+$/.test(name) ? (graph.nodeType[from] === types.synthetic ? '' : `[${name}]`) : name;
};

/** Whether the step leads from a WebAssembly.Memory to its bytes. */
export const isBytesOfMemory = (graph: HeapGraph, { from, node }: Pick<NodeStep, 'from' | 'node'>): boolean =>
  nodeName(graph, from) === 'Memory' && nodeName(graph, node) === 'ArrayBuffer';

/** The edge from a WeakMap's key to its value; V8 gives each such edge a different name. */
const isEphemeron = (graph: HeapGraph, edge: number): boolean =>
  graph.edgeType[edge] === internal && edgeName(graph, edge).includes(' pair in WeakMap (table @');

/** An object with more properties than this is treated as a dictionary: its keys are data, not names. */
const maxNames = 64;

/** The variable, or the object of a user-written class, that owns the container: where to look in the source. */
export interface Anchor {
  readonly kind: 'variable' | 'class' | 'function';
  /** The context, the object, or the function. */
  readonly node: number;
  /** The variable's or property's name. */
  readonly name: string;
  /** The index of the anchor's step in the path. */
  readonly at: number;
}

/** Anchors from the container upwards, nearest first. */
export const anchorsOf = (graph: HeapGraph, steps: readonly NodeStep[], skipOwnClass = false): Anchor[] => {
  const anchors: Anchor[] = [];
  const last = steps[steps.length - 1];
  if (!skipOwnClass && last !== undefined && hasOwnClass(graph, last.node))
    anchors.push({ kind: 'class', node: last.node, name: '', at: steps.length - 1 });
  for (let at = steps.length - 1; at >= 0; at--) {
    const { edge, holder } = steps[at];
    const name = edgeName(graph, edge);
    if (graph.edgeType[edge] === context) anchors.push({ kind: 'variable', node: holder, name, at });
    else if (isCode(graph, holder)) anchors.push({ kind: 'function', node: holder, name, at });
    else if (hasOwnClass(graph, holder)) anchors.push({ kind: 'class', node: holder, name, at });
  }
  return anchors;
};

/** The names from an anchor to the end of the steps; `[]` for any element or entry. */
export const membersOf = (graph: HeapGraph, steps: readonly NodeStep[], { kind, at }: Anchor): string[] =>
  steps
    .slice(kind === 'variable' ? at + 1 : at)
    .filter((step) => !isPartOfText(graph, step))
    .map((step) => nameOfEdge(graph, step))
    .map((name) => (name.startsWith('[') ? '[]' : name));

/** A text that is appended to consists of its parts. */
const isPartOfText = (graph: HeapGraph, { holder }: NodeStep): boolean =>
  graph.nodeType[holder] === types.concatenatedString;

/** A function, or a suspended one: V8 records at which `await` or `yield` it waits. */
const isCode = (graph: HeapGraph, node: number): boolean =>
  graph.nodeType[node] === types.closure ||
  (graph.nodeType[node] === types.object && /^(Async)?Generator$/.test(nodeName(graph, node)));

/** The container's name as code would write it: `sessions`, `LRU.items`, `process._events.error`. */
export const nameOf = (graph: HeapGraph, steps: readonly NodeStep[]): string => {
  const container = steps[steps.length - 1];
  if (container !== undefined && hasOwnClass(graph, container.node)) return nodeName(graph, container.node);
  const anchor = anchorsOf(graph, steps, true)[0];
  const root = lastRoot(graph, steps);
  if (anchor === undefined && root === -1) {
    const edges = steps.slice(-3).map((step) => (isGlobal(graph, step.node) ? 'global' : nameOfEdge(graph, step)));
    return edges.every((edge) => edge !== '') ? edges.join('.').replaceAll('.[', '[') : '';
  }
  const start = anchor !== undefined && anchor.at >= root ? ownerName(graph, anchor) : rootName(graph, steps[root]);
  const named = steps.slice(Math.max(anchor?.at ?? 0, root)).filter((step) => !isPartOfText(graph, step));
  const words = named.map((step) => {
    const name = nameOfEdge(graph, step);
    return name === '' || name.startsWith('[') ? name : name.startsWith('<') ? `[${name}]` : `.${name}`;
  });
  return `${start}${shorten(words).join('')}`.replace(/^\./, '');
};

/** A name of more steps says no more. */
const [firstShown, lastShown] = [5, 3];
const shorten = (words: readonly string[]): readonly string[] =>
  words.length <= firstShown + lastShown + 1
    ? words
    : [...words.slice(0, firstShown), '.…', ...words.slice(-lastShown)];

const ownerName = (graph: HeapGraph, { kind, node }: Anchor): string => {
  const owner = className(graph.nodeType[node], nodeName(graph, node));
  return kind === 'variable' || owner === 'Generator' ? '' : owner;
};

const rootName = (graph: HeapGraph, { holder }: NodeStep): string => (isProcess(graph, holder) ? 'process' : '');

const isGlobal = (graph: HeapGraph, node: number): boolean =>
  className(graph.nodeType[node], nodeName(graph, node)) === 'global';

/**
 * The step from a CommonJS module to its exports, or from `process`; -1 without one. What comes before it is one of many
 * ways to the same object: the cache of modules, or any variable that refers to `process`.
 */
const lastRoot = (graph: HeapGraph, steps: readonly NodeStep[]): number =>
  steps.findLastIndex(
    ({ edge, holder }) =>
      isProcess(graph, holder) || (nodeName(graph, holder) === 'Module' && edgeName(graph, edge) === 'exports'),
  );

const isProcess = (graph: HeapGraph, node: number): boolean =>
  graph.nodeType[node] === types.object && nodeName(graph, node) === 'process';

/** Class and edge names only, from the owner of the container to its entries. */
export const signatureOf = (graph: HeapGraph, steps: readonly NodeStep[], entryClass: string): string => {
  const container = steps[steps.length - 1];
  const isOwner = container !== undefined && hasOwnClass(graph, container.node);
  const anchor = anchorsOf(graph, steps, true)[0];
  const from = isOwner ? steps.length : Math.max(anchor?.at ?? 0, lastRoot(graph, steps), steps.length - 6);
  const shown = steps.slice(from).filter(({ holder }) => holder !== 0);
  const parts = shown.map((step) => {
    return `${generic(stableClass(graph, step.holder))}.${edgePart(graph, step)}`;
  });
  const name = container === undefined ? '(root)' : stableClass(graph, container.node);
  return [...parts, generic(name), generic(entryClass)].join(' > ');
};

/** Which class Node's stdout and stderr are of depends on what the output of one run goes to: a terminal, a file, a pipe. */
const stableClass = (graph: HeapGraph, node: number): string =>
  hasOwnClass(graph, node) && propertyOf(graph, node, '_isStdio') !== -1
    ? 'stdio'
    : className(graph.nodeType[node], nodeName(graph, node));

const edgePart = (graph: HeapGraph, step: NodeStep): string => {
  const degree = graph.firstEdge[step.from + 1] - graph.firstEdge[step.from];
  const isData =
    degree > maxNames &&
    !isGlobal(graph, step.from) &&
    !isProcess(graph, step.from) &&
    graph.nodeType[step.from] === types.object &&
    graph.edgeType[step.edge] === property;
  const name = nameOfEdge(graph, step);
  return isData || /^\[.*\]$/.test(name) ? '[]' : generic(name);
};

/** Numbers in names are data of one run: counters, ports, ids. */
const generic = (name: string): string => name.replace(/\d{2,}/g, '#');
