/**
 * What grew from snapshot to snapshot, by class and by object. In: heaps, oldest first. Out: rows with one figure per
 * snapshot. Runs in the data thread.
 */
import { computeClassHistory } from '../../../analyzer/heap/class-history.js';
import { diffHeaps } from '../../../analyzer/heap/diff.js';
import type { Heap } from '../../../analyzer/heap/heap.js';
import { locateHolder } from '../../../analyzer/growth/locate.js';
import { createPlaces } from '../../../analyzer/growth/places.js';
import type { Location } from '../../../analyzer/model/location.js';
import type { ScriptsTable } from '../../../analyzer/model/scripts.js';
import { placesOf } from '../../../leaks/snapshot-files.js';
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

/** A place may take the parsing of a script: those that grew most have one, and no text longer than this is parsed. */
const mostPlaced = 10;
const longestParsed = 2 ** 20;

const createPlaceOf = (
  heap: Heap,
  scripts: ScriptsTable | undefined,
): ((node: number | undefined) => Location | undefined) => {
  const known = placesOf(scripts);
  const places = createPlaces(heap.graph, {
    ...known,
    sourceOf: (scriptId, url) => {
      const text = known.sourceOf(scriptId, url);
      return text === undefined || text.length > longestParsed ? undefined : text;
    },
  });
  return (node) => (node === undefined ? undefined : locateHolder(heap, node, places));
};

/** `scripts`: those of the last heap. */
export const computeGrowthData = (heaps: readonly Heap[], scripts: ScriptsTable | undefined): GrowthData => {
  const diff = diffHeaps(heaps, mostObjects);
  const last = heaps.at(-1);
  const placeOf = last === undefined ? () => undefined : createPlaceOf(last, scripts);
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
      place: at < mostPlaced ? placeOf(last?.nodeWithId(object.id)) : undefined,
      path: renderPath(object.path),
    })),
    wholeBytes: Math.max(1, (heapBytes.at(-1) ?? 0) - (heapBytes[0] ?? 0)),
  };
};

const classRows = (heaps: readonly Heap[], diff: HeapDiff): GrowthRow[] => {
  const historyOf = computeClassHistory(heaps);
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
