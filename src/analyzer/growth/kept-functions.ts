/**
 * The functions of which a region keeps more in each round: the place where they are written is often the line that adds.
 * In: a region, the last graph, places in the source. Out: functions with their places, those kept most first.
 */
import type { KeptFunction } from '../model/finding.js';
import { edgeName, nodeName, type HeapGraph } from '../model/heap-graph.js';
import { types } from './snapshots/growth-classes.js';
import type { Places } from './places.js';
import type { Region } from './snapshots/regions.js';
import type { Transients } from './snapshots/transients.js';

const maxFunctions = 3;
/** At most this many closures are looked at: enough to show which functions they are of, in a region that may hold millions. */
const maxClosures = 20_000;

/** `least`: the least number kept per round. `isForeign`: files that are never the place to look at. */
export const keptFunctions = (
  { members }: Region,
  { graph, holder }: Transients,
  places: Places,
  rounds: number,
  least: number,
  isForeign: (file: string) => boolean,
): KeptFunction[] => {
  const isMember = new Set(members);
  const byCode = new Map<number, { closure: number; count: number }>();
  for (let node = 0, left = maxClosures; node < graph.nodeCount && left > 0; node++) {
    if (graph.nodeType[node] !== types.closure || !isMember.has(holder[node])) continue;
    left--;
    const code = codeOf(graph, node);
    const known = byCode.get(code);
    if (known === undefined) byCode.set(code, { closure: node, count: 1 });
    else known.count++;
  }
  return [...byCode.values()]
    .filter(({ count }) => count / rounds >= Math.max(1, least))
    .toSorted((a, b) => b.count - a.count)
    .flatMap(({ closure, count }): KeptFunction[] => {
      const location = places.ofFunction(closure);
      if (location === undefined || isForeign(location.file)) return [];
      const { file, line } = location;
      const written = nodeName(graph, closure);
      const name = (places.originalName('function', closure, written) ?? written) || '(anonymous)';
      return [{ function: name, file, line, countPerRound: Math.round((count / rounds) * 10) / 10 }];
    })
    .slice(0, maxFunctions);
};

/** The node that all closures of one function share; the closure itself if V8 does not show it. */
const codeOf = (graph: HeapGraph, closure: number): number => {
  for (let edge = graph.firstEdge[closure]; edge < graph.firstEdge[closure + 1]; edge++) {
    if (edgeName(graph, edge) === 'shared') return graph.edgeTarget[edge];
  }
  return closure;
};
