/**
 * A retaining path in the words of the program's source. In: the nodes and edges of the path. Out: steps without V8's
 * machinery. A Map's table, an array's elements and a closure's context are left out, and what they hold is named as seen
 * from their holder: an entry with its key, an element, a variable.
 */
import { edgeName, edgeTypeName, nodeName, nodeTypeName, type HeapGraph } from '../model/heap-graph.js';
import type { PathStep } from '../model/path.js';
import { isGlobalName, isMachinery, isStart } from './machinery.js';

/** One edge of a path and the node at its end. */
export interface Link {
  readonly edge: number;
  readonly node: number;
}

/** The module at which a path begins for a reader, see modules.ts. */
export interface ModuleStart {
  /** The index of the link whose node stands for the module: the step after it is the first to be named. */
  readonly at: number;
  /** `audit.js`, `lib/index.js`, `node:internal/timers`; undefined if the step after it is the first to be shown. */
  readonly name: string | undefined;
  /** Its address, as V8 or Node wrote it. */
  readonly url?: string;
  /** The module's variable that leads on, empty if a function does; undefined for an object, whose properties have names. */
  readonly variable: string | undefined;
}

/** `start`: the module at which the steps begin; without one they begin at the first link. */
export const describePath = (graph: HeapGraph, links: readonly Link[], start?: ModuleStart): PathStep[] => {
  const steps: PathStep[] = start?.name === undefined ? [] : [moduleStep(graph, links[start.at].node, start.name)];
  const first = start === undefined ? 0 : start.at + 1;
  let label = start?.variable === undefined ? noLabel : word(start.variable);
  let from = start === undefined ? undefined : links[start.at].node;
  for (let index = first; index < links.length; index++) {
    const { edge, node } = links[index];
    const isNamed = index === first && (start === undefined || start.variable !== undefined);
    if (!isNamed) label = labelOf(graph, from, edge, label);
    from = node;
    const last = index === links.length - 1;
    if (!last && isMachinery(graph, node)) continue;
    if (isStart(graph, node)) {
      steps.length = 0;
    }
    steps.push(stepTo(graph, node, steps.length === 0 ? noLabel : label));
    label = noLabel;
  }
  return steps;
};

const moduleStep = (graph: HeapGraph, node: number, name: string): PathStep => ({
  ...stepTo(graph, node, noLabel),
  name,
  type: 'module',
});

/** The name of an edge: `edge` is the same for every entry of a Map, `text` differs between entries. */
export interface Label {
  readonly edge: string;
  readonly text: string;
  readonly kind: PathStep['kind'];
}

export const noLabel: Label = { edge: '', text: '', kind: 'word' };
const word = (edge: string, text: string = edge): Label => ({ edge, text, kind: 'word' });

/** The name that the source would use for the edge. If the edge itself has none, the label before it stays. */
export const labelOf = (graph: HeapGraph, from: number | undefined, edge: number, before: Label = noLabel): Label => {
  const type = edgeTypeName(graph, edge);
  const name = edgeName(graph, edge);
  if (type === 'element') return { edge: '[]', text: `[${name}]`, kind: 'element' };
  if (type === 'context' || type === 'property') return { edge: name, text: name, kind: 'property' };
  if (name.includes(' pair in WeakMap (table @')) return word('value in a WeakMap');
  if ((before.edge === 'entry' || before.edge === 'member') && from !== undefined)
    return entryLabel(graph, from, edge, before);
  if (before.edge !== '' || /^\d+$/.test(name)) return before;
  const known = name === 'table' && from !== undefined && isSet(graph, from) ? 'member' : internalWords[name];
  return word(known ?? `(${name})`);
};

/** Internal edges that mean something to a user; those with empty text are followed by an edge that does. */
const internalWords: Readonly<Record<string, string>> = {
  table: 'entry',
  context: '',
  previous: '',
  elements: '[]',
  global_object: '',
  properties: '',
  shared: '(code)',
  script_context_table: '',
  reactions_or_result: 'awaited by',
  extension: '',
  parameters_and_registers: 'local variable',
  bound_this: 'bound this',
  bound_function: 'bound function',
  backing_store: 'bytes',
  data: 'bytes',
};

