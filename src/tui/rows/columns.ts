/**
 * The columns of every list: figures first and names last, so that they are side by side even on a wide screen. In: a
 * row from the provider, raw. Out: escaped, styled pieces of text. Pure.
 */
import { formatBytes, formatBytesDelta, formatCount, formatCountDelta, formatShare } from '../../report/units.js';
import { markedName } from '../../report/cost.js';
import { cutPlace } from '../../report/place.js';
import { displayWidth } from '../../report/width.js';
import type { Location } from '../../analyzer/model/location.js';
import { lineWidth, span, type Span } from './line.js';
import type { ListQuery, ObjectRow, Row } from '../state/lists.js';
import { bar, sparkline, type Column } from './table.js';
import { safe } from './text.js';
import { formatChange, formatValue } from '../state/value.js';

const right = (id: string, title: string, width: number, cell: Column['cell'], more: Partial<Column> = {}): Column => ({
  id,
  title,
  align: 'right',
  width,
  sortable: true,
  cell,
  ...more,
});
const rest = (id: string, title: string, weight: number, cell: Column['cell'], more: Partial<Column> = {}): Column => ({
  id,
  title,
  align: 'left',
  width: 0,
  rest: weight,
  sortable: true,
  cell,
  ...more,
});

const bytesOrWait = (bytes: number | null): Span[] => [span(bytes === null ? '…' : formatBytes(bytes), 'number')];

export const placeText = (place: Location | undefined, width: number): string =>
  place === undefined ? '' : cutPlace(place.file, place.line, width);

/** With the column that tells functions on one line apart, if the row has it. */
const codeText = (place: Location | undefined, width: number): string =>
  place === undefined ? '' : cutPlace(place.file, place.line, width, place.column || undefined);

const selfOf = (row: Row): number => ('selfBytes' in row ? row.selfBytes : 0);
const retainedOf = (row: Row): number | null => ('retainedBytes' in row ? row.retainedBytes : null);

const shareOf = (bytes: number | null, whole: number): Span[] =>
  bytes === null ? [] : [span(formatShare(bytes / whole), 'dim')];

const retainedColumns: Column[] = [
  right('self', 'Self', 8, (row) => bytesOrWait(selfOf(row))),
  right('retained', 'Retained', 9, (row) => bytesOrWait(retainedOf(row))),
  right('share', '%', 6, (row, { page }) => shareOf(retainedOf(row), page.whole), { from: 70, sortable: false }),
  {
    id: 'bar',
    title: '',
    align: 'left',
    width: 12,
    from: 100,
    cell: (row, { page, width }) => [span(bar((retainedOf(row) ?? 0) / page.whole, width), 'bar')],
  },
];

const classColumns: Column[] = [
  right('count', 'Objects', 11, (row) => (row.kind === 'class' ? [span(formatCount(row.count), 'number')] : [])),
  ...retainedColumns,
  rest('name', 'Class', 1, (row) => (row.kind === 'class' ? [span(safe(row.name), 'name')] : [])),
];

/** `▸ sessions: Map @1234 server.js:12` */
const objectSpans = (row: ObjectRow, width: number): Span[] => {
  const sign = !row.branches ? '  ' : row.open ? '▾ ' : '▸ ';
  const spans = [span(`${'  '.repeat(Math.min(row.depth, 12))}${sign}`)];
  if (row.edge !== undefined) spans.push(span(safe(row.edge)), span(': ', 'dim'));
  spans.push(span(safe(row.name), row.type === 'string' ? 'good' : 'name'), span(` @${row.id}`, 'dim'));
  const room = width - lineWidth({ spans }) - 1;
  if (row.place !== undefined && room >= 8) spans.push(span(` ${placeText(row.place, room)}`, 'place'));
  return spans;
};

const objectColumns = (title: string): Column[] => [
  ...retainedColumns,
  rest('name', title, 1, (row, { width }) => (row.kind === 'object' ? objectSpans(row, width) : [])),
];

const wasteColumns = (title: string): Column[] => [
  right('bytes', 'Could save', 12, (row) => (row.kind === 'waste' ? [span(formatBytes(row.bytes), 'bold')] : [])),
  right('share', '%', 6, (row, { page }) => shareOf(row.kind === 'waste' ? row.bytes : null, page.whole), {
    from: 70,
    sortable: false,
  }),
  right('count', 'Objects', 10, (row) => (row.kind === 'waste' ? [span(formatCount(row.count), 'number')] : [])),
  rest('name', title, 1, (row) => (row.kind === 'waste' ? [span(safe(row.name), 'name')] : [])),
];

const growthColumns = (title: string): Column[] => [
  right('delta', 'Growth', 10, (row) =>
    row.kind === 'growth' ? [span(formatBytesDelta(row.bytesDelta), 'bold')] : [],
  ),
  right('count', 'Objects', 10, (row) =>
    row.kind === 'growth' && row.countDelta !== undefined ? [span(formatCountDelta(row.countDelta))] : [],
  ),
  trendColumn((row) => (row.kind === 'growth' ? row.history : [])),
  {
    id: 'figures',
    title: 'per snapshot',
    align: 'right',
    width: 38,
    from: 100,
    cell: (row, { width }) => (row.kind === 'growth' ? [span(lastFigures(row.history, width))] : []),
  },
  rest('name', title, 1, (row) => {
    if (row.kind !== 'growth') return [];
    const id = row.id === undefined ? [] : [span(` @${row.id}`, 'dim')];
    const path = row.path === '' ? [] : [span(`  ${safe(row.path)}`, 'dim')];
    return [span(safe(row.name), 'name'), ...id, ...path];
  }),
];

