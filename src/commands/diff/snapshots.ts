/** Compares heap snapshots for `memwatch diff`. */
import { diffHeaps } from '../../analyzer/heap/diff.js';
import type { Heap } from '../../analyzer/heap/heap.js';
import type { DiffDocument, GrownObjectDocument } from '../../analyzer/model/documents.js';
import type { ObjectGrowth } from '../../analyzer/model/heap-diff.js';
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
  const diff = diffHeaps(heaps, limit);
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

const objectDocument = (object: ObjectGrowth): GrownObjectDocument => {
  const { id, name, type, retainedBytes, retainedDelta, path, location } = object;
  return { id, name, type, retainedBytes, retainedDelta, path, location };
};
