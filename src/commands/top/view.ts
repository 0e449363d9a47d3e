/** What `top` shows of one look at a target. In: the threads' profiles. Out: a TopView, and the document of it. */
import { basename } from 'node:path';
import type { Attachment } from '../../agent/attach/attach.js';
import { scriptOf } from '../../agent/attach/candidates.js';
import { readProcess } from '../../agent/process/proc.js';
import { computeTurns, type LongestTurn, type OpenTurn } from '../../analyzer/cost/longest-turn.js';
import { computeCostTable, sortRows } from '../../analyzer/cost/table.js';
import { mergeProfiles, type NamedProfile } from '../../analyzer/model/merge-profiles.js';
import { isOwn, packageOf, showName } from '../../report/place.js';
import type { TopView } from '../../report/top-text.js';
import type { TopBlock, TopThread, TopDocument } from '../../analyzer/model/top.js';

export const topSorts = ['self', 'total', 'name', 'file'] as const;

/** Measured on Node 20 to 26: a program of few functions, and one of 20,000. */
export const topCosts =
  'samples the running functions every millisecond: a busy process uses 4 to 7 % more CPU meanwhile, and stands still for 15 ' +
  'to 250 ms at each refresh, the longer the more code it has; a longer --interval costs less';

export interface TopChoice {
  readonly sort: (typeof topSorts)[number];
  readonly own: boolean;
}

export interface LookedThread extends NamedProfile {
  /** The longest that memwatch kept the thread from its event loop. */
  readonly ownUs?: number | undefined;
}

/** Makes the view of one look after another; the longest block is remembered. */
export type Top = (threads: readonly LookedThread[], choice: TopChoice) => TopView;

export const createTop = (title: string): Top => {
  const longestUs = new Map<string, number>();
  const open = new Map<string, OpenTurn>();
  let block: TopBlock | undefined;
  let looked: readonly LookedThread[] = [];
  return (threads, { sort, own }) => {
    const news = threads === looked ? [] : threads; // a key only sorts the same look again
    looked = threads;
    for (const thread of news) {
      const { longest, open: goesOn } = computeTurns(thread.profile, open.get(thread.name));
      if (goesOn === undefined) open.delete(thread.name);
      else open.set(thread.name, goesOn);
      const one = newBlock(thread, longest, longestUs);
      if (one !== undefined && tellsMore(one, block)) block = one;
    }
    const table = computeCostTable(mergeProfiles(threads));
    const ran = table.functions.filter(({ total }) => total > 0);
    const functions = sortRows(own ? ran.filter(isOwn) : ran, sort);
    return { title, at: new Date(), table, functions, threads: threads.map(threadOf), block };
  };
};

const leastBlockUs = 50_000;

/** Two commands of memwatch's in a row, and what the target does between them. */
const ownSpreadUs = 50_000;

const tellsMore = (one: TopBlock, block: TopBlock | undefined): boolean => {
  const [isKnown, wasKnown] = [one.stack.length > 0, (block?.stack.length ?? 0) > 0];
  if (one.durationUs <= leastBlockUs || (wasKnown && !isKnown)) return false;
  return one.durationUs > (block?.durationUs ?? 0) || (isKnown && !wasKnown);
};

/** A timer of the target was later than ever before: it measured the block, and the samples say what ran meanwhile. */
const newBlock = (
  { name, profile, ownUs = 0 }: LookedThread,
  turn: LongestTurn | undefined,
  longestUs: Map<string, number>,
): TopBlock | undefined => {
  const maxUs = profile.notes?.loop?.delay?.maxUs ?? 0;
  if (maxUs <= (longestUs.get(name) ?? 0)) return undefined;
  longestUs.set(name, maxUs);
  const isSeen = turn !== undefined && turn.durationUs > maxUs / 2;
  if (!isSeen && maxUs <= ownUs + ownSpreadUs) return undefined;
  return { thread: name, durationUs: Math.round(maxUs), at: new Date(), stack: isSeen ? turn.stack : [] };
};

const threadOf = ({ name, profile }: NamedProfile): TopThread => {
  const { whole, idle } = computeCostTable(profile);
  return { name, busy: whole + idle > 0 ? whole / (whole + idle) : 0, loop: profile.notes?.loop ?? null };
};

export const topTitle = ({ pid, nodeVersion }: Attachment): string => {
  const command = pid === undefined ? undefined : readProcess(pid)?.command;
  const script = command === undefined ? undefined : scriptOf(command);
  return `${pid === undefined ? 'remote process' : `process ${pid}`}${script === undefined ? '' : ` ${basename(script)}`}, Node ${nodeVersion}`;
};

/** `memwatch/top@1`: one line for each look. */
export const topDocument = ({ at, table, functions, threads, block }: TopView): TopDocument => ({
  schema: 'memwatch/top@1',
  time: at.toISOString(),
  durationUs: table.durationUs,
  busyUs: table.whole,
  idleUs: table.idle,
  threads,
  functions: functions.map(({ name, file, line, self, total }) => ({
    name: showName(name),
    file,
    line,
    package: packageOf(file),
    selfUs: self,
    totalUs: total,
  })),
  longestBlock: block ?? null,
});
