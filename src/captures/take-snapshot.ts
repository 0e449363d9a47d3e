/**
 * One heap snapshot for every command that needs one: says what it will cost the target, refuses if that is too much, shows
 * progress, and says how much memory stays with the target.
 */
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Attachment } from '../agent/attach/attach.js';
import {
  captureSnapshot,
  type CapturedSnapshot,
  type SnapshotOptions,
  type SnapshotProgress,
} from '../agent/capture/snapshot.js';
import type { Redaction } from '../agent/capture/redact.js';
import { MemwatchError } from '../errors.js';
import { isTemporaryFile } from '../files/temporary.js';
import { formatBytes, formatCount, formatShare } from '../report/units.js';
import type { Progress } from '../progress.js';
import { estimateSnapshot, whyNoRoom, type SnapshotEstimate } from './estimate.js';
import { sayCost } from './say-cost.js';
import { reportKeptMemory, type KeptMemory } from './resident.js';

export interface TakeOptions {
  /** undefined: the user cannot choose. */
  gzip?: boolean;
  /** Replaces an existing file. */
  overwrite?: boolean;
  /** Takes the snapshot even if the target, or the disk, could run out of room. */
  force?: boolean;
  /** More snapshots of this session will be compared with this one: V8 keeps the ids of objects, which take memory. */
  more?: boolean;
  /** What earlier captures have left for this one. */
  kept?: KeptMemory;
  /** Garbage has just been collected; the estimate of the cost then needs no collection of its own. */
  collected?: boolean;
  /** Leaves the contents of strings out of the file. */
  redact?: Redaction | undefined;
  onPause?: SnapshotOptions['onPause'];
}

/** Throws no-room, with the figures, and what captureSnapshot throws. */
export const takeSnapshot = async (
  attachment: Attachment,
  file: string,
  { gzip, overwrite = false, force = false, more = false, kept, collected = false, redact, onPause }: TakeOptions,
  io: Progress,
): Promise<CapturedSnapshot> => {
  io.progress('counting what the snapshot will cost');
  const estimate = await estimateSnapshot(attachment, { collected: !collected, kept });
  if (!force) await refuseWithoutRoom(estimate, file, gzip);
  sayCost('snapshot', estimate, io);
  const onProgress = (progress: SnapshotProgress): void => io.progress(progressText(progress));
  const options = { gzip: gzip === true, overwrite, redact, signal: io.signal, onProgress, onPause };
  const capture = (): Promise<CapturedSnapshot> => captureSnapshot(attachment, file, options);
  if (!more) return reportKeptMemory(attachment, io, capture);
  return kept === undefined ? capture() : kept.after(capture);
};

const progressText = (progress: SnapshotProgress): string =>
  progress.phase === 'building'
    ? `V8 looks at the heap: ${formatCount(progress.done)} of ${formatCount(progress.total)} (${formatShare(progress.done / Math.max(1, progress.total))})`
    : `writing the snapshot: ${formatBytes(progress.bytes)}`;

const refuseWithoutRoom = async (
  estimate: SnapshotEstimate,
  file: string,
  gzip: boolean | undefined,
): Promise<void> => {
  if (!estimate.enough) {
    const cheaper = estimate.censusFits
      ? 'memwatch census and memwatch alloc fit'
      : 'memwatch alloc fits, because it only takes samples';
    throw new MemwatchError(
      'no-room',
      `a snapshot of a heap of ${formatBytes(estimate.heapUsedBytes)} ${whyNoRoom(estimate)}`,
      { hint: `${cheaper}; --force takes the snapshot anyway` },
    );
  }
  const freeBytes = await diskFreeBytes(file);
  if (freeBytes === undefined || freeBytes >= estimate.fileBytes) return;
  throw new MemwatchError(
    'no-room',
    `the snapshot can take ${formatBytes(estimate.fileBytes)} of disk (an estimate), and ${dirname(resolve(file))} has ${formatBytes(freeBytes)} left`,
    { hint: adviceForDisk(file, gzip) },
  );
};

const adviceForDisk = (file: string, gzip: boolean | undefined): string => {
  const elsewhere = isTemporaryFile(file) ? 'set TMPDIR to a folder with more room' : 'name another place for it';
  if (gzip === undefined) return elsewhere;
  return gzip
    ? `${elsewhere}; --force writes it anyway, compressed to about a fifth`
    : `${elsewhere}, or use --gzip --force, which takes about a fifth of the space`;
};

/** Free bytes on the disk of a file; undefined if that cannot be read. */
const diskFreeBytes = async (file: string): Promise<number | undefined> => {
  const disk = await statfs(dirname(resolve(file))).catch(() => undefined);
  return disk === undefined ? undefined : disk.bavail * disk.bsize;
};
