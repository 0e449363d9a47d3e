/**
 * One finding of a check in a few lines that every output shares: what grows and how fast, what holds it, whose code
 * that is. In: a finding. Out: plain lines; text from the heap is escaped.
 */
import type { CheckFinding } from '../analyzer/model/check.js';
import type { Caller, CodeLine, Finding, GrowthSite, StackFrame } from '../analyzer/model/finding.js';
import type { Location } from '../analyzer/model/location.js';
import { isApplicationFile } from '../analyzer/model/owner.js';
import { isProgramFile } from '../analyzer/model/scripts.js';
import { fileOf } from '../source/file-address.js';
import { renderPath } from './path-text.js';
import { escapeText, formatBytes, formatRate } from './units.js';

const longestPath = 10;

/** Says what a signature is, where a report first shows one. */
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

/** The application's line that calls the dependency or Node, whose line is the finding's place; undefined if it is not known. */
export const callerOf = ({ location, growthSites, allocationSites }: Finding): CodeLine | undefined => {
  if (location !== null && isApplicationFile(location.file)) return undefined;
  const [seen] = growthSites.map(({ stack }) => stack.find(({ file }) => isApplicationFile(file)));
  const made = allocationSites.map(({ calledFrom, ...site }): Caller => calledFrom ?? site);
  const from = made.find(({ file }) => isApplicationFile(file));
  return seen ?? (from && { ...from, line: from.callLine ?? from.line });
};

/** The functions of the program's own on a stack, innermost first. */
export const renderStack = ({ stack }: GrowthSite, codeText: (frame: StackFrame) => string): string => {
  const own = stack.filter(({ file }) => isProgramFile(file));
  return (own.length > 0 ? own : stack.slice(0, 1)).slice(0, mostFrames).map(codeText).join(', called from ');
};
const mostFrames = 4;

/** The whole finding, title first. */
export const findingLines = (finding: CheckFinding, folder: string): string[] => {
  const { location, owner, allocationSites, growthSites } = finding;
  const owned =
    owner.kind === 'dependency' ? ` (${owner.package}${owner.version === null ? '' : ` ${owner.version}`})` : '';
  const [site] = allocationSites;
  const caller = callerOf(finding);
  const lineOf = ({ function: name, file, line }: CodeLine): string => `${name} ${relativeFile(file, folder)}:${line}`;
  return [
    `${escapeText(finding.title)}: ${renderRate(finding)}`,
    ...(location === null ? [] : [`at ${renderPlace(location, folder)}${escapeText(owned)}`]),
    ...(caller === undefined ? [] : [`called from ${escapeText(lineOf(caller))}`]),
    ...growthSites.slice(0, 1).map((added) => `added by ${escapeText(renderStack(added, lineOf))}`),
    ...(finding.path.length === 0 ? [] : [`held by ${renderPath(finding.path, longestPath)}`]),
    ...(site === undefined ? [] : [`made in ${escapeText(lineOf(site))}`]),
    ...finding.reasons.map(escapeText),
    ...(finding.advice === null ? [] : [escapeText(finding.advice)]),
    `signature ${escapeText(finding.signature)}`,
    ...(finding.rank === 1 ? [`  ${signatureMeaning}`] : []),
  ];
};
