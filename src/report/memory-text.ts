/**
 * The memory of a process for a terminal: what it consists of, which limit it will hit, what to do. In: a MemoryReport. Out: text.
 */
import type { MemoryForecast, MemoryLimit, MemoryPart, MemoryReport } from '../analyzer/model/memory.js';
import { renderTable } from './table.js';
import { escapeText, formatBytes, formatBytesDelta, formatCount, formatDuration, formatShare } from './units.js';
import { wrap } from './wrap.js';

export const renderMemory = (report: MemoryReport, width: number): string =>
  [
    memoryHeadline(report),
    '',
    ...partLines(report, width),
    '',
    ...limitLines(report, width),
    ...forecastLines(report.forecast),
    ...adviceLines(report, width),
    ...report.warnings.map((warning) => `warning: ${escapeText(warning)}`),
    `reading /proc/${report.pid}/smaps took ${formatDuration(report.readUs)}`,
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
  return renderTable(
    [
      { title: 'RSS', align: 'right', cell: (part) => formatBytes(part.rssBytes) },
      { title: 'SHARE', align: 'right', cell: (part) => formatShare(part.rssBytes / Math.max(1, rssBytes)) },
      ...(compared ? [delta] : []),
      { title: 'RESERVED', align: 'right', cell: (part) => formatBytes(part.virtualBytes) },
      { title: 'OWNER', align: 'left', cell: (part) => part.owner },
      { title: 'WHAT', align: 'left', cut: 'end', cell: (part) => part.detail },
    ],
    parts,
    width,
  );
};

const changeOf = ({ delta }: MemoryPart): string => (delta === null ? '' : formatBytesDelta(delta));

const limitLines = ({ limits, pressure, oomKills }: MemoryReport, width: number): string[] => [
  ...renderTable(
    [
      { title: 'USED', align: 'right', cell: (limit) => formatShare(shareOf(limit)) },
      { title: 'OF', align: 'right', cell: (limit) => formatBytes(limit.limitBytes) },
      { title: 'LIMIT', align: 'left', cut: 'start', cell: (limit) => limit.of },
    ],
    limits.toSorted((a, b) => shareOf(b) - shareOf(a)),
    width,
  ),
  ...(pressure !== null && pressure.some60s > 0
    ? [`tasks of ${pressure.of} waited for memory during ${formatShare(pressure.some60s)} of the last minute`]
    : []),
  ...(oomKills !== null && oomKills > 0
    ? [
        `the kernel has killed ${formatCount(oomKills)} ${oomKills === 1 ? 'process' : 'processes'} of this cgroup because memory ran out`,
      ]
    : []),
];

const shareOf = ({ usedBytes, limitBytes }: MemoryLimit): number => usedBytes / Math.max(1, limitBytes);

export const forecastLines = (forecast: MemoryForecast | null): string[] => {
  if (forecast === null) return [];
  const { of, bytesPerSecond, seconds, lowSeconds, highSeconds } = forecast;
  const [likely, least] = [seconds, lowSeconds].map((one) => formatDuration(one * 1e6));
  const most = highSeconds === null ? 'or never' : `to ${formatDuration(highSeconds * 1e6)}`;
  return [
    `at ${formatBytes(bytesPerSecond)}/s it reaches ${escapeText(of)} in about ${likely} (95 %: ${least} ${most})`,
  ];
};

const adviceLines = ({ advice }: MemoryReport, width: number): string[] =>
  advice.flatMap(({ text, evidence }) => [
    '',
    ...wrap(escapeText(evidence), width),
    ...wrap(escapeText(text), width - 2).map((line) => `  ${line}`),
  ]);
