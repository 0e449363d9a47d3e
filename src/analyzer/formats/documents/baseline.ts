/**
 * `memwatch-baseline.json`: the leaks that a team knows about and has not fixed yet, by scenario, with their rates. Made
 * to be reviewed: sorted, no ids, no machine's paths, no line that changes without a cause.
 *   { "schema": "memwatch/baseline@1", "scenarios": { "test/leaks/cart.mjs": [
 *     { "signature": "…", "kind": "map", "bytesPerIteration": 96, "countPerIteration": 1 } ] } }
 */
import { writeJson } from '../../model/escape.js';
import { MemwatchError, messageOf } from '../../../errors.js';
import type { Baseline, KnownLeak } from '../../model/check.js';

const schema = 'memwatch/baseline@1';
const repair = 'correct it by hand, or delete it and write a new one with --update-baseline';

/** Throws `not-this-format` (also for a file of a later version) and `broken-file`. `name` is only for messages. */
export const readBaseline = (text: string, name: string): Baseline => {
  const document = parse(text, name);
  checkSchema(document['schema'], name);
  const { scenarios } = document;
  if (!isRecord(scenarios)) throw broken(name, '"scenarios" is not an object');
  return new Map(Object.entries(scenarios).map(([file, leaks]) => [file, readLeaks(leaks, `${name}, ${file}`)]));
};

const parse = (text: string, name: string): Record<string, unknown> => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw broken(name, messageOf(cause), cause);
  }
  if (isRecord(document)) return document;
  throw new MemwatchError('not-this-format', `${name} is not a memwatch baseline`, { hint: repair });
};

const checkSchema = (found: unknown, name: string): void => {
  if (found === schema) return;
  const version = typeof found === 'string' ? /^memwatch\/baseline@(\d+)$/.exec(found)?.[1] : undefined;
  throw version === undefined
    ? new MemwatchError('not-this-format', `${name} is not a memwatch baseline`, { hint: repair })
    : new MemwatchError('not-this-format', `${name} was written by a later memwatch (version ${version})`, {
        hint: 'update memwatch here to the version that wrote it',
      });
};

const readLeaks = (leaks: unknown, place: string): KnownLeak[] => {
  if (!Array.isArray(leaks)) throw broken(place, 'the list of leaks is not an array');
  return leaks.map((leak: unknown) => {
    if (!isRecord(leak)) throw broken(place, 'an entry is not an object');
    const { signature, kind, bytesPerIteration, countPerIteration } = leak;
    if (typeof signature !== 'string') throw broken(place, 'an entry has no signature');
    if (!isRate(bytesPerIteration) || !isRate(countPerIteration)) throw broken(place, `${signature} has no rate`);
    return { signature, kind: String(kind ?? ''), bytesPerIteration, countPerIteration };
  });
};

const isRate = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const broken = (place: string, what: string, cause?: unknown): MemwatchError =>
  new MemwatchError('broken-file', `${place}: ${what}`, { hint: repair, cause });

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
