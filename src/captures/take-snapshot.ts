/**
 * One heap snapshot for every command that needs one: says what it will cost the target, refuses where that is too much,
 * shows how far it is.
 */
import { dirname, resolve } from 'node:path';
import type { Attachment } from '../agent/attach/attach.js';
import { diskFreeBytes, estimateSnapshot, type SnapshotEstimate } from '../agent/capture/preflight.js';
import { captureSnapshot, type CapturedSnapshot, type SnapshotProgress } from '../agent/capture/snapshot.js';
import { MemwatchError } from '../errors.js';
import { formatBytes, formatCount, formatDuration, formatShare } from '../report/units.js';
import type { Progress } from '../progress.js';

export interface TakeOptions {
  gzip?: boolean;
  /** Replaces a file of that name. */
  overwrite?: boolean;
  /** Takes it although the target, or the disk, could run out of room. */
  force?: boolean;
}

/** Throws no-room with the figures, and what captureSnapshot throws. */
export const takeSnapshot = async (
  attachment: Attachment,
  file: string,
  { gzip = false, overwrite = false, force = false }: TakeOptions,
  io: Progress,
): Promise<CapturedSnapshot> => {
  const estimate = await estimateSnapshot(attachment);
  if (!force) await refuseWithoutRoom(estimate, file);
  const cost = costOf(estimate);
  if (estimate.pauseUs > 1e6) io.warn(cost);
  else io.progress(cost);
  const onProgress = (progress: SnapshotProgress): void => io.progress(progressText(progress));
  return captureSnapshot(attachment, file, { gzip, overwrite, signal: io.signal, onProgress });
};

const costOf = (estimate: SnapshotEstimate): string => {
  const { heapUsedBytes, room } = estimate;
  const [pause, mostPause] = [estimate.pauseUs, estimate.mostPauseUs].map((us) => formatDuration(rounded(us)));
  const [extra, mostExtra] = [estimate.likelyExtraBytes, estimate.extraBytes].map((bytes) =>
    formatBytes(rounded(bytes)),
  );
  const left = room === undefined ? '' : `; ${room.of} has ${formatBytes(room.availableBytes)}`;
  return (
    `snapshot of a heap of ${formatBytes(heapUsedBytes)}. Estimate: the target stands still for about ${pause} ` +
    `(up to ${mostPause}, more on a busy machine) and takes about ${extra} more memory (up to ${mostExtra})${left}`
  );
};

/** An estimate has no third digit. */
const rounded = (value: number): number => Number(value.toPrecision(2));

const progressText = (progress: SnapshotProgress): string =>
  progress.phase === 'building'
    ? `V8 looks at the heap: ${formatCount(progress.done)} of ${formatCount(progress.total)} (${formatShare(progress.done / Math.max(1, progress.total))})`
    : `writing the snapshot: ${formatBytes(progress.bytes)}`;

const refuseWithoutRoom = async (estimate: SnapshotEstimate, file: string): Promise<void> => {
  const { room, enough, likelyExtraBytes, extraBytes, heapUsedBytes, fileBytes } = estimate;
  if (room !== undefined && !enough) {
    throw new MemwatchError(
      'no-room',
      `a snapshot of a heap of ${formatBytes(heapUsedBytes)} takes about ${formatBytes(likelyExtraBytes)} and at most ${formatBytes(extraBytes)} more memory, by estimate, and ${room.of} has ${formatBytes(room.availableBytes)} left`,
      { hint: 'memwatch census and memwatch alloc cost a fraction of it; --force takes the snapshot all the same' },
    );
  }
  const freeBytes = await diskFreeBytes(file);
  if (freeBytes === undefined || freeBytes >= fileBytes) return;
  throw new MemwatchError(
    'no-room',
    `the snapshot can take ${formatBytes(fileBytes)} of disk (an estimate), and ${dirname(resolve(file))} has ${formatBytes(freeBytes)} left`,
    { hint: 'name another place with -o, or use --gzip --force: it is about a fifth of the size' },
  );
};
