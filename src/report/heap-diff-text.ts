/** Text of `memwatch diff` for snapshots: in, a diff; out, what grew most first, then objects and classes. */
import type { ClassGrowth, HeapDiff, ObjectGrowth } from '../analyzer/model/heap-diff.js';
import { formatPlace } from '../analyzer/model/location.js';
import { hanging, pathAndId } from './heap-text.js';
import { renderTable, type TableColumn } from './table.js';
import { escapeText, formatBytes, formatBytesDelta, formatCountDelta, formatCount } from './units.js';
import { cutTo } from './width.js';

export interface HeapDiffTextOptions {
  readonly files: readonly string[];
  readonly limit: number;
  readonly width: number;
}

export const renderHeapDiff = (diff: HeapDiff, options: HeapDiffTextOptions): string =>
  [
    ...headline(diff, options.width),
    '',
    ...objectRows(diff.objects, options.width),
    ...classTable(diff, options),
    '',
    ...options.files.map((file, index) => {
      const figure = `${formatBytes(diff.heapBytes[index] ?? 0).padStart(8)}  `;
      return figure + cutTo(escapeText(file), options.width - figure.length, 'start');
    }),
    ...notes(diff),
  ].join('\n');

const notes = ({ matchedBy, sameProcess }: HeapDiff): string[] => {
  if (matchedBy === 'id') return [];
  return sameProcess
    ? ['V8 gave new ids between these snapshots: objects are matched by their retaining path.']
    : ['These snapshots are not from one process: objects are matched by class and retaining path.'];
};

const headline = (diff: HeapDiff, width: number): string[] => {
  const total = (diff.heapBytes.at(-1) ?? 0) - (diff.heapBytes[0] ?? 0);
  const heap = `The heap ${total < 0 ? 'shrank' : 'grew'} by ${formatBytes(Math.abs(total))}`;
  const [top] = diff.objects;
  if (top !== undefined)
    return [
      `${heap}; what grew most, by ${formatBytes(top.retainedDelta)}, is`,
      ...hanging('  ', pathAndId(top), width),
      ...placeRow(top, '  '),
    ];
  const one = diff.classes.find(({ name }) => !/^(\(|system \/)/.test(name)) ?? diff.classes[0];
  if (one !== undefined && one.retainedDelta > 0)
    return [`${heap}; the class that grew most is ${escapeText(one.name)}, by ${formatBytes(one.retainedDelta)}`];
  return [heap];
};

const placeRow = ({ location }: ObjectGrowth, indent: string): string[] =>
  location === null ? [] : [`${indent}${escapeText(formatPlace(location))}`];

const objectRows = (objects: readonly ObjectGrowth[], width: number): string[] => {
  if (objects.length === 0) return [];
  return [
    'Objects that retain more than before',
    '     grown  to        object',
    ...objects.flatMap((object) => [
      ...hanging(
        `${formatBytesDelta(object.retainedDelta).padStart(10)}  ${formatBytes(object.retainedBytes.at(-1) ?? 0).padEnd(8)}  `,
        pathAndId(object),
        width,
      ),
      ...placeRow(object, ' '.repeat(22)),
    ]),
    '',
  ];
};

const classTable = (diff: HeapDiff, { limit, width }: HeapDiffTextOptions): string[] => {
  const rows = diff.classes.slice(0, limit);
  if (rows.length === 0) return ['No class changed'];
  const columns: TableColumn<ClassGrowth>[] = [
    { title: 'retained', align: 'right', cell: (row) => formatBytesDelta(row.retainedDelta) },
    { title: 'self', align: 'right', cell: (row) => formatBytesDelta(row.selfDelta) },
    { title: 'count', align: 'right', cell: (row) => formatCountDelta(row.countDelta) },
    { title: 'added', align: 'right', cell: (row) => turnover(row.added) },
    { title: 'freed', align: 'right', cell: (row) => turnover(row.freed) },
    { title: 'class', align: 'left', cut: 'end', cell: (row) => row.name },
  ];
  const shown =
    diff.matchedBy === 'id' ? columns : columns.filter(({ title }) => title !== 'added' && title !== 'freed');
  const more = diff.classes.length - rows.length;
  return [
    `Classes${more > 0 ? ` (${rows.length} of ${formatCount(diff.classes.length)} that changed)` : ''}`,
    ...renderTable(shown, rows, width),
  ];
};

const turnover = (count: number | null): string => (count === null ? '' : formatCount(count));
