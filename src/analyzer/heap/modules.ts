/**
 * The module at which a retaining path begins for a reader: the file whose variable, or whose exports, lead on to the
 * object. What leads to the module itself (the cache of `require`, a global function) is one of many ways, and says nothing.
 * In: a graph and the nodes and edges of a path. Out: the step that stands for the module, or undefined.
 */
import { edgeName, edgeTypeName, nodeName, nodeTypeName, type HeapGraph } from '../model/heap-graph.js';
import { isProgramFile } from '../model/scripts.js';
import type { Link, ModuleStart } from './words.js';

/**
 * The last module of the program's own code or its packages on the path; else, if a server of Node's leads on, the file of
 * the last function, or the server: what holds the server (its handle, a timer of Node's own) says nothing; else the last
 * module of Node's own.
 */
export const findModuleStart = (graph: HeapGraph, links: readonly Link[]): ModuleStart | undefined => {
  let ofNode: ModuleStart | undefined;
  for (let at = links.length - 2; at >= 0; at--) {
    const start = startAt(graph, links, at);
    if (start === undefined) continue;
    if (isProgramFile(start.url)) return { at, name: shortName(start.url), ...start };
    ofNode ??= { at, name: start.url, ...start };
  }
  return behindServer(graph, links) ?? ofNode;
};

const behindServer = (graph: HeapGraph, links: readonly Link[]): ModuleStart | undefined => {
  const server = links.findLastIndex((_, at) => isOwnedByNode(graph, links, at));
  if (server === -1) return undefined;
  for (let at = links.length - 1; at > server; at--) {
    const url = nodeTypeName(graph, links[at].node) === 'closure' ? scriptUrlOf(graph, links[at].node) : undefined;
    if (url !== undefined && isProgramFile(url)) return { at: at - 1, name: shortName(url), variable: '' };
  }
  return { at: server - 1, name: undefined, variable: undefined };
};

/** Whether a handle leads to the node as its owner, or a timer as what a function of Node's own is bound to. */
const isOwnedByNode = (graph: HeapGraph, links: readonly Link[], at: number): boolean => {
  if (at < 2) return false;
  const name = edgeName(graph, links[at].edge);
  if (name === '<symbol owner_symbol>') return true;
  if (name !== 'bound_this' || nodeName(graph, links[at - 2].node) !== 'Timeout') return false;
  const bound = targetOf(graph, links[at - 1].node, /^bound_function$/);
  const url = bound === -1 ? undefined : scriptUrlOf(graph, bound);
  return url === undefined || !isProgramFile(url); // code in the snapshot that Node starts from has no script
};

interface Found {
  readonly url: string;
  readonly variable: string | undefined;
}

const startAt = (graph: HeapGraph, links: readonly Link[], at: number): Found | undefined => {
  const { node } = links[at];
  const name = nodeName(graph, node);
  if (name === 'Module' && nodeTypeName(graph, node) === 'object') return moduleObject(graph, node);
  if (name === 'system / Context') return moduleContext(graph, links, at);
  return name === 'system / Cell' ? exportedCell(graph, links, at) : undefined;
};

const moduleObject = (graph: HeapGraph, node: number): Found | undefined => {
  const file = targetOf(graph, node, /^filename$/);
  return file === -1 || nodeTypeName(graph, file) !== 'string'
    ? undefined
    : { url: nodeName(graph, file), variable: undefined };
};

/** The outermost context of a script holds the variables of its module. */
const moduleContext = (graph: HeapGraph, links: readonly Link[], at: number): Found | undefined => {
  const variable = links[at + 1].edge;
  if (edgeTypeName(graph, variable) !== 'context') return undefined;
  const outer = targetOf(graph, links[at].node, /^previous$/);
  if (outer !== -1 && nodeName(graph, outer) === 'system / Context') return undefined;
  let from = at - 1;
  while (from >= 0 && nodeName(graph, links[from].node) === 'system / Context') from--;
  const url = from < 0 ? undefined : codeUrl(graph, links[from].node);
  return url === undefined ? undefined : { url, variable: edgeName(graph, variable) };
};

/** What an ES module exports is in a cell; the module's table has the names of its cells. */
const exportedCell = (graph: HeapGraph, links: readonly Link[], at: number): Found | undefined => {
  const from = links.slice(0, at).findLastIndex(({ node }) => nodeName(graph, node) === 'system / SourceTextModule');
  if (from === -1 || at - from > 2) return undefined;
  const cell = links[at].node;
  for (const table of targets(graph, links[from].node)) {
    const variable = nameBefore(graph, table, cell);
    const url = variable === undefined ? undefined : moduleUrl(graph, links[from].node);
    if (url !== undefined) return { url, variable };
  }
  return undefined;
};

/** The string just before that node in a table of names and values. */
const nameBefore = (graph: HeapGraph, table: number, wanted: number): string | undefined => {
  for (let edge = graph.firstEdge[table] + 1; edge < graph.firstEdge[table + 1]; edge++) {
    const before = graph.edgeTarget[edge - 1];
    if (graph.edgeTarget[edge] === wanted && nodeTypeName(graph, before) === 'string') return nodeName(graph, before);
  }
  return undefined;
};

/** A module that has run holds the generator that ran it. */
const moduleUrl = (graph: HeapGraph, module: number): string | undefined => {
  for (const held of targets(graph, module)) {
    const url = codeUrl(graph, held);
    if (url !== undefined) return url;
  }
  return undefined;
};

/** The same as `scriptUrlOf` for a function or a suspended one, which V8 calls Generator. */
const codeUrl = (graph: HeapGraph, node: number): string | undefined => {
  const code = nodeName(graph, node) === 'Generator' ? targetOf(graph, node, /^function$/) : node;
  return code === -1 ? undefined : scriptUrlOf(graph, code);
};

/** The address of the script that a function is written in; undefined if the snapshot does not say. */
export const scriptUrlOf = (graph: HeapGraph, closure: number): string | undefined => {
  const shared = targetOf(graph, closure, /^shared$/);
  const script = shared === -1 ? -1 : targetOf(graph, shared, /^script/);
  // if a debugger's record is in between, the edge leads to that record; another function of the script may lead to the
  // script itself
  if (script === -1 || targetOf(graph, script, /^source$/) === -1) return undefined;
  return nodeName(graph, script).replace(/^system \/ Script \/ /, ''); // so called since V8 15
};

export const targetOf = (graph: HeapGraph, node: number, name: RegExp): number => {
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    if (name.test(edgeName(graph, edge))) return graph.edgeTarget[edge];
  }
  return -1;
};

const targets = (graph: HeapGraph, node: number): Uint32Array =>
  graph.edgeTarget.subarray(graph.firstEdge[node], graph.firstEdge[node + 1]);

/** The file's name; with its folder if its name alone says nothing. */
const shortName = (url: string): string => {
  const parts = url.split(/[/\\]/);
  return parts.slice(/^index\.\w+$/.test(parts.at(-1) ?? '') ? -2 : -1).join('/');
};
