/** The page of `memwatch/leaks@1`: the verdict, how the heap grew, each finding with its path and source, what was checked. */
import type { Bound } from '../../analyzer/model/bounds.js';
import type { Finding, LeakReport } from '../../analyzer/model/finding.js';
import { findingFields, verdictLine } from '../leaks-text.js';
import type { Block, Page, Section } from './page.js';
import { formatBytes, formatBytesDelta, formatCount, formatRate } from '../units.js';

const tones = { leak: 'bad', clean: 'good', inconclusive: 'open' } as const;

export const leaksPage = (report: LeakReport): Page => ({
  title: 'Memory leaks',
  verdict: verdictLine(report),
  tone: tones[report.verdict],
  reasons: report.verdict === 'leak' ? report.reasons : report.reasons.slice(1),
  sections: [
    ...heapSection(report),
    ...report.findings.map((finding) => findingSection(finding, report)),
    checkedSection(report),
    ...growthSection(report.bounds),
  ],
});

const heapSection = ({ heapBytes }: LeakReport): Section[] => {
  if (heapBytes.length < 2) return [];
  const ends: [string, string] = ['round 1', `round ${heapBytes.length}`];
  const lines = [{ name: 'heap after garbage collection', values: heapBytes }];
  return [
    {
      title: 'The heap, round by round',
      blocks: [{ kind: 'chart', title: 'Heap', lines, format: formatBytes, ends }],
    },
  ];
};

const findingSection = (finding: Finding, report: LeakReport): Section => {
  const { history, location } = finding;
  const ends: [string, string] = ['first count', 'last count'];
  const chart: Block[] =
    history.length < 2
      ? []
      : [
          {
            kind: 'chart',
            title: 'How many it holds',
            lines: [{ name: 'entries', values: history }],
            format: formatCount,
            ends,
          },
        ];
  const source: Block[] = location === null ? [] : [{ kind: 'source', file: location.file, line: location.line }];
  return {
    title: `${finding.rank}. ${finding.title}`,
    blocks: [
      { kind: 'fields', fields: [...findingFields(finding, report), ['signature', finding.signature]] },
      ...source,
      ...chart,
    ],
  };
};

const checkedSection = ({ looked, notLooked, threads, warnings, evidence, rounds, snapshots }: LeakReport): Section => {
  const how =
    evidence === 'snapshots'
      ? `${formatCount(snapshots)} heap snapshots were compared`
      : `live objects were counted in ${formatCount(rounds)} rounds; no snapshots were needed`;
  return {
    title: 'What was checked',
    blocks: [
      {
        kind: 'fields',
        fields: [
          ['how', how],
          ...looked.map((one): [string, string] => ['checked', one]),
          ...notLooked.map(({ what, why }): [string, string] => ['not checked', `${what} (${why})`]),
          ...threads.map(({ worker, verdict }): [string, string] => [`thread ${worker}`, verdict]),
          ...warnings.map((warning): [string, string] => ['note', warning]),
        ],
      },
    ],
  };
};

const growthSection = (bounds: readonly Bound[]): Section[] => {
  if (bounds.length === 0) return [];
  const rows = bounds.map(({ of, unit, perSecond: { estimate, low, high } }) => {
    const show = (value: number | null): string =>
      value === null ? 'not known' : unit === 'bytes' ? formatBytesDelta(Math.round(value)) : signedRate(value);
    return { cells: [show(estimate), show(low), show(high), of] };
  });
  const columns = [
    { title: 'growth a second', as: 'number' as const },
    { title: 'at least', as: 'number' as const },
    { title: 'at most', as: 'number' as const },
    { title: 'of', as: 'text' as const },
  ];
  return [{ title: 'How fast each kind of memory grows (95 %)', blocks: [{ kind: 'table', columns, rows }] }];
};

const signedRate = (value: number): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '-'}${formatRate(Math.abs(value))}`;
