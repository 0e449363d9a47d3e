/** The page of `memwatch/memory@1`: whose the memory is, and which limit ends it. */
import type { MemoryReport } from '../../analyzer/model/memory.js';
import { memoryHeadline, watchLines } from '../memory-text.js';
import type { Page, Section, Table } from './page.js';
import { formatBytes, formatBytesDelta, formatShare } from '../units.js';

export const memoryPage = (report: MemoryReport): Page => ({
  title: 'The memory of a process',
  verdict: memoryHeadline(report),
  tone: report.forecast === null ? 'plain' : 'open',
  reasons: [...watchLines(report), ...report.warnings],
  sections: [
    { title: 'Whose it is', blocks: [partTable(report)] },
    { title: 'Limits', blocks: [limitTable(report)] },
    ...report.advice.map(({ text, evidence }): Section => ({ title: evidence, blocks: [{ kind: 'text', lines: [text] }] })), // prettier-ignore
  ],
});

const partTable = ({ parts, rssBytes }: MemoryReport): Table => ({
  kind: 'table',
  columns: [
    { title: 'RSS', as: 'number' },
    { title: 'share', as: 'number' },
    { title: 'change', as: 'number' },
    { title: 'owner', as: 'text' },
    { title: 'what', as: 'text' },
  ],
  rows: parts.map(({ owner, detail, rssBytes: bytes, delta }) => ({
    cells: [
      formatBytes(bytes),
      formatShare(bytes / Math.max(1, rssBytes)),
      delta === null ? '' : formatBytesDelta(delta),
      owner,
      detail,
    ],
    share: bytes / Math.max(1, rssBytes),
  })),
});

const limitTable = ({ limits }: MemoryReport): Table => ({
  kind: 'table',
  columns: [
    { title: 'used', as: 'number' },
    { title: 'of', as: 'number' },
    { title: 'limit', as: 'text' },
  ],
  rows: limits
    .map(({ of, usedBytes, limitBytes }) => ({ of, limitBytes, share: usedBytes / Math.max(1, limitBytes) }))
    .toSorted((a, b) => b.share - a.share)
    .map(({ of, limitBytes, share }) => ({ cells: [formatShare(share), formatBytes(limitBytes), of], share })),
});
