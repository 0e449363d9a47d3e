/**
 * Places in the source for things in a snapshot: the function, class or variable that a node belongs to. A snapshot has
 * positions only of functions and classes; a variable is looked up by name in its script, from the position of a function
 * that uses it. In: the last graph, a locator for source maps, the texts of scripts. Out: locations.
 */
import { scriptUrlOf, targetOf } from '../heap/modules.js';
import { nodeName, type HeapGraph } from '../model/heap-graph.js';
import type { AddingLine, FindingKind } from '../model/finding.js';
import { createCodeNames, type CodePlace } from '../model/code-names.js';
import type { Location, Locator } from '../model/location.js';
import { isProgramFile } from '../model/scripts.js';
import { types } from './snapshots/growth-classes.js';
import { propertyOf } from './snapshots/properties.js';
import type { Anchor } from './snapshots/steps.js';
import { findAdditions, type Addition, type Links } from './code/additions.js';
import { createTimers } from './timers.js';
import { findListening } from './code/listening.js';
import { findDeclaration, type TextPosition } from './code/declarations.js';

export interface Places {
  /** Where a function or class begins, by its closure node. */
  ofFunction(node: number): Location | undefined;
  /** Where a function is added as a listener, by its closure node, if one call in its script adds it. */
  ofListening(node: number): Location | undefined;
  /** Where the class of an object begins; undefined for V8's own objects and plain ones. */
  ofClass(node: number): Location | undefined;
  /** Where the variable of a context is declared; if the script's text is not known, the function that uses it. */
  ofVariable(context: number, variable: string): Location | undefined;
  /** The lines that add to what these members lead to, from a function or class (by its object), or from a variable. */
  ofAdditions(anchor: Anchor, members: readonly string[], kind: FindingKind, links?: Links): AddingLine[];
  /**
   * The name that a function, the class of an object, a private member of it (`#entries`), or a variable of a context had before a
   * compiler renamed it, if a source map says so.
   */
  originalName(kind: Anchor['kind'], node: number, name: string): string | undefined;
  /** The script in which a function, the class of an object, or a function that uses a context is written. */
  codeOf(kind: 'function' | 'class' | 'variable', node: number): ScriptText | undefined;
}

export interface ScriptText {
  readonly source: string;
  /** From a 0-based position in it. */
  locate(line: number, column: number): Location | undefined;
  /** Whether a timer of Node's runs a function of it that begins there. */
  isRunByTimer(isWanted: (begins: TextPosition) => boolean): boolean;
}

export interface PlacesOptions {
  readonly locator: Pick<Locator, 'atPosition' | 'namesIn'>;
  /** The text that V8 runs, by script id and address; undefined if it is not available. */
  readonly sourceOf: (scriptId: string, url: string) => string | undefined;
}

export const createPlaces = (graph: HeapGraph, { locator, sourceOf }: PlacesOptions): Places => {
  const positionOf = createPositions(graph);
  const locate = (at: CodePlace): Location | undefined =>
    locator.atPosition(Number(at.scriptId), at.url, at.line, at.column);
  const found = (at: CodePlace | undefined): Location | undefined => at && locate(at);
  const textOf = createTexts(graph, positionOf, locate, sourceOf);
  const placeIn = (
    from: CodePlace | undefined,
    find: (source: string, from: CodePlace) => TextPosition | undefined,
  ) => {
    const text = textOf(from);
    const at = from && text && find(text.source, from);
    return at && text?.locate(at.line, at.column);
  };
  return {
    ofFunction: (node) => found(positionOf.function(node)),
    originalName: createOriginalNames(positionOf, { locator, sourceOf }),
    codeOf: (kind, node) => textOf(kind === 'class' ? positionOf.classes(node)[0] : positionOf[kind](node)),
    ofListening: (node) =>
      placeIn(positionOf.function(node), (source, at) => findListening(source, nodeName(graph, node), at)),
    ofClass: (node) => found(positionOf.function(constructorOf(graph, node))),
    ofVariable: (node, variable) => {
      const from = positionOf.variable(node);
      return placeIn(from, (source, at) => findDeclaration(source, variable, at)) ?? found(from);
    },
    ofAdditions: ({ kind: anchor, node, name }, members, kind, links) => {
      for (const from of anchor === 'class' ? positionOf.classes(node) : [positionOf[anchor](node)]) {
        const text = textOf(from);
        if (!from || !text) continue;
        const at = anchor === 'variable' ? findDeclaration(text.source, name, from) : undefined;
        const added = findAdditions(text.source, { kind, variable: at && { name, at }, members, links });
        const lines = added.flatMap((one) => addingLine(one, text));
        if (lines.length > 0) return lines;
      }
      return [];
    },
  };
};

