/**
 * `memwatch-baseline.json`: the leaks that a team knows about and has not fixed yet, by scenario, with their rates. Made
 * to be reviewed: sorted, no ids, no machine's paths, no line that changes without a cause.
 *   { "schema": "memwatch/baseline@1", "scenarios": { "test/leaks/cart.mjs": [
 *     { "signature": "…", "kind": "map", "bytesPerIteration": 96, "countPerIteration": 1 } ] } }
 */
import { writeJson } from '../../model/escape.js';
import { MemwatchError, messageOf } from '../../../errors.js';
import type { Baseline, KnownLeak } from '../../model/check.js';
import { fieldsOf, list, number, object, orNothing, record, text, type Shape } from '../shape.js';

const schema = 'memwatch/baseline@1';
const repair = 'correct it by hand, or delete it and write a new one with --update-baseline';

const rate: Shape<number> = (value, at) => {
  const found = number(value, at);
  if (!Number.isFinite(found) || found < 0) throw new MemwatchError('broken-file', `${at} is not a rate`);
  return found;
};

const knownLeaks = list(
  record<KnownLeak>({ signature: text, kind: orNothing(text), bytesPerIteration: rate, countPerIteration: rate }),
);

/** Throws `not-this-format` (also for a file of a later version) and `broken-file`. `name` is only for messages. */
export const readBaseline = (content: string, name: string): Baseline => {
  const document = orBroken(name, (): unknown => JSON.parse(content));
  checkSchema(document, name);
  return orBroken(name, () => {
    const scenarios = object<Record<string, unknown>>(fieldsOf(document)['scenarios'], 'scenarios');
    return new Map(Object.entries(scenarios).map(([file, leaks]) => [file, readLeaks(leaks, file)]));
  });
};

const checkSchema = (document: unknown, name: string): void => {
  const found = fieldsOf(document)['schema'];
  if (found === schema) return;
  const version = typeof found === 'string' ? /^memwatch\/baseline@(\d+)$/.exec(found)?.[1] : undefined;
  throw version === undefined
    ? new MemwatchError('not-this-format', `${name} is not a memwatch baseline`, { hint: repair })
    : new MemwatchError('not-this-format', `${name} was written by a later memwatch (version ${version})`, {
        hint: 'update memwatch here to the version that wrote it',
      });
};

const readLeaks = (leaks: unknown, file: string): KnownLeak[] =>
  knownLeaks(leaks, file).map(({ signature, kind, bytesPerIteration, countPerIteration }) => ({
    signature,
    kind: kind ?? '',
    bytesPerIteration,
    countPerIteration,
  }));

const orBroken = <T>(name: string, read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    throw new MemwatchError('broken-file', `${name}: ${messageOf(cause)}`, { hint: repair, cause });
  }
};

/** Sorted by code point, so that the locale does not change the file; scenarios without a leak are left out. */
export const writeBaseline = (baseline: Baseline): string => {
  const scenarios = [...baseline]
    .filter(([, leaks]) => leaks.length > 0)
    .sort(([a], [b]) => order(a, b))
    .map(([file, leaks]) => [file, leaks.toSorted((a, b) => order(a.signature, b.signature)).map(ordered)]);
  return `${writeJson({ schema, scenarios: Object.fromEntries(scenarios) }, 2)}\n`;
};

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const ordered = ({ signature, kind, bytesPerIteration, countPerIteration }: KnownLeak): KnownLeak => ({
  signature,
  kind,
  bytesPerIteration: rounded(bytesPerIteration),
  countPerIteration: rounded(countPerIteration),
});

/** Two digits are enough for a reviewer, and stay the same from run to run. */
const rounded = (rate: number): number => Number(rate.toPrecision(2));
