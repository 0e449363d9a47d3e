/**
 * One finding of a check in a few lines that every output shares: what grows and how fast, what holds it, whose code
 * that is. In: a finding. Out: plain lines; text from the heap is escaped.
 */
import type { CheckFinding } from '../analyzer/model/check.js';
import type { Location } from '../analyzer/model/location.js';
import { fileOf } from '../source/file-address.js';
import { renderPath } from './path-text.js';
import { escapeText, formatBytes, formatRate } from './units.js';

const longestPath = 10;

/** What a signature is, for where it first stands. */
export const signatureMeaning =
  '(names this leak in every run, whatever the lines; a baseline of memwatch check lists it)';

/** `+1 entry a call, +96 B a call`: the known parts of the rate. */
export const renderRate = (finding: CheckFinding): string => {
  const perCall = finding.countPerIteration !== null;
  const word = perCall ? 'call' : 'round';
  const count = finding.countPerIteration ?? finding.countPerRound;
  const bytes = finding.bytesPerIteration ?? finding.bytesPerRound ?? 0;
  return [
    ...(count > 0 ? [`+${formatRate(count)} ${count === 1 ? 'entry' : 'entries'}`] : []),
    ...(bytes > 0 ? [`+${formatBytes(bytes)}`] : []),
  ]
    .join(', ')
    .concat(` a ${word}${count > 0 && !Number.isInteger(count) ? ' on average' : ''}`);
};

/** `src/cart.ts:17:3`, relative to a folder if the file is inside it. */
export const renderPlace = (place: Location, folder: string): string =>
  escapeText(`${relativeFile(place.file, folder)}:${place.line}:${place.column}`);

/** A file's path relative to a folder, with `/`; unchanged if it is elsewhere. Takes paths and `file://` addresses. */
export const relativeFile = (file: string, folder: string): string => {
  const path = fileOf(file).replaceAll('\\', '/');
  const from = `${folder.replaceAll('\\', '/').replace(/\/$/, '')}/`;
  return path.startsWith(from) ? path.slice(from.length) : path;
};

/** The whole finding, title first. */
export const findingLines = (finding: CheckFinding, folder: string): string[] => {
  const { location, owner, allocationSites } = finding;
  const owned =
    owner.kind === 'dependency' ? ` (${owner.package}${owner.version === null ? '' : ` ${owner.version}`})` : '';
  const [site] = allocationSites;
  return [
    `${escapeText(finding.title)}: ${renderRate(finding)}`,
    ...(location === null ? [] : [`at ${renderPlace(location, folder)}${escapeText(owned)}`]),
    ...(finding.path.length === 0 ? [] : [`held by ${renderPath(finding.path, longestPath)}`]),
    ...(site === undefined
      ? []
      : [`made in ${escapeText(`${site.function} ${relativeFile(site.file, folder)}:${site.line}`)}`]),
    ...finding.reasons.map(escapeText),
    ...(finding.advice === null ? [] : [escapeText(finding.advice)]),
    `signature ${escapeText(finding.signature)}`,
    ...(finding.rank === 1 ? [`  ${signatureMeaning}`] : []),
  ];
};
