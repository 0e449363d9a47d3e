/**
 * The report of a check, also of one that could not finish, for CI jobs that read files and not stderr. In: the results so
 * far, and the error. Out: a report in which every scenario that was not checked has failed with that error.
 */
import type { CheckReport, ScenarioReport } from '../../analyzer/model/check.js';
import { MemwatchError, messageOf } from '../../errors.js';
import { emptyReport } from '../../leaks/scenario.js';

export const reportOfEarlyEnd = (
  names: readonly string[],
  finished: readonly (ScenarioReport | undefined)[],
  error: unknown,
): CheckReport => {
  const count = Math.max(names.length, finished.length);
  const scenarios = Array.from({ length: count }, (_, at) => finished[at] ?? unusable(names[at] ?? 'service', error));
  const rest = scenarios.some(({ failure }) => failure !== null) ? [] : [unusable('memwatch check', error)];
  return checkReport([...scenarios, ...rest], null);
};

export const checkReport = (scenarios: readonly ScenarioReport[], baseline: string | null): CheckReport => ({
  schema: 'memwatch/check@1',
  passed: scenarios.every(({ passed }) => passed),
  scenarios,
  baseline,
  warnings: [],
});

/** A scenario that memwatch could not check. */
export const unusable = (name: string, error: unknown): ScenarioReport => {
  const hint =
    error instanceof MemwatchError
      ? (error.hint ?? null)
      : 'this is a bug in memwatch; run again with --debug to see where';
  return {
    ...emptyReport(name),
    passed: false,
    failure: { kind: 'unusable', message: messageOf(error), hint, output: '' },
  };
};
