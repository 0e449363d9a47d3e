/**
 * Where the program's code nearest to an object is. In: a heap, and the scripts of its process. Out: a function from V8's id
 * of an object to a place in the source.
 */
import { locateHolder } from '../analyzer/growth/locate.js';
import { createPlaces } from '../analyzer/growth/places.js';
import type { Heap } from '../analyzer/heap/heap.js';
import type { Location } from '../analyzer/model/location.js';
import type { ScriptsTable } from '../analyzer/model/scripts.js';
import { placesOf } from './snapshot-files.js';

/** A place may take the parsing of a script: no text longer than this is parsed. */
const longestParsed = 2 ** 20;

export const createHolderPlaces = (
  heap: Heap,
  scripts: ScriptsTable | undefined,
): ((id: number) => Location | undefined) => {
  const known = placesOf(scripts);
  const places = createPlaces(heap.graph, {
    ...known,
    sourceOf: (scriptId, url) => {
      const text = known.sourceOf(scriptId, url);
      return text === undefined || text.length > longestParsed ? undefined : text;
    },
  });
  return (id) => {
    const node = heap.nodeWithId(id);
    return node === -1 ? undefined : locateHolder(heap, node, places);
  };
};
