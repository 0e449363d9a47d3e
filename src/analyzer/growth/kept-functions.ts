/**
 * The functions that a region keeps more of in each round: where they are written is often the line that adds. In: a
 * region, the last graph, places in the source. Out: functions with their places, those kept most first.
 */
import type { KeptFunction } from '../model/finding.js';
import { edgeName, nodeName, type HeapGraph } from '../model/heap-graph.js';
import { types } from './growth-classes.js';
import type { Places } from './places.js';
import type { Region } from './regions.js';
import type { Transients } from './transients.js';

const mostFunctions = 3;
/** So many closures tell which functions they are of; the region may hold millions. */
const mostLookedAt = 20_000;

/** `least`: so many a round at least. `isForeign`: files that are nobody's place to look. */
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
  for (let node = 0, left = mostLookedAt; node < graph.nodeCount && left > 0; node++) {
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
      const name = nodeName(graph, closure) || '(anonymous)';
      return [{ function: name, file, line, countPerRound: Math.round((count / rounds) * 10) / 10 }];
    })
    .slice(0, mostFunctions);
};

/** What all closures of one function share; the closure itself where V8 does not say. */
const codeOf = (graph: HeapGraph, closure: number): number => {
  for (let edge = graph.firstEdge[closure]; edge < graph.firstEdge[closure + 1]; edge++) {
    if (edgeName(graph, edge) === 'shared') return graph.edgeTarget[edge];
  }
  return closure;
};
