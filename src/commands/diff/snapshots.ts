/** Compares heap snapshots for `memwatch diff`. */
import { readScriptsTable } from '../../analyzer/formats/scripts-table.js';
import { diffHeaps } from '../../analyzer/heap/diff.js';
import type { Heap } from '../../analyzer/heap/heap.js';
import type { DiffDocument, GrownObjectDocument } from '../../analyzer/model/documents.js';
import type { HeapDiff, ObjectGrowth } from '../../analyzer/model/heap-diff.js';
import { createPlacesById } from '../../leaks/holder-places.js';
import { renderHeapDiff } from '../../report/heap-diff-text.js';
import type { IndexUse } from '../../heap-files/heap-file.js';
import type { Io } from '../io.js';
import { openHeap } from '../open-heap.js';

export const diffSnapshots = async (
  files: readonly string[],
  limit: number,
  io: Io,
  { index }: { readonly index: IndexUse },
): Promise<void> => {
  const heaps: Heap[] = [];
  for (const file of files) heaps.push(await openHeap(file, index, io));
  io.progress('comparing');
  const diff = await withPlaces(diffHeaps(heaps, limit), files, heaps);
  const { sameProcess, matchedBy, heapBytes, classes, objects } = diff;
  if (!sameProcess)
    io.warn('nothing shows that these snapshots are from one process: objects are matched by class and retaining path');
  const document: DiffDocument = {
    schema: 'memwatch/diff@1',
    snapshots: files,
    heapBytes,
    classes,
    objects: objects.map(objectDocument),
  };
  io.print({ ...document, sameProcess, matchedBy }, () => renderHeapDiff(diff, { files, limit, width: io.columns }));
};

/** Of the objects that grew most: each place takes some time. */
const mostPlaced = 10;

/** Objects without a place of their own get that of the variable, class or function that holds them. */
const withPlaces = async (diff: HeapDiff, files: readonly string[], heaps: readonly Heap[]): Promise<HeapDiff> => {
  const [file, heap] = [files.at(-1), heaps.at(-1)];
  if (file === undefined || heap === undefined) return diff;
  const placeOf = createPlacesById(heap, await readScriptsTable(file));
  const objects = diff.objects.map((object, at) =>
    at < mostPlaced ? { ...object, location: object.location ?? placeOf(object.id) ?? null } : object,
  );
  return { ...diff, objects };
};

const objectDocument = (object: ObjectGrowth): GrownObjectDocument => {
  const { id, name, type, retainedBytes, retainedDelta, path, location } = object;
  return { id, name, type, retainedBytes, retainedDelta, path, location };
};