const createOriginalNames = (positionOf: Positions, { locator, sourceOf }: PlacesOptions): Places['originalName'] => {
  const find = createCodeNames(locator, ({ scriptId, url }) => sourceOf(scriptId, url));
  return (kind, node, name) => {
    if (name.startsWith('#')) {
      // a class and the one that it extends may have members of the same short name
      const classes = positionOf.classes(node).filter(({ url }) => isProgramFile(url));
      if (classes.some(({ scriptId }) => locator.namesIn(Number(scriptId)) === undefined)) return undefined;
      const found = classes.map((at) => find(at, name, 'member')).filter((one) => one !== undefined);
      return found.length === 1 ? found[0]?.name : undefined;
    }
    const from = kind === 'class' ? positionOf.classes(node)[0] : positionOf[kind](node);
    return from && find(from, name, kind === 'variable' ? kind : 'code')?.name;
  };
};

const createTexts = (
  graph: HeapGraph,
  positionOf: Positions,
  locate: (at: CodePlace) => Location | undefined,
  sourceOf: PlacesOptions['sourceOf'],
): ((from: CodePlace | undefined) => ScriptText | undefined) => {
  const runsTimer = createTimers(graph, positionOf.function);
  return (from) => {
    const source = from === undefined ? undefined : sourceOf(from.scriptId, from.url);
    if (from === undefined || source === undefined) return undefined;
    return {
      source,
      locate: (line, column) => locate({ ...from, line, column }),
      isRunByTimer: (isWanted) => runsTimer(from.scriptId, isWanted),
    };
  };
};

const addingLine = ({ line, column, within }: Addition, { locate }: Pick<ScriptText, 'locate'>): AddingLine[] => {
  const location = locate(line, column);
  return location === undefined ? [] : [{ location, function: (within && locate(within.line, within.column)) ?? null }];
};

interface Positions {
  function(node: number): CodePlace | undefined;
  /** Of the class of an object, and of the classes that it extends. */
  classes(node: number): CodePlace[];
  /** Of a function that uses the variables of the context. */
  variable(context: number): CodePlace | undefined;
}

/** Classes deeper than this do not extend one another. */
const mostClasses = 20;

const createPositions = (graph: HeapGraph): Positions => {
  const urls = scriptUrls(graph);
  const ofFunction = (node: number): CodePlace | undefined => {
    const at = indexOfPosition(graph, node);
    if (at === -1) return undefined;
    const { scriptIds, lines, columns } = graph.positions;
    const url = urls.get(scriptIds[at]) ?? '';
    return { scriptId: String(scriptIds[at]), url, line: lines[at], column: columns[at] };
  };
  let seenFrom: Map<number, number> | undefined;
  return {
    function: ofFunction,
    classes: (node) => {
      const found: CodePlace[] = [];
      let at = node;
      for (let depth = 0; at !== -1 && depth < mostClasses; depth++) {
        const position = ofFunction(constructorOf(graph, at));
        if (position !== undefined) found.push(position);
        at = propertyOf(graph, at, '__proto__');
      }
      return found;
    },
    variable: (node) => {
      seenFrom ??= functionsByContext(graph);
      return ofFunction(seenFrom.get(node) ?? -1);
    },
  };
};

/** By bisection, since positions are sorted by node. */
const indexOfPosition = (graph: HeapGraph, node: number): number => {
  const { nodes } = graph.positions;
  let low = 0;
  let high = nodes.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (nodes[middle] === node) return middle;
    if (nodes[middle] < node) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
};

/** Addresses by script id: a function's shared part names its script, and the script's node is named after its address. */
const scriptUrls = (graph: HeapGraph): Map<number, string> => {
  const urls = new Map<number, string>();
  const { nodes, scriptIds } = graph.positions;
  for (let i = 0; i < nodes.length; i++) {
    if (urls.has(scriptIds[i]) || graph.nodeType[nodes[i]] !== types.closure) continue;
    const url = scriptUrlOf(graph, nodes[i]);
    if (url !== undefined) urls.set(scriptIds[i], url);
  }
  return urls;
};

/** The constructor of an object's prototype; -1 if there is none. */
const constructorOf = (graph: HeapGraph, node: number): number => {
  const prototype = propertyOf(graph, node, '__proto__');
  const constructor = prototype === -1 ? -1 : propertyOf(graph, prototype, 'constructor');
  return constructor !== -1 && graph.nodeType[constructor] === types.closure ? constructor : -1;
};

/** For each context, a function that uses it: directly, or through an inner context. */
export const functionsByContext = (graph: HeapGraph): Map<number, number> => {
  const seenFrom = new Map<number, number>();
  const inner: [context: number, seer: number][] = [];
  for (const closure of graph.positions.nodes) {
    if (graph.nodeType[closure] !== types.closure) continue;
    const own = targetOf(graph, closure, /^context$/);
    if (own === -1 || seenFrom.has(own)) continue;
    seenFrom.set(own, closure);
    inner.push([own, closure]);
  }
  for (const [start, seer] of inner) {
    let outer = targetOf(graph, start, /^previous$/);
    for (let depth = 0; outer !== -1 && depth < 100 && !seenFrom.has(outer); depth++) {
      seenFrom.set(outer, seer);
      outer = targetOf(graph, outer, /^previous$/);
    }
  }
  return seenFrom;
};
