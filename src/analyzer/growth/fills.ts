/**
 * Why a collection that grows may still stop: the code deletes from it once it is large enough or old enough, and that
 * point is not reached yet. In: a container, places in the source, how long it was watched. Out: a sentence that says when
 * to look again, or undefined if nothing in the code bounds it, or the bound has been passed.
 */
import { formatPlace } from '../model/location.js';
import { formatCount } from '../model/figures.js';
import { edgeName, edgeTypes, type HeapGraph } from '../model/heap-graph.js';
import type { Bounded, FindingKind } from '../model/finding.js';
import type { Slots } from './snapshots/slots.js';
import { findDeletions, type Deletion } from './code/deletions.js';
import type { LiveLimits } from './live-limits.js';
import type { Places, ScriptText } from './places.js';
import { anchorsOf, type NodeStep } from './snapshots/steps.js';

const collections: ReadonlySet<FindingKind> = new Set(['map', 'set', 'array', 'dictionary']);
const names = new Set([edgeTypes.indexOf('property'), edgeTypes.indexOf('context')]);

/** If there are this many times more entries than the limit, or as much more time has passed, the bound does not hold. */
const passed = { size: 1.05, time: 1.5 };

export interface BoundOptions {
  /** From the first snapshot to the last, if that is known. */
  readonly watchedMs?: number | undefined;
  readonly limits?: LiveLimits | undefined;
}

export const boundedBy = (
  graph: HeapGraph,
  kind: FindingKind,
  steps: readonly NodeStep[],
  history: readonly number[],
  places: Places,
  { watchedMs, limits }: BoundOptions,
): Bounded | undefined => {
  const last = steps.at(-1);
  const [anchor] = anchorsOf(graph, steps);
  if (!collections.has(kind) || last === undefined || anchor === undefined) return undefined;
  if (!names.has(graph.edgeType[last.edge])) return undefined;
  const code = places.codeOf(anchor.kind, anchor.node);
  if (code === undefined) return undefined;
  const isOwner = anchor.kind === 'class' && last.holder === anchor.node;
  const valueOf: ValueOf = (path) => (isOwner ? limits?.valueOf(graph.nodeId[anchor.node], path) : undefined);
  const found = findDeletions(code.source, edgeName(graph, last.edge)).find((one) => isInForce(one, code, valueOf));
  const deletion = found && withLimit(found, valueOf);
  if (deletion === undefined || isPassed(deletion, history, watchedMs)) return undefined;
  const location = code.locate(deletion.line, deletion.column) ?? null;
  return {
    location,
    text: textOf(deletion, location === null ? 'the code' : formatPlace(location), history, watchedMs),
  };
};

type ValueOf = (path: readonly string[]) => number | undefined;

/** A limit of 0, -1 or Infinity is none; and a timer deletes nothing if there is none. */
const isInForce = ({ needs = [], isRunAs }: Deletion, code: ScriptText, valueOf: ValueOf): boolean =>
  needs.map(valueOf).every((value) => value === undefined || (value > 0 && value < Infinity)) &&
  (isRunAs === undefined || code.isRunByTimer(isRunAs));

const withLimit = (deletion: Deletion, valueOf: ValueOf): Deletion => {
  const { limit, limitIn } = deletion;
  return { ...deletion, limit: limit ?? (limitIn && valueOf(limitIn)) };
};

/** For permanent objects that each keep one thing at a time. */
export const boundedBySlots = (slots: Slots | undefined): Bounded | undefined => {
  if (slots === undefined) return undefined;
  const [filled, all] = [formatCount(slots.filled), formatCount(slots.all)];
  return {
    location: null,
    text: `may be a cache that is still filling: each of ${all} objects keeps one at a time, and ${filled} of them got one while it was watched; look again when all of them should have one`,
  };
};

const isPassed = ({ by, limit }: Deletion, history: readonly number[], watchedMs: number | undefined): boolean => {
  if (limit === undefined || by === 'interval') return false;
  if (by === 'size') return (history.at(-1) ?? 0) > limit * passed.size;
  return watchedMs !== undefined && watchedMs > limit * passed.time;
};

const textOf = (
  { by, limit }: Deletion,
  where: string,
  history: readonly number[],
  watchedMs: number | undefined,
): string => {
  const now = history.at(-1) ?? 0;
  const perMs = watchedMs === undefined ? 0 : (now - (history[0] ?? 0)) / watchedMs;
  if (by === 'size' && limit === undefined)
    return `may be a cache that is still filling: ${where} compares its size with a limit, which was not reached; look again when it should be full`;
  if (by === 'size') {
    const inMs = perMs > 0 ? `, in about ${roughTime(((limit ?? 0) - now) / perMs)}` : '';
    return `may be a cache that is still filling: ${where} limits it to ${formatCount(limit ?? 0)}, and it holds ${formatCount(now)}; look again when it should hold more than the limit${inMs}`;
  }
  if (by === 'interval')
    return `may be a cache that is still filling: ${where} deletes what has expired by a timer, again and again; look again after the entries should have expired`;
  const after = limit === undefined ? 'later, by a timer' : `after ${roughTime(limit)}`;
  const steady =
    limit === undefined || perMs === 0
      ? ''
      : `, when it should hold about ${formatCount(Math.round(limit * perMs))} and grow no more`;
  return `may be a cache that is still filling: ${where} deletes each entry ${after}; look again after that${steady}`;
};

/** `30 s`, `9 min`: rounded, because seconds do not matter here. */
const roughTime = (ms: number): string =>
  ms < 120_000 ? `${formatCount(Math.max(1, ms / 1000))} s` : `${formatCount(ms / 60_000)} min`;
