/**
 * The report of a check that could not be finished, for CI jobs that read files and not stderr. In: what is known so far,
 * and the error. Out: a report in which whatever was not checked has failed by that error.
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
  return {
    schema: 'memwatch/check@1',
    passed: false,
    scenarios: [...scenarios, ...rest],
    baseline: null,
    warnings: [],
  };
};

/** A scenario that memwatch could not check. */
export const unusable = (name: string, error: unknown): ScenarioReport => {
  const hint = error instanceof MemwatchError ? (error.hint ?? null) : 'this is a bug of memwatch; --debug shows where';
  return {
    ...emptyReport(name),
    passed: false,
    failure: { kind: 'unusable', message: messageOf(error), hint, output: '' },
  };
};
