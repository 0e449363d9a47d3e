/**
 * The heap that a command works on: a snapshot file, or a target that is captured first. Progress goes to stderr;
 * locations come from the scripts table beside the capture.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withAttachment } from '../agent/attach/attach.js';
import type { Target } from '../agent/attach/target.js';
import type { Heap } from '../analyzer/heap/heap.js';
import { MemwatchError } from '../errors.js';
import { createTemporaryFolder } from '../files/temporary.js';
import { openHeapFile, readHeapFile, type IndexUse } from '../heap-files/heap-file.js';
import { wantedCapture, type WantedCapture } from './capture-file.js';
import { targetOf } from './choose-target.js';
import { indexUse } from './file-options.js';
import type { Arguments, Io } from './io.js';
import { takeSnapshot } from '../captures/take-snapshot.js';

/** Reads a snapshot file, or its index, and runs the passes that most commands need. */
export const openHeap = async (file: string, use: IndexUse, io: Io): Promise<Heap> => {
  const { heap, keepIndex } = await openHeapFile(file, io, use);
  io.afterwards(keepIndex);
  return prepare(heap, io);
};

const prepare = async (heap: Heap, io: Io): Promise<Heap> => {
  io.endAtOnce();
  if (heap.stored === undefined) io.progress('computing retained sizes');
  return heap.prepare();
};

/**
 * The heap of the file that the arguments name, if there is one, else of the target of that name, which is captured first.
 * Out: the heap, and what it is called in the output. Throws `cannot-read` and what a capture throws.
 */
export const openSource = async (args: Arguments, io: Io): Promise<{ heap: Heap; file: string }> => {
  const named = args['source'] === undefined ? undefined : String(args['source']);
  const isScript = named !== undefined && /\.[cm]?[jt]sx?$/.test(named);
  if (named !== undefined && !isScript && existsSync(named))
    return { heap: await openHeap(named, indexUse(args), io), file: named };
  if (!isScript && /[/\\]|\.heapsnapshot(\.gz)?$/.test(named ?? '') && !/^(wss?:\/\/|:?\d+\/)/.test(named ?? ''))
    throw new MemwatchError('cannot-read', `no such file: ${named}`);
  const wanted = wantedFile(args);
  const target = await targetOf(args, io, named);
  const heap = await prepare(await readTarget(target, io, { wanted, force: args['force'] === true }), io);
  const whose = 'pid' in target ? `process ${target.pid}` : (named ?? 'the target');
  return { heap, file: wanted?.file ?? whose };
};

/** Where the capture of a target is kept; undefined if the user did not ask to keep it. */
const wantedFile = (args: Arguments): WantedCapture | undefined => {
  const wanted = wantedCapture(args);
  if (wanted?.isFile !== false) return wanted;
  throw new MemwatchError('bad-argument', `-o ${wanted.file} is not a file, and the snapshot is read back from it`, {
    hint: 'use memwatch snapshot to write to a pipe or a device',
  });
};

interface CaptureOptions {
  /** Where to keep the capture; without this it is removed again. */
  readonly wanted: WantedCapture | undefined;
  readonly force: boolean;
}

const readTarget = async (target: Target, io: Io, options: CaptureOptions): Promise<Heap> => {
  const folder = createTemporaryFolder();
  try {
    const { file, overwrite } = options.wanted ?? { file: join(folder.path, 'target.heapsnapshot'), overwrite: false };
    await withAttachment(target, { signal: io.signal, onProgress: io.progress }, (attachment) =>
      takeSnapshot(attachment, file, { overwrite, force: options.force }, io),
    );
    return await readHeapFile(file, io);
  } finally {
    folder.remove();
  }
};
