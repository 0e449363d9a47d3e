/**
 * The self size of each class, snapshot by snapshot. In: heaps, oldest first. Out: self bytes by class name, null if a
 * snapshot has no object of the class. Self size, because retained sizes of classes count shared objects for each class
 * that shares them.
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
