/**
 * Reads captures that are compared: each file once, as long as they fit into memory together. In: files. Out: their graphs
 * and scripts tables.
 */
import { statSync } from 'node:fs';
import { createVariableNamer } from '../analyzer/growth/block-variables.js';
import { readScriptsTable } from '../analyzer/formats/scripts-table.js';
import type { HeapGraph } from '../analyzer/model/heap-graph.js';
import type { ScriptsTable } from '../analyzer/model/scripts.js';
import { openGraph } from '../heap-files/heap-file.js';
import { readSource } from './script-text.js';

export interface Capture {
  readonly file: string;
  readonly scripts: Promise<ScriptsTable | undefined>;
  readonly read: () => Promise<HeapGraph>;
}

/**
 * Graphs stay in memory while their files are no larger than this in total, because each capture is looked at several times;
 * on a machine with much free memory half of that.
 */
const mostBytesKept = (): number => Math.max(256 * 2 ** 20, process.availableMemory() / 2);

/** Starts to read a capture at once, while the target continues to work. */
export const createCaptureReader = (signal?: AbortSignal): ((file: string) => Capture) => {
  let keptBytes = 0;
  const nameVariables = createVariableNamer(readSource);
  const read = async (file: string): Promise<HeapGraph> => {
    const graph = await openGraph(file, signal);
    nameVariables(graph);
    return graph;
  };
  return (file) => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? Infinity; // reading it says why
    const isKept = keptBytes + size <= mostBytesKept();
    if (isKept) keptBytes += size;
    const graph = isKept ? read(file) : undefined;
    const scripts = readScriptsTable(file);
    for (const begun of [graph, scripts]) begun?.catch(() => {}); // thrown when the result is awaited
    return { file, scripts, read: () => graph ?? read(file) };
  };
};
