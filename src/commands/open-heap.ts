/**
 * The heap that a command works on: a snapshot file, or a target that is captured first. Progress goes to stderr;
 * locations come from the scripts table beside the capture.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withAttachment } from '../agent/attach/attach.js';
import { parseTarget } from '../agent/attach/target.js';
import { readHeapSnapshot } from '../analyzer/formats/heapsnapshot/heapsnapshot.js';
import { readScriptsTable } from '../analyzer/formats/scripts-table.js';
import { Heap, type FindPlace } from '../analyzer/heap/heap.js';
import { createLocator } from '../analyzer/model/location.js';
import { MemwatchError } from '../errors.js';
import { createTemporaryFolder } from '../files/temporary.js';
import type { WantedCapture } from './capture-file.js';
import type { Io } from './io.js';
import { takeSnapshot } from '../captures/take-snapshot.js';

/** Reads a snapshot file, and runs the passes that most commands need. */
export const openHeap = async (file: string, io: Io): Promise<Heap> => prepare(await readHeap(file, io), io);

const prepare = async (heap: Heap, io: Io): Promise<Heap> => {
  io.endAtOnce();
  io.progress('computing retained sizes');
  return heap.prepare();
};

/** Reads a snapshot file without running any pass. */
export const readHeap = async (file: string, io: Pick<Io, 'signal' | 'progress'>): Promise<Heap> => {
  const graph = await readHeapSnapshot(file, {
    signal: io.signal,
    onProgress: (share) => io.progress(`reading ${file}: ${Math.floor(share * 100)}%`),
  });
  const scripts = await readScriptsTable(file);
  if (scripts === undefined) return new Heap(graph);
  const locator = createLocator(scripts);
  const findPlace: FindPlace = (scriptId, line, column) => locator.atPosition(scriptId, '', line, column);
  return new Heap(graph, findPlace, scripts.process, scripts.nodeVersion);
};

export interface CaptureOptions {
  /** Where to keep the capture of a target; without this the capture is removed again. */
  readonly wanted?: WantedCapture | undefined;
  readonly force?: boolean;
}

/** Reads the file if there is one of that name, else captures the target of that name. */
export const openHeapOf = async (source: string, io: Io, options: CaptureOptions = {}): Promise<Heap> => {
  if (existsSync(source)) return openHeap(source, io);
  if (/[/\\]|\.heapsnapshot(\.gz)?$/.test(source) && !/^(wss?:\/\/|\d+\/)/.test(source))
    throw new MemwatchError('cannot-read', `no such file: ${source}`);
  return prepare(await readTarget(source, io, options), io);
};

const readTarget = async (source: string, io: Io, options: CaptureOptions): Promise<Heap> => {
  const folder = createTemporaryFolder();
  try {
    const { file, overwrite } = options.wanted ?? { file: join(folder.path, 'target.heapsnapshot'), overwrite: false };
    await withAttachment(parseTarget(source), { signal: io.signal, onProgress: io.progress }, (attachment) =>
      takeSnapshot(attachment, file, { overwrite, force: options.force === true }, io),
    );
    return await readHeap(file, io);
  } finally {
    folder.remove();
  }
};
