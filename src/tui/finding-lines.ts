/** The evidence for one thing that grows, the line to look at first. In: a finding. Out: lines. Pure. */
import type { Finding, Owner } from '../analyzer/model/finding.js';
import type { Location } from '../analyzer/model/location.js';
import { formatBytes, formatCount, formatCountDelta } from '../report/units.js';
import { line, span, type Line, type Span } from './line.js';
import { sparkline } from './table.js';
import { padEnd, safe, wrap } from './text.js';

const labelWidth = 11;

export const findingLines = (finding: Finding, width: number): Line[] => [
  ...wrap(safe(finding.title), width - 2).map((text) => line(span(` ${text}`, 'bold'))),
  ...sites(finding),
  ...labelled('Kept by', pathPieces(finding), width),
  ...labelled('Entries', historyPieces(finding), width),
  ...(finding.advice === null ? [] : wrapped('Advice', safe(finding.advice), width)),
  ...finding.reasons.flatMap((reason, at) => wrapped(at === 0 ? 'Because' : '', safe(reason), width)),
  ...wrapped('Gains', gainsText(finding), width),
  ...wrapped('Signature', safe(finding.signature), width),
];

/** Which line adds, which line makes, which owns: whatever of it is known. */
const sites = (finding: Finding): Line[] => {
  const lines: Line[] = [];
  for (const site of finding.growthSites.slice(0, 2)) {
    const frame = site.stack[0];
    if (frame !== undefined) {
      lines.push(siteLine('Added at', frame, `${safe(frame.function)} ${formatCount(site.count)} times while watched`));
    }
  }
  for (const site of finding.allocationSites.slice(0, 2)) {
    lines.push(siteLine('Made at', site, `${safe(site.function)} ${formatBytes(site.bytes)} survived (sampled)`));
  }
  if (finding.location !== null) lines.push(siteLine('Owned by', finding.location, ownerText(finding.owner)));
  if (lines.length > 0) return lines;
  return [line(label('Line'), span('not known from this evidence', 'dim'))];
};

const siteLine = (name: string, place: Pick<Location, 'file' | 'line'>, about: string): Line =>
  line(label(name), span(`${safe(place.file)}:${place.line}`, 'place'), span(`  ${about}`));

const ownerText = (owner: Owner): string => {
  if (owner.kind === 'dependency') return `package ${safe(owner.package)} ${safe(owner.version ?? '')}`.trimEnd();
  return { application: 'your code', node: 'Node.js itself', unknown: '' }[owner.kind];
};

const label = (name: string): Span => span(padEnd(` ${name}`, labelWidth), 'title');

const pathPieces = (finding: Finding): Span[][] =>
  finding.path.map((step) => [
    ...(step.edge === '' ? [] : [span(safe(step.edge)), span(': ', 'dim')]),
    span(safe(step.name), 'name'),
    span(` @${step.id}`, 'dim'),
  ]);

const historyPieces = (finding: Finding): Span[][] => [
  [span(finding.history.map(formatCount).join(' → ')), span(`  ${sparkline(finding.history)}`, 'bar')],
];

const gainsText = (finding: Finding): string =>
  finding.gains
    .slice(0, 4)
    .map((gain) => `${formatCountDelta(gain.countPerRound)} ${safe(gain.name)}`)
    .join(', ') + ' a round';

/** Pieces with arrows between them, over as many lines as they need. */
const labelled = (name: string, pieces: readonly Span[][], width: number): Line[] => {
  const lines: Span[][] = [[label(name)]];
  let used = labelWidth;
  for (const [at, piece] of pieces.entries()) {
    const spans = at === 0 ? piece : [span(' → ', 'dim'), ...piece];
    const cells = spans.reduce((sum, one) => sum + one.text.length, 0);
    if (used > labelWidth && used + cells > width) {
      lines.push([label('')]);
      used = labelWidth;
    }
    lines.at(-1)?.push(...spans);
    used += cells;
  }
  return lines.map((spans) => line(...spans));
};

const wrapped = (name: string, text: string, width: number): Line[] =>
  text === '' ? [] : wrap(text, width - labelWidth - 1).map((part, at) => line(label(at === 0 ? name : ''), part));
