/** A census as two tables: classes, then containers. In: the document `memwatch/census@1`. Out: text. */
import type { CensusReading } from '../analyzer/model/census.js';
import { renderTable } from './table.js';
import { formatCount, formatCountDelta, formatDuration } from './units.js';

export const renderCensus = (census: CensusReading, rows: number, width: number): string => {
  const compared = census.classes.some(({ delta }) => delta !== null);
  const classes = compared ? census.classes.toSorted(byDelta) : census.classes;
  const containers = compared ? census.containers.toSorted(byDelta) : census.containers;
  const change = { title: 'change', align: 'right', cell: changeOf } as const;
  const left = (title: string) => ({ title, align: 'left', cut: 'end' }) as const;
  return [
    ...renderTable(
      [
        { title: 'count', align: 'right', cell: ({ count }) => formatCount(count) },
        ...(compared ? [change] : []),
        { ...left('class'), cell: ({ name }) => name },
      ],
      classes.slice(0, rows),
      width,
    ),
    '',
    ...renderTable(
      [
        { title: 'entries', align: 'right', cell: ({ size }) => formatCount(size) },
        ...(compared ? [change] : []),
        { title: 'container', align: 'left', cell: ({ kind, id }) => `${kind} #${id}` },
        { ...left('of'), cell: ({ holds }) => holds },
        { ...left('held by'), cell: ({ heldBy = '' }) => heldBy },
      ],
      containers.slice(0, rows),
      width,
    ),
    '',
    `the target was paused for ${formatDuration(census.pauseUs)}; strings and objects without Object.prototype are not counted`,
  ].join('\n');
};

type Changed = { readonly delta: number | null };
const changeOf = ({ delta }: Changed): string => (delta === null ? 'new' : formatCountDelta(delta));
const byDelta = (a: Changed, b: Changed): number => (b.delta ?? 0) - (a.delta ?? 0);
