/**
 * A check as GitHub's Markdown, for a job summary or a comment, and as the workflow commands that annotate a finding's
 * file and line. In: a report. Out: text.
 */
import type { CheckFinding, CheckReport, ScenarioReport } from '../analyzer/model/check.js';
import { describeVerdict, scenarioLines, stateOf } from './check-text.js';
import { relativeFile, renderPlace, renderRate } from './finding-lines.js';
import { headline } from './junit.js';
import { escapeMarkdown, escapeText } from './units.js';

export const renderCheckMarkdown = (report: CheckReport, folder: string): string =>
  [
    `### memwatch check: ${report.passed ? 'passed' : 'failed'}`,
    '',
    '| | scenario | verdict | finding | where |',
    '|---|---|---|---|---|',
    ...report.scenarios.flatMap((scenario) => renderRows(scenario, folder)),
    '',
    ...report.scenarios.filter(({ passed }) => !passed).flatMap((scenario) => renderDetails(scenario, folder)),
  ].join('\n');

const renderRows = (scenario: ScenarioReport, folder: string): string[] => {
  const mark = scenario.passed ? '✅' : '❌';
  const first = `| ${mark} | ${escapeMarkdown(scenario.file)} | ${scenario.verdict} |`;
  const rows = scenario.findings.map((finding) => renderFindingCells(finding, scenario, folder));
  const [head = scenario.passed ? ' | |' : ` ${escapeMarkdown(headline(scenario))} | |`, ...rest] = rows;
  return [first + head, ...rest.map((cells) => `| | | |${cells}`)];
};

const renderFindingCells = (finding: CheckFinding, scenario: ScenarioReport, folder: string): string => {
  const what = `${stateOf(finding, scenario)}: ${escapeText(finding.title)}, ${renderRate(finding)}`;
  const where = finding.location === null ? '' : renderPlace(finding.location, folder);
  return ` ${escapeMarkdown(what)} | ${escapeMarkdown(where)} |`;
};

/** Indented by four spaces: a code block that no text from the heap can end. */
const renderDetails = (scenario: ScenarioReport, folder: string): string[] => [
  '<details><summary>',
  '',
  `${escapeMarkdown(scenario.file)}: ${escapeMarkdown(describeVerdict(scenario))}`,
  '',
  '</summary>',
  '',
  ...scenarioLines(scenario, folder).map((line) => `    ${line}`),
  '',
  '</details>',
  '',
];

/** `::error file=…,line=…::…`, one per failure; files relative to the repository (`workspace`). */
export const renderAnnotations = (report: CheckReport, folder: string, workspace: string): string[] =>
  report.scenarios
    .filter(({ passed }) => !passed)
    .flatMap((scenario) => {
      const own = relativeFile(absoluteIn(folder, scenario.file), workspace);
      const fresh = scenario.findings.filter((finding) => stateOf(finding, scenario) !== 'known');
      if (fresh.length === 0) return [annotation(own, 1, 1, headline(scenario))];
      return fresh.map((finding) => {
        const { file, line, column } = finding.location ?? { file: own, line: 1, column: 1 };
        const message = `${finding.title}: ${renderRate(finding)} (${scenario.file})`;
        return annotation(relativeFile(file, workspace), line, column, message);
      });
    });

const absoluteIn = (folder: string, file: string): string =>
  /^(\/|[a-z]:)/i.test(file) ? file : `${folder.replaceAll('\\', '/')}/${file}`;

const annotation = (file: string, line: number, column: number, message: string): string =>
  `::error file=${escapeProperty(file)},line=${line},col=${column},title=memwatch check::${escapeData(message)}`;

/** GitHub's own escapes of workflow commands; `%` first. */
const escapeData = (text: string): string => escapeText(text).replaceAll('%', '%25');
const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
