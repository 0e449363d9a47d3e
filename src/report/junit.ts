/**
 * A check as JUnit XML for GitLab, Jenkins and GitHub's report actions: one test case per scenario; a leak or an
 * exceeded limit is a failure, a scenario that did not finish is an error.
 */
import type { CheckReport, ScenarioReport } from '../analyzer/model/check.js';
import { describeVerdict, renderLimit, scenarioLines } from './check-text.js';
import { escapeXml } from './units.js';

export const renderJunit = (report: CheckReport, folder: string): string => {
  const { scenarios } = report;
  const errors = scenarios.filter(({ failure }) => failure !== null).length;
  const failures = scenarios.filter(({ passed, failure }) => !passed && failure === null).length;
  const seconds = inSeconds(scenarios.reduce((sum, { durationUs }) => sum + durationUs, 0));
  const counts = `tests="${scenarios.length}" failures="${failures}" errors="${errors}" time="${seconds}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="memwatch check" ${counts}>`,
    `  <testsuite name="memwatch check" ${counts}>`,
    ...scenarios.flatMap((scenario) => renderCase(scenario, folder)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
};

const inSeconds = (durationUs: number): string => (durationUs / 1e6).toFixed(3);

const renderCase = (scenario: ScenarioReport, folder: string): string[] => {
  const attributes = `classname="memwatch.check" name="${escapeXml(scenario.file)}" file="${escapeXml(scenario.file)}" time="${inSeconds(scenario.durationUs)}"`;
  const text = scenarioLines(scenario, folder);
  const body = renderBody(scenario, text);
  return body.length === 0
    ? [`    <testcase ${attributes}/>`]
    : [`    <testcase ${attributes}>`, ...body, '    </testcase>'];
};

const renderBody = (scenario: ScenarioReport, text: readonly string[]): string[] => {
  const inside = text.map(escapeXml).join('\n');
  if (scenario.passed) return inside === '' ? [] : [`      <system-out>${inside}</system-out>`];
  const element = scenario.failure === null ? 'failure' : 'error';
  const message = escapeXml(headline(scenario));
  return [
    `      <${element} type="${scenario.failure?.kind ?? scenario.verdict}" message="${message}">${inside}</${element}>`,
  ];
};

/** The line shown in a list of failed tests. */
export const headline = (scenario: ScenarioReport): string => {
  if (scenario.failure !== null) return scenario.failure.message;
  const finding = scenario.findings.find(({ signature }) => !scenario.known.includes(signature));
  if (finding !== undefined) return finding.title;
  const limit = scenario.limits.find(({ exceeded }) => exceeded);
  return limit === undefined ? describeVerdict(scenario) : renderLimit(limit);
};
