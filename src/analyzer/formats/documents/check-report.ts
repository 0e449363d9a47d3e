/** The shape of `memwatch/check@1`, for the one reader of documents. In: a value. Out: a CheckReport, or `broken-file`. */
import type {
  CheckFinding,
  CheckReport,
  CounterReading,
  LimitResult,
  ScenarioFailure,
  ScenarioReport,
} from '../../model/check.js';
import { flag, list, nullOr, number, object, oneOf, record, text } from '../shape.js';
import { findingFields } from './leak-report.js';

const finding = record<CheckFinding>({
  ...findingFields,
  bytesPerIteration: nullOr(number),
  countPerIteration: nullOr(number),
});

const scenario = record<ScenarioReport>({
  file: text,
  passed: flag,
  verdict: oneOf('leak', 'clean', 'inconclusive', 'failed'),
  reasons: list(text),
  findings: list(finding),
  new: list(text),
  known: list(text),
  worse: list(text),
  gone: list(text),
  limits: list(
    record<LimitResult>({
      name: oneOf('max-growth', 'max-heap', 'max-pause', 'max-waste'),
      limit: number,
      measured: number,
      exceeded: flag,
    }),
  ),
  failure: nullOr(
    record<ScenarioFailure>({
      kind: oneOf('threw', 'crashed', 'exited', 'timeout', 'never-settles', 'unusable'),
      message: text,
      hint: nullOr(text),
      output: text,
    }),
  ),
  rounds: number,
  iterations: list(number),
  readings: list(object<CounterReading>),
  snapshots: number,
  durationUs: number,
  warnings: list(text),
});

export const checkReport = record<CheckReport>({
  schema: oneOf('memwatch/check@1'),
  passed: flag,
  scenarios: list(scenario),
  baseline: nullOr(text),
  warnings: list(text),
});