const isSet = (graph: HeapGraph, node: number): boolean => nodeName(graph, node) === 'Set';

/**
 * The Map entry that an edge of this table belongs to. After its header of two words, a table has 3 words, then one per
 * bucket, then for each bucket two entries of three words (key, value, chain): its length shows which word is a key. A word
 * is 8 bytes in Node, 4 in Chrome.
 */
const entryLabel = (graph: HeapGraph, table: number, edge: number, before: Label): Label => {
  if (before.edge === 'member') return before;
  const at = Number(edgeName(graph, edge));
  const buckets = [8, 4].map((word) => (graph.selfBytes[table] / word - 5) / 7).find(Number.isInteger);
  if (!Number.isInteger(at) || buckets === undefined) return before;
  const inEntry = (at - 3 - buckets) % 3;
  if (inEntry === 0) return word('key');
  const key = wordBefore(graph, table, edge, at - 1);
  if (inEntry !== 1 || key === undefined || nodeTypeName(graph, key) !== 'string') return before;
  return word('entry', `entry ${quoted(nodeName(graph, key))}`);
};

/** The node in that word of a table. V8 writes the words in order, so its edge is just before the edge of the next word. */
const wordBefore = (graph: HeapGraph, table: number, edge: number, word: number): number | undefined => {
  const name = String(word);
  for (let before = edge - 1; before >= graph.firstEdge[table] && before >= edge - 4; before--)
    if (edgeName(graph, before) === name) return graph.edgeTarget[before];
  return undefined;
};

const stepTo = (graph: HeapGraph, node: number, label: Label): PathStep => ({
  edge: label.edge,
  label: label.text,
  kind: label.kind,
  name: displayName(graph, node),
  type: nodeTypeName(graph, node),
  id: graph.nodeId[node],
});

const longestText = 40;

/** A node's name: a class, `name()` for a function, the beginning of a string in quotes. */
export const displayName = (graph: HeapGraph, node: number): string => {
  const name = nodeName(graph, node);
  const type = nodeTypeName(graph, node);
  if (type === 'closure') return `${name === '' ? '(anonymous)' : name}()`;
  if (type === 'string') return quoted(name);
  if (type === 'concatenated string') return quoted(textOf(graph, node));
  if (type === 'sliced string') return `part of ${quoted(textOf(graph, targetOf(graph, node, 'parent') ?? node))}`;
  if (type === 'object' && name.endsWith('Generator')) return suspended(graph, node) ?? name;
  if (type === 'object' && isGlobalName(name)) return name.startsWith('Window') ? 'window' : 'global';
  return name === '' ? `(${type})` : detachedName(graph, node, name);
};

/** Chromium writes some of these names with the prefix; DevTools adds it to the others. */
export const detachedName = (graph: HeapGraph, node: number, name: string): string =>
  graph.detached.has(node) && !name.startsWith('Detached ') ? `Detached ${name}` : name;

/** At most this many parts are looked at for the beginning of a string. */
const maxParts = 200;

/** The beginning of a string's text. A concatenated string is a tree of two parts each, and V8 gives it no name. */
const textOf = (graph: HeapGraph, node: number): string => {
  let text = '';
  const parts = [node];
  for (let seen = 0; parts.length > 0 && seen < maxParts && text.length <= longestText; seen++) {
    const part = parts.pop() as number;
    const first = targetOf(graph, part, 'first');
    const second = targetOf(graph, part, 'second');
    if (first === undefined || nodeTypeName(graph, part) !== 'concatenated string') text += nodeName(graph, part);
    else parts.push(...(second === undefined ? [] : [second]), first);
  }
  return text;
};

/** The target of the node's internal edge with that name. */
const targetOf = (graph: HeapGraph, node: number, name: string): number | undefined => {
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
    if (edgeName(graph, edge) === name && edgeTypeName(graph, edge) === 'internal') return graph.edgeTarget[edge];
  return undefined;
};

/** The name of a suspended function: one that waits at an `await` or `yield` is held as an object named Generator. */
const suspended = (graph: HeapGraph, node: number): string | undefined => {
  const code = targetOf(graph, node, 'function');
  return code === undefined ? undefined : `${displayName(graph, code)} suspended`;
};

const quoted = (text: string): string =>
  JSON.stringify(text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text);
