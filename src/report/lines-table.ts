/**
 * The lines of functions as text: for each function a head that names its most expensive lines, then its whole source with hits,
 * time and memory before each line. In: a LinesResult, the width of the terminal. Out: text, and the JSON document.
 */
import type { LinesDocument } from '../analyzer/model/documents.js';
import type { FunctionLines, LineCost, LinesResult } from '../analyzer/model/lines.js';
import { renderTable, type TableColumn } from './table.js';
import { escapeText, formatBytes, formatCount, formatDuration, formatShare, formatThings } from './units.js';
import { cutTo } from './width.js';

/** From this width on, memory in use is shown, too. */
const wide = 110;

export interface LinesTextOptions {
  readonly columns: number;
  readonly color: boolean;
}

export const renderLines = (result: LinesResult, options: LinesTextOptions): string => {
  const parts = result.functions.map((one) => renderFunction(one, result.floor, options));
  const notes = [...result.notes, ...marksUsed(result)];
  const shown = notes.flatMap((note) => wrapped(note, options.columns - 2).map((line) => `  ${line}`));
  return [...parts, shown.join('\n')].filter((part) => part !== '').join('\n\n');
};

const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = [''];
  for (const word of escapeText(text).split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
};

/** The document of `memwatch/lines@1`. */
export const linesDocument = (result: LinesResult): LinesDocument & Record<string, unknown> => ({
  schema: 'memwatch/lines@1',
  functions: result.functions.map((one) => ({
    name: one.name,
    file: one.file,
    firstLine: one.firstLine,
    calls: one.calls ?? null,
    timeUs: toThousandths(timeOf(one)),
    lines: one.lines.map((line) => ({
      line: line.line,
      hits: line.hits ?? null,
      timeUs: line.timeUs === undefined ? null : toThousandths(line.timeUs),
      incrementBytes: line.incrementBytes ?? null,
      externalBytes: line.externalBytes ?? null,
      certainty: line.certainty,
      memoryBytes: line.memoryBytes ?? null,
      untimedHits: line.untimedHits,
      ticks: line.ticks ?? null,
      source: line.source,
    })),
  })),
  notes: result.notes,
});

const toThousandths = (value: number): number => Math.round(value * 1000) / 1000;

type Floor = LinesResult['floor'];

interface Row {
  readonly number: number;
  readonly source: string;
  readonly cost: LineCost | undefined;
}

const renderFunction = (one: FunctionLines, floor: Floor, { columns, color }: LinesTextOptions): string => {
  const totalUs = timeOf(one);
  const costs = new Map(one.lines.map((line) => [line.line, line]));
  const indent = Math.min(...one.source.filter((line) => line.trim() !== '').map(indentOf));
  const rows = one.source.map((text, index) => {
    const number = one.firstLine + index;
    return { number, source: plainText(text).slice(Number.isFinite(indent) ? indent : 0), cost: costs.get(number) };
  });
  const hottest = mostExpensive(one.lines, ({ timeUs }) => timeUs)[0];
  const [title = '', ...lines] = renderTable(columnsFor(one, totalUs, floor, columns), rows, columns);
  const shown = lines.map((line, index) =>
    color && hottest !== undefined && rows[index]?.cost === hottest ? `\x1b[1;33m${line}\x1b[0m` : line,
  );
  return [...head(one, totalUs, floor, columns), '', color ? `\x1b[2m${title}\x1b[0m` : title, ...shown].join('\n');
};

const head = (one: FunctionLines, totalUs: number, floor: Floor, columns: number): string[] => {
  const called = one.calls === undefined ? '' : `${formatThings(one.calls, 'call')}, `;
  const lines = [`${escapeText(one.name)}  ${escapeText(one.file)}:${one.firstLine}`];
  if (one.calls === 0) return [...lines, 'never called'];
  const isSampled = one.lines.every(({ hits }) => hits === undefined);
  lines.push(`${called}${formatDuration(totalUs)}${isSampled ? ' of its own time, by samples' : ''}`);
  const slow = mostExpensive(one.lines, ({ timeUs }) => timeUs).slice(0, 2);
  if (one.allocation !== undefined) lines.push(allocationLine(one.allocation));
  for (const line of slow) lines.push(expensiveLine('time', formatShare((line.timeUs ?? 0) / totalUs), line, columns));
  const memory = mostExpensive(one.lines, bytesOf).filter((line) => !isNoise(bytesOf(line), line, floor));
  for (const line of memory.slice(0, 2))
    lines.push(expensiveLine('memory', formatBytes(bytesOf(line) ?? 0), line, columns));
  return lines;
};

const allocationLine = ({ bytes, liveBytes }: NonNullable<FunctionLines['allocation']>): string =>
  `allocated about ${formatBytes(bytes)}` +
  (liveBytes === undefined ? '' : `; in a second phase of the same length, ${formatBytes(liveBytes)} stayed alive`);

const expensiveLine = (what: string, much: string, line: LineCost, columns: number): string =>
  cutTo(
    `  ${what.padEnd(6)}  ${much.padStart(7)}  line ${line.line}: ${escapeText(plainText(line.source).trim())}`,
    columns,
  );

