/** A check as text for a terminal or a log: one line per scenario, followed by what failed, where, and why. */
import type { CheckFinding, CheckReport, LimitResult, ScenarioReport } from '../analyzer/model/check.js';
import { findingLines } from './finding-lines.js';
import { escapeText, formatBytes, formatCount, formatDuration } from './units.js';

export interface CheckTextOptions {
  /** Paths are shown relative to this folder. */
  readonly folder: string;
  readonly color: boolean;
}

export const renderCheck = (report: CheckReport, options: CheckTextOptions): string => {
  const failed = report.scenarios.filter(({ passed }) => !passed).length;
  const all = report.scenarios.length;
  const summary = report.passed
    ? `${formatCount(all)} of ${formatCount(all)} scenarios passed`
    : `${formatCount(failed)} of ${formatCount(all)} scenarios failed`;
  return [
    ...report.scenarios.map((scenario) => renderScenario(scenario, options)),
    ...report.warnings.map((warning) => `warning: ${escapeText(warning)}`),
    all === 1 ? summary.replace('scenarios', 'scenario') : summary,
  ].join('\n');
};

/** One scenario; also printed as soon as the scenario is done. */
export const renderScenario = (scenario: ScenarioReport, { folder, color }: CheckTextOptions): string => {
  const paint = (code: number, text: string): string => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const mark = scenario.passed ? paint(32, 'pass') : paint(31, 'FAIL');
  const head = `${mark}  ${escapeText(scenario.file)}: ${describeVerdict(scenario)}`;
  return [head, ...scenarioLines(scenario, folder).map((line) => `      ${line}`)].join('\n');
};

/** The verdict with the work behind it: `leak (400 calls in 4 rounds, 2.10 s)`. */
export const describeVerdict = (scenario: ScenarioReport): string => {
  const { verdict, failure, rounds, iterations, durationUs } = scenario;
  if (failure !== null) return `${verdict}, ${escapeText(failure.message)}`;
  const calls = iterations.reduce((sum, one) => sum + one, 0);
  const work = calls > 0 ? `${formatCount(calls)} calls in ${rounds} rounds` : `${rounds} rounds`;
  return `${verdict} (${work}, ${formatDuration(durationUs)})`;
};

/** The lines below the head line: findings with their state, limits, the failure's own message. */
export const scenarioLines = (scenario: ScenarioReport, folder: string): string[] => [
  ...scenario.findings.flatMap((finding) => {
    const [title, ...rest] = findingLines(finding, folder);
    return [`${labelOf(finding, scenario)}: ${title}`, ...rest.map((line) => `  ${line}`)];
  }),
  ...scenario.limits.filter(({ exceeded }) => exceeded).map(renderLimit),
  ...scenario.gone.map((signature) => `gone: ${escapeText(signature)} (run with --update-baseline to remove it)`),
  ...(isProved(scenario) ? [] : scenario.reasons.map(escapeText)),
  ...scenario.warnings.map((warning) => `warning: ${escapeText(warning)}`),
  ...failureLines(scenario),
];

/** A finding says why it is one; if none is proved, the reasons say so, and what would settle it. */
const isProved = ({ findings, verdict }: ScenarioReport): boolean => findings.length > 0 && verdict !== 'inconclusive';

const labelOf = (finding: CheckFinding, scenario: ScenarioReport): string =>
  scenario.verdict === 'inconclusive' ? 'not proved' : stateOf(finding, scenario);

export const stateOf = ({ signature }: CheckFinding, scenario: ScenarioReport): 'new' | 'known' | 'worse' =>
  scenario.worse.includes(signature) ? 'worse' : scenario.known.includes(signature) ? 'known' : 'new';

const failureLines = ({ failure }: ScenarioReport): string[] => {
  if (failure === null) return [];
  const output = failure.output === '' ? [] : failure.output.split('\n').map(escapeText);
  return [...(failure.hint === null ? [] : failure.hint.split('\n').map(escapeText)), ...output];
};

export const renderLimit = ({ name, limit, measured, exceeded }: LimitResult): string => {
  const format = name === 'max-pause' ? formatDuration : formatBytes;
  return `${name}: ${format(measured)}, limit ${format(limit)}${exceeded ? ' exceeded' : ''}`;
};
