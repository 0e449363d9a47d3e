/** Text of `memwatch heap`: in, a summary or one object; out, the conclusion first, then the figures behind it, within a width. */
import type { HeapLink, HeapObject, HeapObjectDetail, HeapSummary } from '../analyzer/model/heap-results.js';
import { formatPlace, type Location } from '../analyzer/model/location.js';
import { cutPlace } from './place.js';
import { renderPath, type NamedStep } from './path-text.js';
import { renderTable, type TableColumn } from './table.js';
import { escapeText, formatBytes, formatCount, formatShare } from './units.js';
import { cutTo, displayWidth } from './width.js';
import { wrap } from './wrap.js';

export interface HeapTextOptions {
  readonly file: string;
  readonly width: number;
  /** The class that the user asked for. */
  readonly className?: string | undefined;
}

export const renderHeap = (summary: HeapSummary, options: HeapTextOptions): string =>
  [
    ...headline(summary, options),
    '',
    ...objectRows(summary, options),
    '',
    ...classTable(summary, options.width),
    '',
    `${formatBytes(summary.selfBytes)} in ${formatCount(summary.nodes)} nodes, ${formatCount(summary.edges)} edges` +
      (summary.extraNativeBytes > 0 ? `; ${formatBytes(summary.extraNativeBytes)} more outside V8's heap` : ''),
    ...wrap(
      "Self sizes are V8's. DevTools' shallow size of an object adds the stores that only it owns.",
      options.width,
    ),
    cutTo(escapeText(options.file), options.width, 'start'),
  ].join('\n');

const headline = (summary: HeapSummary, options: HeapTextOptions): string[] => {
  const [top] = summary.dominators;
  const one = options.className === undefined ? undefined : summary.classes[0];
  if (one !== undefined) {
    return [
      `${formatCount(one.count)} of ${escapeText(one.name)} retain ${formatBytes(one.retainedBytes)}, ${formatShare(one.retainedBytes / summary.selfBytes)} of the heap`,
      ...at(one.location, '  ', options.width),
    ];
  }
  if (top === undefined) return [`No single object retains a large share of ${formatBytes(summary.selfBytes)}`];
  return [
    `${formatShare(top.totalBytes / summary.selfBytes)} of the heap, ${formatBytes(top.totalBytes)}, is held by`,
    ...wrapped(`  ${pathAndId(top)}`, options.width),
    ...at(top.location, '  ', options.width),
  ];
};

const nameOf = (object: HeapObject | HeapLink): string => `${escapeText(object.name)} @${object.id}`;

const at = (location: Location | null, indent: string, width: number): string[] =>
  location === null ? [] : [indent + cutPlace(location.file, location.line, width - indent.length)];

const objectRows = (summary: HeapSummary, options: HeapTextOptions): string[] => [
  options.className === undefined ? 'What holds the memory' : 'The biggest of them',
  '  retained      self  object',
  ...summary.dominators.flatMap((object) => {
    const figures = `${formatBytes(object.totalBytes).padStart(10)}${formatBytes(object.selfBytes).padStart(10)}  `;
    return hanging(figures, pathAndId(object), options.width);
  }),
];

/** A step as it is for all objects that are alike: without the keys of entries and the texts of strings. */
const withoutData = <S extends NamedStep & { readonly edge: string }>(step: S): S => ({
  ...step,
  label: step.edge,
  name: step.name.startsWith('"') ? '(string)' : step.name,
});

/** `global.cache → Map @123`; `20 × global.cache → Map → entry → Session, such as @123` for objects that are alike. */
export const pathAndId = (object: {
  readonly path: readonly (NamedStep & { readonly edge: string })[];
  readonly name: string;
  readonly id: number;
  readonly count?: number | undefined;
}): string => {
  const { path, name, id, count = 1 } = object;
  const steps = count === 1 ? path : path.map(withoutData);
  const text = path.length === 0 ? escapeText(name) : renderPath(steps);
  return count === 1 ? `${text} @${id}` : `${formatCount(count)} × ${text}, such as @${id}`;
};

const classTable = (summary: HeapSummary, width: number): string[] => {
  type Row = HeapSummary['classes'][number];
  const columns: TableColumn<Row>[] = [
    { title: 'retained', align: 'right', cell: (row) => formatBytes(row.retainedBytes) },
    { title: 'self', align: 'right', cell: (row) => formatBytes(row.selfBytes) },
    { title: 'count', align: 'right', cell: (row) => formatCount(row.count) },
    { title: 'class', align: 'left', cut: 'end', cell: (row) => row.name },
  ];
  if (summary.classes.some((row) => row.location !== null))
    columns.push({
      title: 'at',
      align: 'left',
      cut: 'start',
      cell: (row) => (row.location === null ? '' : formatPlace(row.location)),
    });
  const rows = summary.classes.filter(({ name }) => name !== '(synthetic)'); // V8's own roots
  const shown = rows.length;
  return [
    `Classes${shown < summary.classCount ? ` (${shown} of ${formatCount(summary.classCount)})` : ''}`,
    ...renderTable(columns, rows, width),
  ];
};

export const renderHeapObject = (object: HeapObjectDetail, width: number): string =>
  [
    `${nameOf(object)} (${object.type}): retained size ${formatBytes(object.retainedBytes)}, self size ${formatBytes(object.selfBytes)}`,
    ...wrapped(`  ${object.path.length === 0 ? 'not reachable from any root' : renderPath(object.path)}`, width),
    ...at(object.location, '  ', width),
    '',
    `Held by ${formatCount(object.retainerCount)}`,
    ...linkTable(object.retainers, object.retainerCount, width),
    '',
    `Holds ${formatCount(object.contentCount)}`,
    ...linkTable(object.contents, object.contentCount, width),
  ].join('\n');

const linkTable = (links: readonly HeapLink[], count: number, width: number): string[] => {
  if (links.length === 0) return [];
  const columns: TableColumn<HeapLink>[] = [
    { title: 'retained', align: 'right', cell: (row) => formatBytes(row.retainedBytes) },
    { title: 'self', align: 'right', cell: (row) => formatBytes(row.selfBytes) },
    { title: 'by', align: 'left', cut: 'end', cell: (row) => row.label },
    { title: 'object', align: 'left', cut: 'end', cell: (row) => `${row.name} @${row.id}` },
  ];
  const more = count - links.length;
  return [...renderTable(columns, links, width), ...(more > 0 ? [`… and ${formatCount(more)} more`] : [])];
};

/** A long line broken at its arrows; further lines are indented a little more than the first. */
const wrapped = (line: string, width: number): string[] => {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return hanging(indent, line.slice(indent.length), width);
};

/** Text after `start`, broken at its arrows; further lines are aligned below the text. */
export const hanging = (start: string, text: string, width: number): string[] => {
  const lines: string[] = [];
  let current = start;
  for (const [index, part] of text.split(/(?= → )/).entries()) {
    if (index > 0 && displayWidth(current + part) > width) {
      lines.push(current);
      current = `${' '.repeat(start.length)}  ${part.trimStart()}`;
    } else current += part;
  }
  return [...lines, current].map((line) => cutTo(line, width));
};
