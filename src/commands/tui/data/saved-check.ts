/** A saved result of `memwatch check` as the Growth tab shows it: all findings of all scenarios. In: the document. Out: a ShownReport. */
import type { CheckReport, ScenarioReport } from '../../../analyzer/model/check.js';
import { describeVerdict, scenarioLines } from '../../../report/check-text.js';
import type { ShownReport } from '../../../tui/state/provider.js';

export const reportOfCheck = ({ passed, scenarios, warnings }: CheckReport): ShownReport => {
  const findings = scenarios.flatMap((scenario) =>
    scenario.findings.map((finding) => ({
      ...finding,
      title: scenarios.length === 1 ? finding.title : `${scenario.file}: ${finding.title}`,
    })),
  );
  const leaks = scenarios.some(({ verdict }) => verdict === 'leak');
  return {
    verdict: leaks ? 'leak' : passed ? 'clean' : 'inconclusive',
    reasons: scenarios.flatMap(linesOf),
    findings: findings.map((finding, at) => ({ ...finding, rank: at + 1 })),
    warnings,
  };
};

/** What the command prints, but for the findings, which are rows. */
const linesOf = (scenario: ScenarioReport): string[] => [
  `${scenario.passed ? 'pass' : 'FAIL'}  ${scenario.file}: ${describeVerdict(scenario)}`,
  ...scenarioLines({ ...scenario, findings: [] }, process.cwd()),
];
