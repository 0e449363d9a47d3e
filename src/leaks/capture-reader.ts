/**
 * Reads captures that are compared: each file once, as long as they fit into memory together. In: files. Out: their graphs
 * and scripts tables.
 */
import { statSync } from 'node:fs';
import { readHeapSnapshot } from '../analyzer/formats/heapsnapshot/heapsnapshot.js';
import { readScriptsTable } from '../analyzer/formats/scripts-table.js';
import type { HeapGraph } from '../analyzer/model/heap-graph.js';
import type { ScriptsTable } from '../analyzer/model/scripts.js';

export interface Capture {
  readonly file: string;
  readonly scripts: Promise<ScriptsTable | undefined>;
  readonly read: () => Promise<HeapGraph>;
}

/**
 * Graphs stay in memory while their files are no larger than this in total: each capture is looked at several times.
 */
const mostBytesKept = 256 * 2 ** 20;

/** Starts to read a capture at once, while the target continues to work. */
export const createCaptureReader = (signal?: AbortSignal): ((file: string) => Capture) => {
  let keptBytes = 0;
  const read = (file: string): Promise<HeapGraph> => readHeapSnapshot(file, signal === undefined ? {} : { signal });
  return (file) => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? Infinity; // reading it says why
    const isKept = keptBytes + size <= mostBytesKept;
    if (isKept) keptBytes += size;
    const graph = isKept ? read(file) : undefined;
    const scripts = readScriptsTable(file);
    for (const begun of [graph, scripts]) begun?.catch(() => {}); // thrown when the result is awaited
    return { file, scripts, read: () => graph ?? read(file) };
  };
};
