/**
 * `memwatch top` as text: what the threads did in the last seconds, then the functions. In: a TopView. Out: lines, cut to a
 * width and a height.
 */
import type { CostTable, FunctionRow } from '../analyzer/model/cost.js';
import type { TopBlock, TopThread } from '../analyzer/model/top.js';
import { renderFunctions } from './cost.js';
import { isOwn, showName, showPlace } from './place.js';
import { escapeText, formatDuration, formatShare } from './units.js';
import { cutTo } from './width.js';

export interface TopView {
  readonly title: string;
  readonly at: Date;
  readonly table: CostTable;
  /** Sorted and chosen. */
  readonly functions: readonly FunctionRow[];
  readonly threads: readonly TopThread[];
  readonly block: TopBlock | undefined;
}

export interface TopSize {
  readonly columns: number;
  /** Most lines; the functions get what the rest leaves. */
  readonly lines: number;
  readonly folder: string;
}

export const renderTop = (view: TopView, { columns, lines, folder }: TopSize): string[] => {
  const head = [
    `${view.at.toLocaleTimeString('en-GB')} ${escapeText(view.title)}: the last ${formatDuration(view.table.durationUs)}`,
    ...view.threads.map(threadLine),
    ...blockLines(view.block, folder),
    '',
  ].map((line) => cutTo(line, columns));
  const rows = view.functions.slice(0, Math.max(1, lines - head.length - 1));
  const table =
    rows.length === 0 ? ['nothing ran'] : renderFunctions(view.table, rows, { columns, folder, own: 'own time' });
  return [...head, ...table].slice(0, lines);
};

const threadLine = ({ name, busy, loop }: TopThread): string => {
  const lateUs = Math.round(loop?.delay?.maxUs ?? 0);
  const late = lateUs === 0 ? '' : `; timers were late by at most ${formatDuration(lateUs)} so far`;
  return `${escapeText(name)}: ${formatShare(busy)} busy${late}`;
};

const mostFrames = 3;

const blockLines = (block: TopBlock | undefined, folder: string): string[] =>
  block === undefined
    ? []
    : [
        `longest block: ${escapeText(block.thread)}, ${formatDuration(block.durationUs)} at ${block.at.toLocaleTimeString('en-GB')}: ${blockStack(block, folder)}`,
      ];

/**
 * What ran meanwhile, innermost first. Node's functions between it and the application's are left out: of a program that
 * waits for a child they would be all.
 */
export const blockStack = ({ stack }: TopBlock, folder: string): string => {
  const callers = stack.slice(1).filter(({ file }) => isOwn({ file: file === '' ? null : file }));
  const shown = callers.length === 0 ? stack : [...stack.slice(0, 1), ...callers];
  const frames = shown.slice(0, mostFrames).map(({ function: name, file, line }) => {
    const place = showPlace({ file: file === '' ? null : file, line }, folder);
    return escapeText(place === '' ? showName(name) : `${showName(name)} (${place})`);
  });
  return frames.length === 0 ? 'no function ran that long; the machine may have been busy' : frames.join(' < ');
};
