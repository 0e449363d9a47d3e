/**
 * The strongest evidence that a target allows: heap snapshots, counts of objects, or only sampled allocations. What it
 * costs is estimated first. In: the estimate, and what the user allows. Out: what may be used, and why not more.
 */
import { whyNoRoom, type SnapshotEstimate } from '../captures/estimate.js';
import { formatBytes, formatDuration } from '../report/units.js';

export interface Evidence {
  readonly snapshots: boolean;
  readonly counts: boolean;
  /** Garbage may be collected before each reading; without that, readings of the heap say nothing. */
  readonly collects: boolean;
  readonly warnings: readonly string[];
}

export interface Allowed {
  readonly light: boolean;
  readonly force: boolean;
  readonly maxPauseMs?: number | undefined;
}

export const evidenceFor = (estimate: SnapshotEstimate, allowed: Allowed): Evidence => {
  const { light, force, maxPauseMs = Infinity } = allowed;
  const fits = (us: number): boolean => us <= maxPauseMs * 1000;
  const collects = (force || estimate.collectionFits) && fits(estimate.mostCollectionUs);
  const counts = (force || estimate.censusFits) && collects && fits(estimate.mostCensusPauseUs);
  const snapshots = !light && (force || estimate.enough) && counts && fits(estimate.mostPauseUs);
  return {
    snapshots,
    counts,
    collects,
    warnings: snapshots ? [] : [whyNotMore(estimate, allowed, counts, collects)].flat(),
  };
};

const whyNotMore = (
  estimate: SnapshotEstimate,
  { light, force, maxPauseMs }: Allowed,
  counts: boolean,
  collects: boolean,
): string[] => {
  const hasRoom = force || (estimate.enough && estimate.censusFits);
  const less = collects ? '' : ', without collections of garbage';
  if (maxPauseMs !== undefined && hasRoom && !(light && counts)) {
    const used = counts ? 'counts of objects and sampled allocations' : 'sampled allocations';
    const pauses = `a snapshot could stop the target for ${formatDuration(estimate.mostPauseUs)}, a count for ${formatDuration(estimate.mostCensusPauseUs)}`;
    return [`--max-pause allows only ${used}${less}, which are weaker evidence: ${pauses} (estimated)`];
  }
  if (!force && !estimate.censusFits) {
    const what = `only sampled allocations${less}: there is not enough memory for heap snapshots or object counts`;
    return [`${what}. A snapshot ${whyNoRoom(estimate)} (--force takes snapshots anyway)`];
  }
  if (light || force) return [];
  const weaker = 'counts of objects and sampled allocations are weaker evidence (--force takes snapshots anyway)';
  const heap = formatBytes(estimate.heapUsedBytes);
  return [`no heap snapshots: one of a heap of ${heap} ${whyNoRoom(estimate)}; ${weaker}`];
};
