/**
 * The leak report as text: the verdict and the line first, then the evidence. In: a LeakReport and a width. Out: text;
 * the first finding with all its evidence fits on one screen.
 */
import { formatPlace } from '../analyzer/model/location.js';
import type {
  AllocationSite,
  Caller,
  CodeLine,
  Finding,
  GrowthSite,
  KeptFunction,
  LeakReport,
  Owner,
} from '../analyzer/model/finding.js';
import { callerOf, renderStack, signatureMeaning } from './finding-lines.js';
import { renderPath } from './path-text.js';
import { escapeText, formatBytes, formatCount, formatCountDelta, formatMean } from './units.js';

/** Most steps of a path that are shown. */
const mostSteps = 10;
const mostSites = 3;

export const renderLeaks = (report: LeakReport, columns: number): string => {
  const width = Math.max(60, columns);
  const lines = [
    verdictLine(report),
    ...report.reasons.slice(report.verdict === 'leak' ? 0 : 1).map((reason) => `  ${escapeText(reason)}`),
    ...coverageText(report),
    ...report.warnings.map((warning) => `  note: ${escapeText(warning)}`),
    ...report.findings.flatMap((finding) => ['', ...renderFinding(finding, report)]),
  ];
  return lines.flatMap((line) => wrap(line, width)).join('\n');
};

/** The verdict in one line. */
export const verdictLine = ({ verdict, findings, reasons }: LeakReport): string => {
  const first = findings[0];
  if (verdict === 'clean') return `CLEAN: ${escapeText(reasons[0] ?? 'nothing leaks')}`;
  if (verdict === 'inconclusive')
    return `INCONCLUSIVE: ${escapeText(reasons[0] ?? 'growth was neither proved nor excluded')}`;
  if (first === undefined) return 'LEAK';
  const hasPlace = first.location !== null || first.container.id !== 0;
  return hasPlace ? `LEAK at ${placeOf(first)}` : `LEAK: ${escapeText(first.title)}`;
};

/** What was checked and what was not: the verdict covers only what was checked. */
const coverageText = ({ looked, notLooked }: LeakReport): string[] => [
  ...(looked.length === 0 ? [] : [`  checked: ${escapeText(looked.join(', '))}`]),
  ...notLooked.map(({ what, why }) => `  not checked: ${escapeText(`${what} (${why})`)}`),
];

const placeOf = ({ location, container }: Finding): string =>
  location === null
    ? `${escapeText(container.name)}${container.id === 0 ? '' : ` @${container.id}`}`
    : escapeText(formatPlace(location));

const renderFinding = (finding: Finding, report: LeakReport): string[] => [
  `${finding.rank}. ${escapeText(finding.title)}`,
  ...findingFields(finding, report).map(([name, text]) => `   ${name.padStart(7)}: ${text}`),
  `     signature: ${escapeText(finding.signature)}`,
  ...(finding.rank === 1 ? [`       ${signatureMeaning}`] : []),
];

/** What is known about a finding apart from its title and signature: names and texts, already escaped. */
export const findingFields = (
  finding: Finding,
  { rounds }: LeakReport,
): readonly (readonly [name: string, text: string])[] => {
  const { location, container, history, gains, path, allocationSites, growthSites, reasons, advice } = finding;
  const gained = gains.slice(0, 4).map(({ name, countPerRound }) => `${escapeText(name)} ${formatCountDelta(countPerRound)}`); // prettier-ignore
  const fields: [string, string][] = [
    ['where', location === null ? '' : `${placeOf(finding)} (${ownerText(finding.owner)})`],
    ['from', callerText(finding)],
    ['blame', blameText(finding, rounds)],
    // the proof has the figures of what grows outside the heap, with their unit
    [history[0] === 0 ? 'gained' : 'entries', container.id === 0 ? '' : history.map(formatCount).join(' → ')],
    ['gains', gained.join(', ')],
    ['held by', renderPath(path, mostSteps)],
    ['keeps', keptElsewhere(finding).slice(0, mostSites).map(keptText).join('; ')],
    ['made by', allocationSites.slice(0, mostSites).map(siteText).join('; ')],
    ['added by', growthSites.slice(0, mostSites).map(growthText).join('; ')],
    ...reasons.map((reason): [string, string] => ['proof', escapeText(reason)]),
    ['advice', advice ?? ''],
  ];
  return fields.filter(([, text]) => text !== '');
};

const blameText = (finding: Finding, rounds: number): string => {
  const { bytesPerRound, retainedBytesPerRound, countPerRound } = finding;
  if (bytesPerRound === null) return '';
  if (bytesPerRound === 0 && countPerRound > 0) return `${formatMean(countPerRound)} more a round`;
  const isShared = retainedBytesPerRound !== null && retainedBytesPerRound > bytesPerRound * 1.1;
  const shared = isShared
    ? `; ${formatBytes(retainedBytesPerRound)} a round including what other objects also retain`
    : '';
  return `${formatBytes(bytesPerRound)} a round, ${formatBytes(bytesPerRound * rounds)} in ${rounds} rounds${shared}`;
};

const ownerText = (owner: Owner): string => {
  switch (owner.kind) {
    case 'application':
      return "the application's own code";
    case 'dependency':
      return `dependency ${escapeText(owner.package)}${owner.version === null ? '' : ` ${escapeText(owner.version)}`}`;
    case 'node':
      return 'Node.js itself';
    case 'unknown':
      return 'owner unknown';
  }
};

const siteText = ({ bytes, calledFrom, ...made }: AllocationSite): string => {
  const caller = calledFrom === null ? '' : `, called from ${callText(calledFrom)}`;
  return escapeText(`${callText(made)} about ${formatBytes(bytes)}${caller}`);
};

const codeText = ({ function: name, file, line }: CodeLine): string => `${name} (function at ${file}:${line})`;

const callText = ({ callLine, ...caller }: Caller): string =>
  callLine === undefined ? codeText(caller) : `${caller.function} at ${caller.file}:${callLine}`;

/** Kept functions that are not at the finding's own location. */
const keptElsewhere = ({ keptFunctions, location }: Finding): KeptFunction[] =>
  keptFunctions.filter(({ file, line }) => file !== location?.file || line !== location.line);

const keptText = ({ function: name, file, line, countPerRound }: KeptFunction): string =>
  escapeText(`${formatCountDelta(countPerRound)} ${name} (function at ${file}:${line})`);

const growthText = (site: GrowthSite): string =>
  escapeText(
    `${renderStack(site, ({ function: name, file, line }) => `${name} at ${file}:${line}`)} (${site.count} times)`,
  );

const callerText = (finding: Finding): string => {
  const caller = callerOf(finding);
  return caller === undefined ? '' : escapeText(`${caller.file}:${caller.line} (${caller.function})`);
};

/** Wraps long lines, indented to the start of their field's text. */
const wrap = (line: string, width: number): string[] => {
  if (line.length <= width) return [line];
  const indent = ' '.repeat((/^\s*(?:\d+\. |[a-z ]+: )?/.exec(line)?.[0] ?? '').length);
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S) /)) {
    if (current !== '' && `${current} ${word}`.length > width) {
      lines.push(current);
      current = indent + word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
};
