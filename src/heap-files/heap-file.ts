/**
 * Opens snapshot files. In: a file's path. Out: its heap, from its index if there is one; the first opening of a large file
 * makes that index afterwards.
 */
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { heapIndexPieces, indexBytes } from '../analyzer/formats/heap-index/write.js';
import type { IndexContent, IndexedFile } from '../analyzer/formats/heap-index/layout.js';
import type { HeapIndex } from '../analyzer/formats/heap-index/read.js';
import { readHeapSnapshot } from '../analyzer/formats/heapsnapshot/heapsnapshot.js';
import { readScriptsTable } from '../analyzer/formats/scripts-table.js';
import { computeLargestOfClasses } from '../analyzer/heap/biggest.js';
import { HeapByNeed } from '../analyzer/heap/heap-by-need.js';
import { Heap, type FindPlace } from '../analyzer/heap/heap.js';
import { biggestRows, placeOf, storedRows } from '../analyzer/heap/summary.js';
import type { HeapGraph } from '../analyzer/model/heap-graph.js';
import type { StoredResults } from '../analyzer/model/heap-results.js';
import { createLocator } from '../analyzer/model/location.js';
import { messageOf, throwIfInterrupted } from '../errors.js';
import { createOutput } from '../files/output.js';
import { makeFolder } from '../files/temporary.js';
import type { Progress } from '../progress.js';
import { findIndex, hasIndex, identify, indexOf, makeRoom } from './index-file.js';

/** `large`: an index is used if there is one, and made for large files. */
export type IndexUse = 'never' | 'large' | 'always';

/** From this size on, reading a file takes longer than a moment. */
const largeBytes = 200e6;
/** gzip makes snapshots about this many times smaller. */
const gzipRatio = 6;

export interface HeapFile {
  readonly heap: Heap;
  /** Makes the index, if it is missing and wanted. To be called when the result is shown, because it takes seconds. */
  readonly keepIndex: () => Promise<void>;
}

export const openHeapFile = async (file: string, io: Progress, use: IndexUse): Promise<HeapFile> => {
  const known = use === 'never' ? undefined : identify(file);
  const index = known && findIndex(known, io.warn);
  if (index !== undefined) return { heap: await heapOf(index, file), keepIndex: () => Promise.resolve() };
  const heap = await readHeapFile(file, io);
  const keepIndex = async (): Promise<void> => {
    if (known !== undefined && isWorthIt(known, use)) await tryToKeep(known, heap, io);
  };
  return { heap, keepIndex };
};

/** Only the graph, from the index if there is one. */
export const openGraph = async (file: string, signal: AbortSignal | undefined): Promise<HeapGraph> => {
  const known = hasIndex(file) ? identify(file) : undefined;
  const index = known && findIndex(known, () => {});
  return index?.graph ?? readHeapSnapshot(file, signal === undefined ? {} : { signal });
};

/** Reads a snapshot file without an index and without running any pass. */
export const readHeapFile = async (file: string, io: Pick<Progress, 'signal' | 'progress'>): Promise<Heap> => {
  const graph = await readHeapSnapshot(file, {
    signal: io.signal,
    onProgress: (share) => io.progress(`reading ${file}: ${Math.floor(share * 100)}%`),
  });
  return heapOf({ graph }, file);
};

const heapOf = async (opened: Pick<HeapIndex, 'graph'> | HeapIndex, file: string): Promise<Heap> => {
  const scripts = await readScriptsTable(file);
  const locator = createLocator(scripts);
  const findPlace: FindPlace = (scriptId, line, column) => locator.atPosition(scriptId, '', line, column);
  const noPlace: FindPlace = () => undefined;
  const find = scripts === undefined ? noPlace : findPlace;
  const stored = 'results' in opened ? opened.results : undefined;
  const heap = new Heap(opened.graph, find, scripts?.process, scripts?.nodeVersion, stored);
  if ('byNeed' in opened) heap.byNeed = new HeapByNeed(heap, opened.byNeed.graph, find, opened.byNeed.results);
  return heap;
};

const isWorthIt = ({ path, bytes }: IndexedFile, use: IndexUse): boolean =>
  use === 'always' || bytes * (path.endsWith('.gz') ? gzipRatio : 1) >= largeBytes;

/** Without an index memwatch works as well, so it is never a failure. */
const tryToKeep = async (file: IndexedFile, heap: Heap, io: Progress): Promise<void> => {
  try {
    io.progress('keeping an index, so that the file opens at once next time');
    await writeIndex({ file, graph: heap.graph, results: resultsOf(heap) }, io);
  } catch (error) {
    io.warn(`no index of ${file.path} was made: ${messageOf(error)}`);
  }
};

const writeIndex = async (content: IndexContent, { signal, warn }: Progress): Promise<void> => {
  const path = indexOf(content.file);
  makeFolder(dirname(path));
  const bytes = indexBytes(content);
  if (!makeRoom(dirname(path), bytes)) throw new Error(`there is no room for ${bytes} bytes in ${dirname(path)}`);
  const output = createOutput(path, { overwrite: true, isRemade: true });
  try {
    for (const piece of heapIndexPieces(content)) {
      output.write(piece);
      await setImmediate();
      throwIfInterrupted(signal);
    }
    output.commit();
  } finally {
    output.discard();
  }
  warn(`kept an index of ${content.file.path}, so that it opens at once next time: ${path} (--no-index: none)`);
};

const resultsOf = (heap: Heap): StoredResults => {
  const { edges, dominators, classes, paths, totalBytes, biggest, biggestOfClass } = heap;
  return {
    edges,
    dominators,
    classes,
    paths,
    totalBytes,
    biggest,
    biggestOfClass,
    places: classes.list.map((_, index) => placeOf(heap, index)),
    largest: computeLargestOfClasses(classes, dominators, storedRows),
    rows: biggestRows(heap, storedRows),
  };
};
