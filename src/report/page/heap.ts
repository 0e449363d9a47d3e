/** The pages of `memwatch/heap@1` and `memwatch/waste@1`: what holds the memory, and what of it could be saved. */
import type { HeapDocument, ObjectDocument } from '../../analyzer/model/documents.js';
import { formatPlace, type Location } from '../../analyzer/model/location.js';
import type { WasteKind, WasteReport } from '../../analyzer/model/waste.js';
import { pathAndId } from '../heap-text.js';
import type { Block, Page, Section } from './page.js';
import { formatBytes, formatCount, formatShare } from '../units.js';
import { wasteHeadline } from '../waste-text.js';

/** The most rows in a table of a page. */
const mostRows = 40;

export const heapPage = ({ snapshot, dominators, classes }: HeapDocument): Page => {
  const { selfBytes, nodes, edges, extraNativeBytes = 0 } = snapshot;
  const [top] = dominators;
  const native = extraNativeBytes > 0 ? `; ${formatBytes(extraNativeBytes)} more outside V8's heap` : '';
  return {
    title: 'What holds the memory',
    verdict:
      top === undefined
        ? `No single object holds a notable share of ${formatBytes(selfBytes)}`
        : `${formatShare(totalOf(top) / selfBytes)} of the heap, ${formatBytes(totalOf(top))}, is held by ${pathAndId(top)}`,
    tone: 'plain',
    reasons: [`${formatBytes(selfBytes)} in ${formatCount(nodes)} nodes, ${formatCount(edges)} edges${native}`],
    sections: [
      { title: 'The biggest objects', blocks: [objectTable(dominators, selfBytes), ...sourceOf(top?.location)] },
      { title: 'Classes', blocks: [classTable(classes, selfBytes)] },
    ],
  };
};

const totalOf = ({ totalBytes, retainedBytes }: ObjectDocument): number => totalBytes ?? retainedBytes;

const objectTable = (objects: readonly ObjectDocument[], heapBytes: number): Block => ({
  kind: 'table',
  columns: [
    { title: 'retained', as: 'number' },
    { title: 'self', as: 'number' },
    { title: 'object', as: 'code' },
    { title: 'at', as: 'code' },
  ],
  rows: objects.slice(0, mostRows).map((object) => ({
    cells: [formatBytes(totalOf(object)), formatBytes(object.selfBytes), pathAndId(object), placeText(object.location)],
    share: totalOf(object) / heapBytes,
  })),
});

const placeText = (location: Location | null | undefined): string => (location == null ? '' : formatPlace(location));

const sourceOf = (location: Location | null | undefined): Block[] =>
  location == null ? [] : [{ kind: 'source', file: location.file, line: location.line }];

const classTable = (classes: HeapDocument['classes'], heapBytes: number): Block => ({
  kind: 'table',
  columns: [
    { title: 'retained', as: 'number' },
    { title: 'self', as: 'number' },
    { title: 'count', as: 'number' },
    { title: 'class', as: 'code' },
  ],
  rows: classes
    .filter(({ name }) => name !== '(synthetic)') // V8's own roots
    .slice(0, mostRows)
    .map(({ name, count, selfBytes, retainedBytes }) => ({
      cells: [formatBytes(retainedBytes), formatBytes(selfBytes), formatCount(count), name],
      share: retainedBytes / heapBytes,
    })),
});

export const wastePage = (report: WasteReport): Page => ({
  title: 'What memory could be saved',
  verdict: wasteHeadline(report),
  tone: 'plain',
  reasons: [],
  sections: report.kinds.map((kind) => wasteSection(kind, report.totalBytes)),
});

const wasteSection = (kind: WasteKind, totalBytes: number): Section => {
  const upTo = kind.upperBound === null ? '' : 'up to ';
  const [largest] = kind.examples;
  return {
    title: `${kind.title}: ${upTo}${formatBytes(kind.bytes)}, ${formatShare(kind.bytes / totalBytes)} of the heap`,
    blocks: [
      { kind: 'text', lines: [`To do: ${kind.advice}.`, ...(kind.upperBound === null ? [] : [`Note: ${kind.upperBound}.`])] }, // prettier-ignore
      {
        kind: 'table',
        columns: [
          { title: 'bytes', as: 'number' },
          { title: 'count', as: 'number' },
          { title: 'held by', as: 'code' },
          { title: 'at', as: 'code' },
        ],
        rows: kind.examples.map((example) => ({
          cells: [formatBytes(example.bytes), formatCount(example.count), pathAndId(example), placeText(example.location)], // prettier-ignore
          share: example.bytes / Math.max(1, kind.bytes),
        })),
      },
      ...sourceOf(largest?.location),
    ],
  };
};
