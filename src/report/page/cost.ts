/**
 * The pages of `memwatch/cpu@1` and `memwatch/alloc@1`: which functions and lines take the time or allocate, with the source of
 * the most expensive one.
 */
import type { AllocDocument, CpuDocument } from '../../analyzer/model/documents.js';
import { markedName } from '../cost.js';
import type { Block, Page, Section } from './page.js';
import { isOwn, showName, showPackage, showPlace } from '../place.js';
import { formatBytes, formatCount, formatDuration, formatShare } from '../units.js';

const mostRows = 40;

export const cpuPage = (document: CpuDocument, folder: string): Page => {
  const { functions, lines, durationUs, busyUs = 0, idleUs = 0, samples } = document;
  const byTime = functions.toSorted((a, b) => b.selfUs - a.selfUs);
  const top = byTime.find(({ name }) => name !== '(program)') ?? byTime[0]; // which says nothing
  const share = (us: number): string => formatShare(busyUs > 0 ? us / busyUs : 0);
  const busy = busyUs + idleUs > 0 ? `${formatShare(busyUs / (busyUs + idleUs))} of the time at work` : 'no time known';
  return {
    title: 'Where the CPU time goes',
    verdict:
      top === undefined
        ? 'No function was seen running'
        : `${share(top.selfUs)} of the busy time is ${showName(top.name)} ${showPlace(top, folder)}`.trimEnd(),
    tone: 'plain',
    reasons: [`${formatDuration(durationUs)}, ${formatCount(samples ?? 0)} samples, ${busy}`, ...inlinedNote(document)],
    sections: [
      { title: 'Functions', blocks: [functionTable(document, share, folder)] },
      ...lineSections(lines, busyUs, share, folder),
    ],
  };
};

const inlinedNote = ({ functions }: CpuDocument): string[] =>
  functions.some(({ mayBeInlined }) => mayBeInlined === true)
    ? ['~ some of its own time may be that of functions that V8 inlined into it; --precise tells them apart']
    : [];

/** Names stand beside the first figures, where they are seen on a narrow screen, too. */
const functionTable = (
  { functions, busyUs = 0 }: CpuDocument,
  share: (us: number) => string,
  folder: string,
): Block => ({
  kind: 'table',
  columns: [
    { title: 'own time', as: 'number' },
    { title: '% busy', as: 'number' },
    { title: 'function', as: 'code' },
    { title: 'file', as: 'code' },
    { title: 'package', as: 'text' },
    { title: 'total', as: 'number' },
  ],
  rows: functions.slice(0, mostRows).map((row) => ({
    cells: [
      formatDuration(row.selfUs),
      share(row.selfUs),
      markedName({ name: row.name, mayBeInlined: row.mayBeInlined === true }),
      showPlace(row, folder),
      showPackage(row),
      formatDuration(row.totalUs),
    ],
    share: busyUs > 0 ? row.selfUs / busyUs : 0,
  })),
});

const lineSections = (
  lines: CpuDocument['lines'],
  busyUs: number,
  share: (us: number) => string,
  folder: string,
): Section[] => {
  const own = lines.filter(({ inlined }) => inlined !== true);
  const top = own.find(isOwn) ?? own[0];
  if (top === undefined) return [];
  const table: Block = {
    kind: 'table',
    columns: [
      { title: 'own time', as: 'number' },
      { title: '% busy', as: 'number' },
      { title: 'function', as: 'code' },
      { title: 'line', as: 'code' },
    ],
    rows: own.slice(0, mostRows).map((row) => ({
      cells: [formatDuration(row.selfUs), share(row.selfUs), row.function ?? '', showPlace(row, folder)],
      share: busyUs > 0 ? row.selfUs / busyUs : 0,
    })),
  };
  return [{ title: 'Lines', blocks: [{ kind: 'source', file: top.file, line: top.line }, table] }];
};

export const allocPage = (document: AllocDocument, folder: string): Page => {
  const { functions, durationUs, allocatedBytes = 0, liveBytes = null } = document;
  const top = functions.toSorted((a, b) => b.selfBytes - a.selfBytes)[0];
  const place = functions.find((row) => isOwn(row)) ?? top;
  const share = (bytes: number): string => formatShare(allocatedBytes > 0 ? bytes / allocatedBytes : 0);
  const alive = liveBytes === null ? [] : [`${formatBytes(liveBytes)} of what a second phase allocated is still alive`];
  const source: Block[] =
    place?.file == null || place.line === null ? [] : [{ kind: 'source', file: place.file, line: place.line }];
  return {
    title: 'What allocates memory',
    verdict:
      top === undefined
        ? 'No function was seen to allocate'
        : `${share(top.selfBytes)} of what was allocated comes from ${showName(top.name)} ${showPlace(top, folder)}`.trimEnd(),
    tone: 'plain',
    reasons: [`${formatBytes(allocatedBytes)} in ${formatDuration(durationUs)}, by samples`, ...alive],
    sections: [{ title: 'Functions', blocks: [...source, allocationTable(document, share, folder)] }],
  };
};

const allocationTable = (
  { functions, allocatedBytes = 0 }: AllocDocument,
  share: (bytes: number) => string,
  folder: string,
): Block => ({
  kind: 'table',
  columns: [
    { title: 'allocated', as: 'number' },
    { title: 'still alive', as: 'number' },
    { title: 'function', as: 'code' },
    { title: 'file', as: 'code' },
    { title: 'package', as: 'text' },
    { title: '% of all', as: 'number' },
    { title: 'with callees', as: 'number' },
  ],
  rows: functions.slice(0, mostRows).map((row) => ({
    cells: [
      formatBytes(row.selfBytes),
      row.liveBytes === null ? '' : formatBytes(row.liveBytes),
      showName(row.name),
      showPlace(row, folder),
      showPackage(row),
      share(row.selfBytes),
      formatBytes(row.totalBytes),
    ],
    share: allocatedBytes > 0 ? row.selfBytes / allocatedBytes : 0,
  })),
});
