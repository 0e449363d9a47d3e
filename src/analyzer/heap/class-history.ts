/**
 * How much each class held itself, snapshot by snapshot. In: heaps, oldest first. Out: self bytes by class name, null where
 * a snapshot has none of the class. Self bytes, because what a class retains counts shared objects for all that share them.
 */
import { computeClasses, findShapes } from './classes.js';
import type { Heap } from './heap.js';

export const computeClassHistory = (heaps: readonly Heap[]): ((name: string) => (number | null)[]) => {
  const shapes = findShapes(heaps[heaps.length - 1].graph);
  const bytesByName = heaps.map(
    ({ graph, dominators }) =>
      new Map(computeClasses(graph, dominators, shapes).list.map(({ name, selfBytes }) => [name, selfBytes])),
  );
  return (name) => bytesByName.map((bytes) => bytes.get(name) ?? null);
};
