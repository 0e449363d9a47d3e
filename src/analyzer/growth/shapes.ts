/**
 * The shape of growth: a Map, listeners, reactions on a promise, a list. In: the container and how it holds its entries.
 * Out: its kind and, for known kinds, what it usually means and how to fix it.
 */
import { edgeName, nodeName, type HeapGraph } from '../model/heap-graph.js';
import type { FindingKind } from '../model/finding.js';
import { types } from './snapshots/growth-classes.js';
import { propertyOf } from './snapshots/properties.js';
import { isBytesOfMemory, type NodeStep } from './snapshots/steps.js';
import { isSymbolRegistry } from './snapshots/transients.js';

export interface Shape {
  readonly container: number;
  readonly entryClass: string;
  /** Every class that grows with the entries. */
  readonly classes: readonly string[];
  readonly steps: readonly NodeStep[];
  /** The path to one entry. */
  readonly entrySteps: readonly NodeStep[];
  readonly chained: boolean;
}

export const kindOf = (graph: HeapGraph, shape: Shape): FindingKind => {
  const name = nodeName(graph, shape.container);
  const type = graph.nodeType[shape.container];
  const names = pathNames(graph, shape);
  if (shape.classes.includes('system / PromiseReaction') && (name === 'Promise' || shape.chained))
    return isPromiseChain(graph, shape) ? 'promise-chain' : 'promise-reactions';
  if (
    names.some((one) => /^(_events|_subscribers|kEvents|<symbol (kEvents|events\.kEvents)>)$/.test(one)) ||
    name === 'Listener'
  )
    return 'listeners';
  if (/^(Timeout|Immediate)$/.test(shape.entryClass) || (!shape.chained && /^(Timers|Immediate)List$/.test(name)))
    return 'timers';
  if (shape.entryClass === 'WeakRef' || shape.entryClass === 'system / WeakCell') return 'weak-set';
  if (isSymbolRegistry(graph, shape.container)) return 'symbol-registry';
  if (type === types.synthetic || type === types.native) return 'native';
  if (shape.entryClass.endsWith('string)') && (shape.chained || type !== types.object)) return 'string';
  if (shape.entryClass === 'system / JSArrayBufferData') return 'buffer';
  if (shape.chained) return isClosureChain(shape) ? 'closure-chain' : 'linked-list';
  return collectionKind(graph, shape.container);
};

/** Each promise waits for the one before it: the path to the container leads through so many that wait. */
const leastWaiting = 3;
const isPromiseChain = (graph: HeapGraph, { steps }: Shape): boolean =>
  steps.filter(({ edge }) => edgeName(graph, edge) === 'reactions_or_result').length >= leastWaiting;

const pathNames = (graph: HeapGraph, { steps }: Shape): string[] =>
  steps.slice(-3).map(({ edge }) => edgeName(graph, edge));

const isClosureChain = ({ classes, entryClass }: Shape): boolean =>
  entryClass === 'system / Context' || (entryClass.endsWith('()') && classes.includes('system / Context'));

export const collectionKind = (graph: HeapGraph, container: number): FindingKind => {
  const type = graph.nodeType[container];
  const name = nodeName(graph, container);
  if (hasEdge(graph, container, 'table')) return name.endsWith('Set') || isOf(graph, container, 'Set') ? 'set' : 'map';
  if (name === 'Array' || isOf(graph, container, 'Array')) return 'array';
  if (type === types.object && graph.firstEdge[container + 1] - graph.firstEdge[container] > 16) return 'dictionary';
  return name === 'Object' ? 'dictionary' : 'class';
};

const hasEdge = (graph: HeapGraph, node: number, name: string): boolean => {
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
    if (edgeName(graph, edge) === name) return true;
  return false;
};

/** Whether a built-in class is in the prototype chain, by the name of a prototype's constructor. */
const isOf = (graph: HeapGraph, node: number, builtIn: string): boolean => {
  let at = propertyOf(graph, node, '__proto__');
  for (let depth = 0; at !== -1 && depth < 20; depth++) {
    const constructor = propertyOf(graph, at, 'constructor');
    if (constructor !== -1 && nodeName(graph, constructor) === builtIn) return true;
    at = propertyOf(graph, at, '__proto__');
  }
  return false;
};

/**
 * What a shape of growth usually is, and how to fix it. The cause is in the program, so these sentences say "usually" when
 * they guess.
 */
