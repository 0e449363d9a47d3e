/**
 * Modules that are imported again and again: Node keeps each URL of an ES module for ever, so `import('./a.mjs?t=…')` with
 * a new query each time keeps a new copy each time. In: a finding. Out: the same; if it is on Node's table of modules, and
 * one module makes up most of its gain, with that module and what to do about it.
 */
import type { Finding } from '../model/finding.js';
import { edgeName, nodeName, type HeapGraph } from '../model/heap-graph.js';
import type { Transients } from './snapshots/transients.js';

/** Node's tables of ES modules by URL: since Node 20, and before. */
const tables = /^(LoadCache|ModuleMap)$/;
const minShare = 0.5;

export const withRepeatedModule = (finding: Finding, last: Transients): Finding => {
  const name = findRepeatedModule(last, last.graph.nodeId.indexOf(finding.container.id));
  return name === undefined
    ? finding
    : { ...finding, title: `${finding.title}: most are ${name}, imported again and again`, advice };
};

/** Its URL without the query, as a path if it is one of a file. */
const findRepeatedModule = ({ graph, isPermanent }: Transients, container: number): string | undefined => {
  if (!tables.test(nodeName(graph, container))) return undefined;
  const urls = keysOf(graph, container).filter((key) => isPermanent[key] === 0);
  const names = urls.map((key) => nodeName(graph, key)).filter((text) => /^[a-z]+:/.test(text));
  const counts = new Map<string, number>();
  for (const url of names) {
    const name = url.replace(/[?#].*$/s, '').replace(/^file:(\/\/)?/, '');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1]);
  if (most === undefined || most[1] < 2 || most[1] < minShare * names.length) return undefined;
  return most[0];
};

const advice =
  'Node keeps every module that was imported, by its URL, and offers no way to remove one. Import it once and keep the result, without a query that differs each time; to read changed data, read the file instead.';

/** The nodes that the Map's table holds directly: its keys and values. */
const keysOf = (graph: HeapGraph, map: number): number[] => {
  const targets = (node: number, name?: string): number[] => {
    const found: number[] = [];
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
      if (name === undefined || edgeName(graph, edge) === name) found.push(graph.edgeTarget[edge]);
    return found;
  };
  return targets(map, 'table').flatMap((table) => targets(table));
};
