/**
 * A snapshot with everything that the Heap tab shows of it. In: a file. Out: HeapData, which heap-lists.ts asks. Lives in
 * the worker thread.
 */
import { readFileSync } from 'node:fs';
import { readHeapSnapshot } from '../../analyzer/formats/heapsnapshot.js';
import { computeClasses, dominatedNodes } from '../../analyzer/heap/classes.js';
import { computeDominators } from '../../analyzer/heap/dominators.js';
import { computeRetainingEdges } from '../../analyzer/heap/edges.js';
import { computePaths } from '../../analyzer/heap/paths.js';
import { computeRetainers } from '../../analyzer/heap/retainers.js';
import type { HeapGraph } from '../../analyzer/model/heap-graph.js';
import type { Classes, Dominators, Paths, Retainers, RetainingEdges } from '../../analyzer/model/heap-results.js';
import { createLocator, type Locator } from '../../analyzer/model/location.js';
import { scriptsFileOf, type ScriptsTable } from '../../analyzer/model/scripts.js';

export interface HeapData {
  readonly file: string;
  readonly graph: HeapGraph;
  readonly edges: RetainingEdges;
  readonly retainers: Retainers;
  readonly dominators: Dominators;
  /** The dominator tree turned round: what node n immediately dominates stands at first[n] … first[n + 1]. */
  readonly dominated: { readonly first: Uint32Array; readonly child: Uint32Array };
  readonly classes: Classes;
  /** For each class, the node of it that retains most. */
  readonly biggest: Uint32Array;
  readonly paths: Paths;
  readonly locator: Locator;
  readonly totalBytes: number;
}

export type Report = (text: string, share: number | undefined) => void;

export const readHeapData = async (file: string, report: Report): Promise<HeapData> => {
  const graph = await readHeapSnapshot(file, { onProgress: (share) => report(`reading ${file}`, share) });
  report(`finding what keeps ${file} alive`, undefined);
  const edges = computeRetainingEdges(graph);
  const retainers = computeRetainers(graph, edges);
  report(`retained sizes of ${graph.nodeCount.toLocaleString('en')} objects`, undefined);
  const dominators = computeDominators(graph, edges, retainers);
  const classes = computeClasses(graph, dominators);
  report('retaining paths', undefined);
  const paths = computePaths(graph, edges);
  return {
    file,
    graph,
    edges,
    retainers,
    dominators,
    dominated: dominatedNodes(dominators.immediate),
    classes,
    biggest: biggestOf(classes, dominators),
    paths,
    locator: createLocator(readScripts(file)),
    totalBytes: dominators.retainedBytes[0],
  };
};

const biggestOf = ({ classOf, list }: Classes, { retainedBytes }: Dominators): Uint32Array => {
  const biggest = new Uint32Array(list.length);
  const most = new Float64Array(list.length).fill(-1);
  for (let node = 0; node < classOf.length; node++) {
    if (retainedBytes[node] <= most[classOf[node]]) continue;
    most[classOf[node]] = retainedBytes[node];
    biggest[classOf[node]] = node;
  }
  return biggest;
};

/** The table that the agent keeps beside a capture; a snapshot from elsewhere has none. */
const readScripts = (file: string): ScriptsTable | undefined => {
  try {
    return JSON.parse(readFileSync(scriptsFileOf(file), 'utf8')) as ScriptsTable;
  } catch {
    return undefined;
  }
};