const columnsFor = (one: FunctionLines, totalUs: number, floor: Floor, columns: number): TableColumn<Row>[] => {
  const isKnown = (of: (cost: LineCost) => unknown): boolean => one.lines.some((line) => of(line) !== undefined);
  const counted = isKnown(({ hits }) => hits);
  const share = (timeUs: number): string => (totalUs === 0 ? '' : formatShare(timeUs / totalUs));
  const all: (TableColumn<Row> | false)[] = [
    { title: 'Line', align: 'right', cell: (row) => String(row.number) },
    counted && right('Hits', ({ hits = 0 }) => formatCount(hits)),
    isKnown(({ ticks }) => ticks) && right('Samples', ({ ticks = 0 }) => formatCount(ticks)),
    rightTime('Time', (timeUs) => formatDuration(rough(timeUs))),
    counted && rightTime('Per hit', (timeUs, cost) => perHit(timeUs, cost, floor)),
    rightTime('Time %', share),
    ...memoryColumns(isKnown, floor, columns),
    { title: 'Source', align: 'left', cell: (row) => row.source, cut: 'end' },
  ];
  return all.filter((column) => column !== false);
};

const memoryColumns = (
  isKnown: (of: (cost: LineCost) => unknown) => boolean,
  floor: Floor,
  columns: number,
): (TableColumn<Row> | false)[] => {
  const increments = isKnown(({ incrementBytes }) => incrementBytes);
  return [
    increments && right('Heap +', (cost) => increment(cost, cost.incrementBytes, floor)),
    increments && right('Ext. +', (cost) => increment(cost, cost.externalBytes, floor)),
    columns >= wide &&
      isKnown(({ memoryBytes }) => memoryBytes) &&
      right('In use', ({ memoryBytes = 0 }) => (memoryBytes === 0 ? '' : formatBytes(memoryBytes))),
  ];
};

const right = (title: string, show: (cost: LineCost) => string): TableColumn<Row> => ({
  title,
  align: 'right',
  cell: ({ cost }) => (cost === undefined ? '' : show(cost)),
});

const rightTime = (title: string, show: (timeUs: number, cost: LineCost) => string): TableColumn<Row> =>
  right(title, (cost) => {
    if (cost.hits === 0) return '';
    return cost.timeUs === undefined ? '?' : show(cost.timeUs, cost);
  });

const perHit = (timeUs: number, { hits = 0, untimedHits }: LineCost, { usPerHit }: Floor): string => {
  const eachUs = timeUs / Math.max(1, hits - untimedHits);
  return eachUs < usPerHit ? `<${usPerHit} us` : formatDuration(rough(eachUs));
};

/** The clock does not resolve nanoseconds. */
const rough = (durationUs: number): number => (durationUs < 10 ? Math.round(durationUs * 100) / 100 : durationUs);

const increment = (cost: LineCost, bytes: number | undefined, floor: Floor): string => {
  if (cost.hits === 0) return '';
  if (bytes === undefined) return '?';
  if (isNoise(bytes, cost, floor)) return '-';
  const mark = { measured: '', scaled: '~', net: '=' }[cost.certainty];
  return mark + formatBytes(bytes);
};

const isNoise = (bytes: number | undefined, { hits }: LineCost, { bytesPerHit }: Floor): boolean =>
  bytes === undefined || Math.abs(bytes) < bytesPerHit * Math.max(1, hits ?? 1);

const marksUsed = (result: LinesResult): string[] => {
  const lines = result.functions.flatMap((one) => one.lines).filter(({ hits }) => hits !== 0);
  if (!lines.some(({ incrementBytes }) => incrementBytes !== undefined)) return [];
  const has = (certainty: string): boolean => lines.some((line) => line.certainty === certainty);
  return [
    `Heap + and Ext. +: memory that a line added to V8's heap and outside it (Buffers); -: less than ${formatBytes(result.floor.bytesPerHit)} per hit.`,
    ...(lines.some(({ timeUs }) => timeUs === undefined) ? ['?: not known.'] : []),
    ...(has('scaled') ? ['~: garbage was collected during some hits; estimated from the other hits.'] : []),
    ...(has('net')
      ? ['=: garbage was collected during every hit; shows what was left at the end, not what was allocated.']
      : []),
  ];
};

const bytesOf = ({ incrementBytes, externalBytes }: LineCost): number | undefined =>
  incrementBytes === undefined ? undefined : incrementBytes + (externalBytes ?? 0);

/** The rows with the highest values, highest first, without zeros. */
const mostExpensive = (lines: readonly LineCost[], of: (line: LineCost) => number | undefined): LineCost[] =>
  lines.filter((line) => (of(line) ?? 0) > 0).sort((a, b) => (of(b) ?? 0) - (of(a) ?? 0));

const timeOf = (one: FunctionLines): number => one.lines.reduce((sum, { timeUs }) => sum + (timeUs ?? 0), 0);

const plainText = (text: string): string => text.replaceAll('\t', '  ').trimEnd();

const indentOf = (text: string): number => {
  const plain = plainText(text);
  return plain.length - plain.trimStart().length;
};
