/**
 * The memory of a process for a terminal: what it consists of, which limit it will hit, what to do. In: a MemoryReport. Out: text.
 */
import type {
  IsolateMemory,
  MemoryForecast,
  MemoryLimit,
  MemoryPart,
  MemoryReport,
  MemoryWatch,
} from '../analyzer/model/memory.js';
import { renderTable } from './table.js';
import {
  escapeText,
  formatBytes,
  formatBytesDelta,
  formatCount,
  formatDuration,
  formatShare,
  formatThings,
} from './units.js';
import { wrap } from './wrap.js';

export const renderMemory = (report: MemoryReport, width: number): string =>
  [
    memoryHeadline(report),
    '',
    ...partLines(report, width),
    '',
    ...heapLines(report, width),
    ...limitLines(report, width),
    ...watchLines(report),
    ...adviceLines(report, width),
    ...report.warnings.map((warning) => `warning: ${escapeText(warning)}`),
    `reading its mappings took ${formatDuration(report.readUs)}`,
  ].join('\n');

/** The conclusion in one line. */
export const memoryHeadline = ({ rssBytes, accountedBytes, swapBytes, parts }: MemoryReport): string => {
  const [largest] = parts;
  const swap = swapBytes > 0 ? `, and ${formatBytes(swapBytes)} in swap` : '';
  const most = largest === undefined ? '' : `: most of it ${largest.owner} (${formatBytes(largest.rssBytes)})`;
  return `RSS ${formatBytes(rssBytes)}${swap}, ${formatShare(accountedBytes / Math.max(1, rssBytes))} of it accounted for${most}`;
};

const partLines = ({ parts, rssBytes }: MemoryReport, width: number): string[] => {
  const compared = parts.some(({ delta }) => delta !== null);
  const delta = { title: 'CHANGE', align: 'right', cell: changeOf } as const;
  const since = { title: 'SINCE', align: 'left', cell: sinceOf } as const;
  return renderTable(
    [
      { title: 'RSS', align: 'right', cell: (part) => formatBytes(part.rssBytes) },
      { title: 'SHARE', align: 'right', cell: (part) => formatShare(part.rssBytes / Math.max(1, rssBytes)) },
      ...(compared ? [delta, since] : []),
      { title: 'RESERVED', align: 'right', cell: (part) => formatBytes(part.virtualBytes) },
      { title: 'OWNER', align: 'left', cell: (part) => part.owner },
      { title: 'WHAT', align: 'left', cut: 'end', cell: (part) => part.detail },
    ],
    parts,
    width,
  );
};

/** V8's own view: its spaces, all heaps added up, and what it counts outside of them. */
const heapLines = ({ heaps }: MemoryReport, width: number): string[] => {
  if (heaps.length === 0) return [];
  const sum = (of: (heap: IsolateMemory) => number): string =>
    formatBytes(heaps.reduce((total, heap) => total + of(heap), 0));
  const spaces = computeSpaces(heaps);
  return [
    ...renderTable(
      [
        { title: 'USED', align: 'right', cell: (space) => formatBytes(space.usedBytes) },
        { title: 'FREE', align: 'right', cell: (space) => formatBytes(space.committedBytes - space.usedBytes) },
        { title: 'COMMITTED', align: 'right', cell: (space) => formatBytes(space.committedBytes) },
        {
          title: heaps.length === 1 ? 'SPACE OF THE V8 HEAP' : 'SPACE OF THE V8 HEAPS',
          align: 'left',
          cell: ({ name }) => name,
        },
      ],
      spaces,
      width,
    ),
    `outside its heaps V8 counts ${sum((heap) => heap.externalBytes)}, of it ArrayBuffers ${sum((heap) => heap.arrayBuffersBytes)}`,
    '',
  ];
};

type Space = IsolateMemory['spaces'][number];

/** Smaller spaces are left out. */
const leastOfHeap = 0.01;

const computeSpaces = (heaps: readonly IsolateMemory[]): Space[] => {
  const spaces = new Map<string, Space>();
  for (const space of heaps.flatMap((heap) => heap.spaces)) {
    const before = spaces.get(space.name);
    spaces.set(space.name, {
      name: space.name,
      usedBytes: space.usedBytes + (before?.usedBytes ?? 0),
      committedBytes: space.committedBytes + (before?.committedBytes ?? 0),
      physicalBytes: space.physicalBytes + (before?.physicalBytes ?? 0),
    });
  }
  const least = leastOfHeap * heaps.reduce((total, { committedBytes }) => total + committedBytes, 0);
  return [...spaces.values()]
    .filter(({ committedBytes }) => committedBytes >= least && committedBytes > 0)
    .toSorted((a, b) => b.committedBytes - a.committedBytes);
};

