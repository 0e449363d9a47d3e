/** The evidence for one finding, the most useful line first. In: a finding. Out: lines. Pure. */
import type { Finding } from '../../analyzer/model/finding.js';
import { signatureMeaning } from '../../report/finding-lines.js';
import { formatCount, formatCountDelta } from '../../report/units.js';
import { displayWidth } from '../../report/width.js';
import { placeText } from './columns.js';
import { line, span, type Line, type Span } from './line.js';
import { flow, pathSpans } from './path-spans.js';
import { placesOfFinding, type FindingPlace } from '../state/places.js';
import { sparkline } from './table.js';
import { wrap } from '../../report/wrap.js';
import { padEnd, safe } from './text.js';

const labelWidth = 11;

/** `chosen`: the number of the place that Enter opens. */
export const findingLines = (finding: Finding, width: number, chosen: number): Line[] => [
  ...wrap(safe(finding.title), width - 2).map((text) => line(span(` ${text}`, 'bold'))),
  ...sites(finding, width, chosen),
  ...labelled('Held by', [...pathSpans(finding.path), [span(` @${finding.container.id}`, 'dim')]], width),
  ...labelled(finding.history[0] === 0 ? 'Gained' : 'Entries', historyPieces(finding), width),
  ...(finding.advice === null ? [] : wrapped('Advice', safe(finding.advice), width)),
  ...finding.reasons.flatMap((reason, at) => wrapped(at === 0 ? 'Because' : '', safe(reason), width)),
  ...wrapped('Gains', gainsText(finding), width),
  ...wrapped('Signature', safe(finding.signature), width),
  ...wrapped('', signatureMeaning, width),
];

/** The number of the place in a line of the evidence. */
export const placeAtLine = (finding: Finding, width: number, y: number): number | undefined => {
  const at = y - wrap(safe(finding.title), width - 2).length;
  return at >= 0 && at < placesOfFinding(finding).length ? at : undefined;
};

/** The known lines that leak, add or allocate; the one that Enter opens is marked. */
const sites = (finding: Finding, width: number, chosen: number): Line[] => {
  const places = placesOfFinding(finding);
  if (places.length === 0) return [line(label('Line'), span('unknown: this evidence does not show it', 'dim'))];
  return places.map((place, at) => siteLine(place, width, at === chosen));
};

/** Shortened at the start: the end of a file's path is more useful, and the line number most of all. */
const siteLine = ({ label: name, place, about }: FindingPlace, width: number, marked: boolean): Line => {
  const room = width - labelWidth - (about === '' ? 0 : displayWidth(safe(about)) + 2);
  return line(
    span(padEnd(`${marked ? '▸' : ' '}${name}`, labelWidth), marked ? 'key' : 'title'),
    span(placeText(place, Math.max(room, Math.floor((width - labelWidth) / 3))), 'place'),
    span(`  ${safe(about)}`),
  );
};

const label = (name: string): Span => span(padEnd(` ${name}`, labelWidth), 'title');

const historyPieces = (finding: Finding): Span[][] => [
  [span(finding.history.map(formatCount).join(' → ')), span(`  ${sparkline(finding.history)}`, 'bar')],
];

const gainsText = (finding: Finding): string =>
  finding.gains
    .slice(0, 4)
    .map((gain) => `${formatCountDelta(gain.countPerRound)} ${safe(gain.name)}`)
    .join(', ') + ' a round';

/** Pieces over as many lines as they need, with the label before the first. */
const labelled = (name: string, pieces: readonly Span[][], width: number): Line[] =>
  flow(pieces, width - labelWidth).map((spans, at) => line(label(at === 0 ? name : ''), ...spans));

const wrapped = (name: string, text: string, width: number): Line[] =>
  text === '' ? [] : wrap(text, width - labelWidth - 1).map((part, at) => line(label(at === 0 ? name : ''), part));