const adviceOfKind: Readonly<Partial<Record<FindingKind, string>>> = {
  'promise-reactions':
    'Reactions pile up on one long-lived promise that does not settle: each then(), await or Promise.race() with it adds one that stays. Race against a promise made for each call, or use an AbortSignal and remove its listener.',
  'promise-chain':
    'Each promise waits for the one before it, as in queue = queue.then(…), and work is added faster than it is done. Put an upper bound on what waits, or do more of it at once.',
  listeners:
    'Listeners are added and never removed. Remove each with off() or removeEventListener(), add it with { once: true } or { signal }, or add one listener at start instead of one for each request.',
  timers:
    'Timers are set and never cleared, and each retains everything that its function refers to. Keep what setInterval() or setTimeout() returns and clear it when the work is finished or canceled.',
  'weak-set':
    'Weak references do not retain what they point to, but the references themselves stay in the collection. Delete them from it when their target is gone (FinalizationRegistry), or use a WeakMap or WeakSet.',
  'closure-chain':
    'Each function retains the one before it: a function is wrapped again and again, or the state that it closes over links back. Wrap the original function each time, or remove the link.',
  'linked-list':
    'Each entry keeps the next one alive, and none is cut off. Remove entries when their work is done, and set the links of what is removed (next, prev, parent, cause) to null.',
  map: 'Entries are set and never deleted. Delete them when their work is done, put an upper bound on them (an LRU), or use a WeakMap if the key is an object that lives as long as the entry should.',
  set: 'Entries are added and never deleted. Delete them when their work is done, or use a WeakSet if the entry lives elsewhere too.',
  dictionary:
    'An object is used as a dictionary whose keys are never deleted. Delete them when their work is done, or put an upper bound on them; a Map with an LRU policy does both.',
  'symbol-registry':
    'Symbol.for() registers a symbol for as long as the process lives, and nothing can delete it. Use a fixed set of keys; for names that come and go use Symbol(), or a string as the key of a Map.',
  string:
    'A string is appended to and never cut or emptied. Write it out in pieces and start again, or put an upper bound on its length.',
  buffer:
    'A buffer grows larger and larger, or buffers are kept. Write them out in pieces and release them, or put an upper bound on what is kept.',
  native:
    'Sockets, watchers, ports or other handles are opened and never closed. Close each on every path, also after an error: close(), destroy(), or read its response to the end.',
  array:
    'Elements are pushed and never removed. Remove them when their work is done, or put an upper bound on the length.',
};

export const adviceForSlices =
  'Each short string is a slice of a long one, and keeps the whole of it. Keep a copy of its text instead: Buffer.from(text).toString() makes one.';

const adviceForRegistry =
  'What was registered is still alive. If nothing else retains it, its held value does, the second argument of register(): neither that value nor a function in it may refer to the object, also not by the `this` of the place where it is made.';

const adviceForMemory =
  'A WebAssembly memory only grows. Free in it what is no longer used (free(), delete()), or make a new instance now and then and drop the old one.';

export const adviceOf = (
  graph: HeapGraph,
  kind: FindingKind,
  { entrySteps, entryClass, steps }: Shape,
): string | null => {
  const isContext = ({ edge, node }: NodeStep): boolean =>
    /kResourceStore|async_context_frame/.test(edgeName(graph, edge)) || nodeName(graph, node) === 'AsyncContextFrame';
  const isDependant = ({ edge }: NodeStep): boolean =>
    /kDependantSignals|gcPersistentSignals/.test(edgeName(graph, edge));
  if (entrySteps.slice(-6).some(isDependant))
    return "Signals made by AbortSignal.any() are held by a long-lived signal. Make them from signals that live as long as the request, abort the request's own signal when it ends, or listen to the long-lived signal and remove the listener.";
  if (kind !== 'map' && entrySteps.slice(-8).some(isContext))
    return 'Async context is kept alive: something long-lived was created inside run(), and retains the store of that call. Create long-lived objects outside run(), or bind them with AsyncResource.bind() or AsyncLocalStorage.exit().';
  if (entryClass === 'system / WeakCell') return adviceForRegistry;
  if (kind === 'buffer' && [...steps, ...entrySteps].some((step) => isBytesOfMemory(graph, step)))
    return adviceForMemory;
  return adviceOfKind[kind] ?? null;
};
