/** The shape of `memwatch/leaks@1`, for the one reader of documents. In: a value. Out: a LeakReport, or `broken-file`. */
import type { Bound } from '../../model/bounds.js';
import type { Finding, LeakReport, Owner, ThreadVerdict } from '../../model/finding.js';
import { nodeTypes } from '../../model/heap-graph.js';
import type { Location } from '../../model/location.js';
import type { PathStep } from '../../model/path.js';
import { isRecord, list, nullOr, number, oneOf, optional, record, text, type Fields, type Shape } from '../shape.js';

const codeLine = { function: text, file: text, line: number };
export const place = record<Location>({ file: text, line: number, column: number });

const owner: Shape<Owner> = (value, at) => {
  const { kind } = record<{ kind: Owner['kind'] }>({ kind: oneOf('application', 'dependency', 'node', 'unknown') })(
    value,
    at,
  );
  return kind === 'dependency'
    ? record<Extract<Owner, { kind: 'dependency' }>>({
        kind: oneOf('dependency'),
        package: text,
        version: nullOr(text),
      })(value, at)
    : { kind };
};

/** Results of version 0.1 have neither a label nor a kind. */
export const step: Shape<PathStep> = (value, at) =>
  wholeStep(isRecord(value) ? { label: value['edge'], kind: 'word', ...value } : value, at);

const wholeStep = record<PathStep>({
  edge: text,
  label: text,
  kind: oneOf('property', 'element', 'word'),
  name: text,
  type: oneOf(...nodeTypes, 'module'),
  id: number,
});

/** Reports of earlier versions do not have it. */
const nullOrMissing =
  <T>(item: Shape<T>): Shape<T | null> =>
  (value, at) =>
    nullOr(item)(value ?? null, at);

/** The fields of a finding. */
export const findingFields: Fields<Finding> = {
  rank: number,
  kind: oneOf(
    'map',
    'set',
    'array',
    'dictionary',
    'linked-list',
    'closure-chain',
    'listeners',
    'promise-reactions',
    'promise-chain',
    'timers',
    'weak-set',
    'string',
    'buffer',
    'symbol-registry',
    'native',
    'class',
  ),
  title: text,
  signature: text,
  bytesPerRound: nullOr(number),
  countPerRound: number,
  retainedBytesPerRound: nullOr(number),
  history: list(number),
  container: record({ id: number, name: text, type: text }),
  gains: list(record({ name: text, countPerRound: number, selfBytesPerRound: number })),
  path: list(step),
  location: nullOr(place),
  additions: optional(list(record({ location: place, function: nullOr(place) }))),
  owner,
  keptFunctions: list(record({ ...codeLine, countPerRound: number })),
  allocationSites: list(
    record({
      ...codeLine,
      callLine: optional(number),
      bytes: number,
      calledFrom: nullOrMissing(record({ ...codeLine, callLine: optional(number) })),
    }),
  ),
  growthSites: list(record({ stack: list(record(codeLine)), count: number })),
  advice: nullOr(text),
  reasons: list(text),
  bounded: optional(record({ location: nullOr(place), text })),
};
const finding = record<Finding>(findingFields);

/** Reports of earlier versions do not have it. */
const listOrNone = <T>(item: Shape<T>): Shape<readonly T[]> => {
  const items = list(item);
  return (value, at) => (value === undefined ? [] : items(value, at));
};

const verdict = oneOf('leak', 'clean', 'inconclusive');
const perSecond = record<Bound['perSecond']>({ estimate: number, low: nullOr(number), high: nullOr(number) });

export const leakReport = record<LeakReport>({
  schema: oneOf('memwatch/leaks@1'),
  nodeVersion: optional(text),
  verdict,
  reasons: list(text),
  evidence: oneOf('snapshots', 'census'),
  rounds: number,
  heapBytes: list(number),
  snapshots: number,
  findings: list(finding),
  bounded: optional(list(finding)),
  warnings: list(text),
  bounds: listOrNone(record<Bound>({ of: text, unit: oneOf('bytes', 'count'), perSecond })),
  looked: listOrNone(text),
  notLooked: listOrNone(record({ what: text, why: text })),
  threads: listOrNone(record<ThreadVerdict>({ worker: text, verdict })),
});
