/** What a node holds itself, seen through its stores. In: a node and a class. Out: how many nodes of that class it holds. */
import type { HeapGraph } from '../../model/heap-graph.js';
import { isBackingStore } from './entries.js';
import type { GrowthClasses } from './growth-classes.js';
import type { Transients } from './transients.js';

/** The nodes of a class that a node holds directly, seen through its stores. `oldest`: of those that are not permanent, or -1. */
export interface Direct {
  permanent: number;
  transient: number;
  oldest: number;
}

export const lookDirect = (
  { graph, isPermanent }: Transients,
  holder: number,
  classNumber: number,
  classes: GrowthClasses,
): Direct => {
  const seen = new Set<number>([holder]);
  const stack = [holder];
  const direct: Direct = { permanent: 0, transient: 0, oldest: -1 };
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
      const target = graph.edgeTarget[edge];
      if (seen.has(target)) continue;
      seen.add(target);
      if (isBackingStore(graph, target)) stack.push(target);
      else if (classes.of(graph, target) === classNumber) addEntry(direct, graph, target, isPermanent[target] === 1);
    }
  }
  return direct;
};

const addEntry = (direct: Direct, graph: HeapGraph, node: number, isPermanent: boolean): void => {
  direct[isPermanent ? 'permanent' : 'transient']++;
  if (!isPermanent) direct.oldest = olderOf(graph, direct.oldest, node);
};

/** V8 assigns ids in order. */
export const olderOf = ({ nodeId }: HeapGraph, one: number, other: number): number =>
  one === -1 || nodeId[other] < nodeId[one] ? other : one;
