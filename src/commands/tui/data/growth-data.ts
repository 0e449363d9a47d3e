/**
 * What grew from snapshot to snapshot, by class and by object. In: heaps, oldest first. Out: rows with one figure per
 * snapshot. Runs in the data thread.
 */
import { computeClassHistory } from '../../../analyzer/heap/class-history.js';
import { diffHeaps } from '../../../analyzer/heap/diff.js';
import type { Heap } from '../../../analyzer/heap/heap.js';
import type { ScriptsTable } from '../../../analyzer/model/scripts.js';
import { createPlacesById } from '../../../leaks/holder-places.js';
import type { HeapDiff } from '../../../analyzer/model/heap-diff.js';
import { renderPath } from '../../../report/path-text.js';
import type { GrowthRow } from '../../../tui/state/lists.js';

export interface GrowthData {
  readonly diff: HeapDiff;
  readonly classes: readonly GrowthRow[];
  readonly objects: readonly GrowthRow[];
  /** Growth of the whole heap. */
  readonly wholeBytes: number;
}

const mostObjects = 200;

/** Places are found for those that grew most, because each takes some time. */
const mostPlaced = 10;

/** `scripts`: those of the last heap. */
export const computeGrowthData = (heaps: readonly Heap[], scripts: ScriptsTable | undefined): GrowthData => {
  const diff = diffHeaps(heaps, mostObjects);
  const last = heaps.at(-1);
  const placeOf = last === undefined ? () => undefined : createPlacesById(last, scripts);
  const { heapBytes } = diff;
  return {
    diff,
    classes: classRows(heaps, diff),
    objects: diff.objects.map((object, at) => ({
      kind: 'growth',
      name: object.name,
      node: last?.nodeWithId(object.id),
      id: object.id,
      history: object.retainedBytes,
      bytesDelta: object.retainedDelta,
      countDelta: undefined,
      place: at < mostPlaced ? placeOf(object.id) : undefined,
      path: renderPath(object.path),
    })),
    wholeBytes: Math.max(1, (heapBytes.at(-1) ?? 0) - (heapBytes[0] ?? 0)),
  };
};

const classRows = (heaps: readonly Heap[], diff: HeapDiff): GrowthRow[] => {
  const historyOf = computeClassHistory(heaps, diff.sameProcess);
  const changed = diff.classes.filter(({ countDelta, selfDelta }) => countDelta !== 0 || selfDelta !== 0);
  return changed.map(({ name, countDelta, selfDelta }) => ({
    kind: 'growth',
    name,
    node: undefined,
    id: undefined,
    history: historyOf(name),
    bytesDelta: selfDelta,
    countDelta,
    place: undefined,
    path: '',
  }));
};
