/**
 * Where the program's code nearest to an object is. In: a heap, and the scripts of its process. Out: a function from V8's id
 * of an object to a place in the source.
 */
import { createHolderPlaces } from '../analyzer/growth/locate.js';
import type { Heap } from '../analyzer/heap/heap.js';
import type { Location } from '../analyzer/model/location.js';
import type { ScriptsTable } from '../analyzer/model/scripts.js';
import { placesOf } from './snapshot-files.js';

export const createPlacesById = (
  heap: Heap,
  scripts: ScriptsTable | undefined,
): ((id: number) => Location | undefined) => {
  const placeOf = createHolderPlaces(heap, placesOf(scripts));
  return (id) => {
    const node = heap.nodeWithId(id);
    return node === -1 ? undefined : placeOf(node);
  };
};