const trendColumn = (historyOf: (row: Row) => readonly (number | null)[]): Column => ({
  id: 'trend',
  title: 'trend',
  align: 'left',
  width: 8,
  cell: (row) => [span(sparkline(historyOf(row).slice(-8)), 'bar')],
});

const lastFigures = (history: readonly (number | null)[], width: number): string => {
  const texts = history.map((bytes) => (bytes === null ? '-' : formatBytes(bytes)));
  while (texts.length > 2 && displayWidth(texts.join(' → ')) > width) texts.shift();
  return texts.join(' → ');
};

const findingColumns: Column[] = [
  right('rank', '#', 2, (row) => (row.kind === 'finding' ? [span(String(row.finding.rank))] : [])),
  right('delta', 'Bytes/round', 11, (row) =>
    row.kind === 'finding' && row.finding.bytesPerRound !== null
      ? [span(formatBytesDelta(row.finding.bytesPerRound), 'bold')]
      : [],
  ),
  right('count', 'Entries/round', 13, (row) =>
    row.kind === 'finding' ? [span(formatCountDelta(row.finding.countPerRound))] : [],
  ),
  trendColumn((row) => (row.kind === 'finding' ? row.finding.history : [])),
  rest('name', 'What grows', 1, (row) => (row.kind === 'finding' ? [span(safe(row.finding.title), 'name')] : [])),
];

const valueColumns = (withTotal: boolean): Column[] => [
  right('self', 'Self', 9, (row) => ('self' in row ? [span(formatValue(row.self, row.unit))] : [])),
  right(
    'selfShare',
    '%',
    6,
    (row, { page }) => ('self' in row ? [span(formatShare(row.self / page.whole), 'dim')] : []),
    { sortable: false },
  ),
  {
    id: 'bar',
    title: '',
    align: 'left',
    width: 10,
    from: 90,
    cell: (row, { page, width }) => ('self' in row ? [span(bar(row.self / page.whole, width), 'bar')] : []),
  },
  ...(withTotal
    ? [
        right('total', 'Total', 9, (row: Row) => ('total' in row ? [span(formatValue(row.total, row.unit))] : [])),
        right(
          'totalShare',
          '%',
          6,
          (row: Row, { page }) => ('total' in row ? [span(formatShare(row.total / page.whole), 'dim')] : []),
          { sortable: false },
        ),
      ]
    : []),
];

/** For allocations: the bytes still alive. */
const liveColumn = right('live', 'Alive', 9, (row) =>
  row.kind === 'function' && row.live !== undefined ? [span(formatValue(row.live, row.unit))] : [],
);

const functionColumns = (title: string): Column[] => [
  ...valueColumns(true),
  rest('name', title, 3, (row) => (row.kind === 'function' ? [span(safe(markedName(row)), 'name')] : [])),
  rest('place', 'Where', 3, (row, { width }) =>
    row.kind === 'function' ? [span(codeText(row.place, width), 'place')] : [],
  ),
];

const lineColumns: Column[] = [
  ...valueColumns(false),
  rest('place', 'Line', 4, (row, { width }) =>
    row.kind === 'line' ? [span(codeText(row.place, width), 'place')] : [],
  ),
  rest('name', 'Function', 2, (row) =>
    row.kind === 'line' ? [span(safe(markedName({ ...row, name: row.functionName })), 'name')] : [],
  ),
];

const changeColumns = (name: string): Column[] => [
  right('delta', 'Own change', 11, (row) =>
    row.kind === 'change' ? [span(formatChange(row.delta, row.unit), row.delta > 0 ? 'bad' : 'good')] : [],
  ),
  right('before', 'Before', 9, (row) => (row.kind === 'change' ? [span(formatValue(row.before, row.unit))] : []), {
    from: 70,
  }),
  right('after', 'After', 9, (row) => (row.kind === 'change' ? [span(formatValue(row.after, row.unit))] : []), {
    from: 70,
  }),
  right(
    'total',
    'With callees',
    13,
    (row) => (row.kind === 'change' ? [span(formatChange(row.totalDelta, row.unit), 'dim')] : []),
    { from: 100 },
  ),
  rest('name', name, 2, (row) => (row.kind === 'change' ? [span(safe(row.name) || '(anonymous)', 'name')] : [])),
  rest('place', 'Where', 3, (row, { width }) =>
    row.kind === 'change' ? [span(placeText(row.place, width), 'place')] : [],
  ),
];

const byList: Readonly<Record<ListQuery['list'], Column[]>> = {
  classes: classColumns,
  biggest: objectColumns('Object'),
  objects: objectColumns('Object'),
  dominators: objectColumns('Object (and what it dominates)'),
  fields: objectColumns('Field: value'),
  retainers: objectColumns('Held by (edge: retainer)'),
  dominated: objectColumns('Kept alive by it alone'),
  waste: wasteColumns('What'),
  wasteOf: wasteColumns('Held by'),
  findings: findingColumns,
  grownClasses: growthColumns('Class'),
  grownObjects: growthColumns('Object'),
  functions: functionColumns('Function'),
  callers: functionColumns('Called by'),
  callees: functionColumns('Calls'),
  hotLines: lineColumns,
  changedFunctions: changeColumns('Function'),
  changedLines: changeColumns('In function'),
};

export const columnsOf = (query: ListQuery): Column[] => {
  const columns = byList[query.list];
  return query.list === 'functions' && query.profile === 'alloc' ? [liveColumn, ...columns] : columns;
};
