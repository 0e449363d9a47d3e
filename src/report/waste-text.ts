/** Text of `memwatch waste`: in, a report; out, the sum, then each kind with who holds it and what to do, within a width. */
import type { WasteExample, WasteKind, WasteReport } from '../analyzer/model/waste.js';
import { cutPlace } from './place.js';
import { hanging, pathAndId } from './heap-text.js';
import { escapeText, formatBytes, formatCount, formatShare } from './units.js';
import { cutTo } from './width.js';
import { wrap } from './wrap.js';

export const renderWaste = (report: WasteReport, file: string, width: number): string =>
  [
    wasteHeadline(report),
    ...report.kinds.flatMap((kind) => ['', ...kindLines(kind, report.totalBytes, width)]),
    '',
    cutTo(escapeText(file), width, 'start'),
  ].join('\n');

/** The conclusion in one line. */
export const wasteHeadline = ({ wastedBytes, totalBytes, kinds }: WasteReport): string => {
  if (kinds.length === 0) return `No waste above a thousandth of the heap (${formatBytes(totalBytes)}) was found`;
  const upTo = kinds.some(({ upperBound }) => upperBound !== null) ? 'Up to ' : '';
  return `${upTo}${formatBytes(wastedBytes)} of ${formatBytes(totalBytes)} could be saved, ${formatShare(wastedBytes / totalBytes)} of the heap`;
};

const kindLines = (kind: WasteKind, totalBytes: number, width: number): string[] => [
  `${kind.title}: ${kind.upperBound === null ? '' : 'up to '}${formatBytes(kind.bytes)}, ${formatShare(kind.bytes / totalBytes)} of the heap, in ${formatCount(kind.count)}`,
  ...kind.examples.flatMap((example) => exampleLines(example, width)),
  ...indented(`To do: ${kind.advice}.`, width),
  ...(kind.upperBound === null ? [] : indented(`Note: ${kind.upperBound}.`, width)),
];

const exampleLines = (example: WasteExample, width: number): string[] => [
  ...hanging(`${formatBytes(example.bytes).padStart(10)}  `, pathAndId(example), width),
  ...(example.location === null
    ? []
    : [' '.repeat(12) + cutPlace(example.location.file, example.location.line, width - 12)]),
];

const indented = (text: string, width: number): string[] => wrap(text, width - 2).map((line) => `  ${line}`);