const changeOf = ({ delta }: MemoryPart): string => (delta === null ? '' : formatBytesDelta(delta));

const sinceOf = ({ growsSinceMs = null }: MemoryPart): string => (growsSinceMs === null ? '' : timeOf(growsSinceMs));

const timeOf = (timeMs: number): string => new Date(timeMs).toTimeString().slice(0, 8);

const limitLines = ({ limits, pageCache, pressure, oomKills }: MemoryReport, width: number): string[] => [
  ...renderTable(
    [
      { title: 'USED', align: 'right', cell: (limit) => formatShare(shareOf(limit)) },
      { title: 'OF', align: 'right', cell: (limit) => formatBytes(limit.limitBytes) },
      { title: 'LIMIT', align: 'left', cut: 'start', cell: (limit) => limit.of },
    ],
    joinWorkers(limits.toSorted((a, b) => shareOf(b) - shareOf(a))),
    width,
  ),
  ...(pageCache !== null && pageCache.bytes > 0 && limits.some(({ kind }) => kind.startsWith('cgroup'))
    ? wrap(
        `${escapeText(pageCache.of)} holds ${formatBytes(pageCache.bytes)} of cached files; the kernel drops ${formatBytes(pageCache.droppableBytes)} of them first, which is not counted as used`,
        width,
      )
    : []),
  ...(pressure !== null && pressure.some60s >= leastPressure
    ? [`tasks of ${pressure.of} waited for memory during ${formatShare(pressure.some60s)} of the last minute`]
    : []),
  ...(oomKills !== null && oomKills > 0
    ? [`the kernel has killed ${formatThings(oomKills, 'process', 'processes')} of this cgroup because memory ran out`]
    : []),
];

/** Shorter waits are normal. */
const leastPressure = 0.005;

/** Of several workers with the same heap limit, only the fullest is shown. In: the fullest first. */
const joinWorkers = (limits: readonly MemoryLimit[]): MemoryLimit[] => {
  const isWorker = ({ kind, of }: MemoryLimit): boolean => kind === 'heap' && !of.endsWith('(main thread)');
  return limits.flatMap((limit, at) => {
    if (!isWorker(limit)) return [limit];
    const alike = limits.filter((other) => isWorker(other) && other.limitBytes === limit.limitBytes);
    if (limits.indexOf(alike[0] ?? limit) !== at) return [];
    const more = alike.length - 1;
    return [more === 0 ? limit : { ...limit, of: `${limit.of}; ${formatCount(more)} more, less full` }];
  });
};

const shareOf = ({ usedBytes, limitBytes }: MemoryLimit): number => usedBytes / Math.max(1, limitBytes);

/** What has changed so far, and which limit will be reached. */
export const watchLines = ({ watch, forecast }: Pick<MemoryReport, 'watch' | 'forecast'>): string[] => {
  if (watch === null) return [];
  const { sinceMs, seconds, readings, rssDelta } = watch;
  const time = formatDuration(seconds * 1e6);
  const change = rssDelta < 0 ? `shrank by ${formatBytes(-rssDelta)}` : `grew by ${formatBytes(rssDelta)}`;
  return [
    `RSS ${change} in ${time} (${formatCount(readings)} readings since ${timeOf(sinceMs)})`,
    ...(forecast === null ? [whyNoForecast(watch)] : forecastLines(forecast)),
  ];
};

const whyNoForecast = ({ missingReadings, readings }: MemoryWatch): string =>
  missingReadings > 0
    ? `no forecast yet: it takes ${formatCount(readings + missingReadings)} readings`
    : 'no forecast: nothing that has a limit is proved to grow';

export const forecastLines = (forecast: MemoryForecast): string[] => {
  const { of, bytesPerSecond, seconds, lowSeconds, highSeconds, grows = 'its use' } = forecast;
  const [likely, least] = [seconds, lowSeconds].map((one) => formatDuration(one * 1e6));
  const most = highSeconds === null ? 'or never' : `to ${formatDuration(highSeconds * 1e6)}`;
  return [
    `${escapeText(of)} is reached in about ${likely} (95 %: ${least} ${most}), if ${grows} goes on growing by ${formatBytes(bytesPerSecond)}/s`,
  ];
};

const adviceLines = ({ advice }: MemoryReport, width: number): string[] =>
  advice.flatMap(({ text, evidence }) => [
    '',
    ...wrap(escapeText(evidence), width),
    ...wrap(escapeText(text), width - 2).map((line) => `  ${line}`),
  ]);
