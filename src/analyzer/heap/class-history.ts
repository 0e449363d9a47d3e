/**
 * The self size of each class, snapshot by snapshot. In: heaps, oldest first. Out: self bytes by class name, null if a
 * snapshot has no object of the class. Self size, because retained sizes of classes count shared objects for each class
 * that shares them.
 */
import { computeClasses, findShapes } from './classes.js';
import type { Heap } from './heap.js';

/** `sameProcess`: as `diffHeaps` says, which names the classes in the same way. */
export const computeClassHistory = (
  heaps: readonly Heap[],
  sameProcess = true,
): ((name: string) => (number | null)[]) => {
  const anyOrder = sameProcess ? {} : { anyOrder: new Map<string, string>() };
  const shapesOf = ({ graph }: Heap): Set<string> => findShapes(graph, anyOrder.anyOrder);
  const alsoNamed = new Set([heaps[0], heaps[heaps.length - 1]].flatMap((heap) => [...shapesOf(heap)]));
  const shapes = { ...anyOrder, alsoNamed };
  const bytesByName = heaps.map(
    ({ graph, dominators }) =>
      new Map(computeClasses(graph, dominators, shapes).list.map(({ name, selfBytes }) => [name, selfBytes])),
  );
  return (name) => bytesByName.map((bytes) => bytes.get(name) ?? null);
};
