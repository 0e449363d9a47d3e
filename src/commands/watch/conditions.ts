/**
 * The conditions of `memwatch watch`. In: text such as `rss>80%`, `heap +5%/h` or `delay p99>200ms for 30s`. Out: a
 * Condition in the units of a reading. Throws `bad-argument` with the list of what can be written.
 */
import { MemwatchError } from '../../errors.js';
import { parseBytes, parseDuration } from '../../report/quantities.js';

export type Quantity = 'rss' | 'heap' | 'external' | 'delay' | 'cpu' | 'loop' | 'gc' | 'handles';
export type DelayFigure = 'p99' | 'max' | 'mean';

/** Growth for every `perMs`; otherwise a level that is exceeded. */
export interface Condition {
  /** As the user wrote it, without extra spaces. */
  readonly text: string;
  readonly quantity: Quantity;
  /** Only of `delay`. */
  readonly figure: DelayFigure;
  /** Bytes, microseconds, a count; a share (1 is 100 %) if `isShare`. */
  readonly value: number;
  /** The value is a share: of the limit for a level of memory, of the present size for growth, of a core for CPU. */
  readonly isShare: boolean;
  readonly perMs: number | undefined;
  /** How long the level must be exceeded without a break. */
  readonly forMs: number;
}

type Unit = 'bytes' | 'time' | 'count';

/** What each quantity is measured in, and whether it can be a percentage and a rate. */
const rules: Readonly<Record<Quantity, { unit: Unit | undefined; percent: boolean; grows: boolean }>> = {
  rss: { unit: 'bytes', percent: true, grows: true },
  heap: { unit: 'bytes', percent: true, grows: true },
  external: { unit: 'bytes', percent: false, grows: true },
  delay: { unit: 'time', percent: false, grows: false },
  cpu: { unit: undefined, percent: true, grows: false },
  loop: { unit: undefined, percent: true, grows: false },
  gc: { unit: undefined, percent: true, grows: false },
  handles: { unit: 'count', percent: false, grows: false },
};

export const conditionForms = [
  'rss>80% (of the limit of its container, or of the memory of the machine)   rss>500MB',
  'heap>80% (of the size at which V8 ends the process)   heap>1GB   external>200MB',
  'heap +5%/h (of its present size)   rss +10MB/h   external +1MB/min   (s, min, h or d)',
  'delay p99>200ms (also max, mean)   cpu>90% (of one core)   loop>95%   gc>10% (of the time)   handles>1000',
  'each with: for 30s',
];

export const usualConditions = ['rss>80%', 'heap>80%', 'heap +5%/h', 'delay p99>200ms for 30s'];

/** The usual conditions if none is given. */
export const parseConditions = (texts: readonly string[]): Condition[] =>
  (texts.length === 0 ? usualConditions : texts).map(parseCondition);

const pattern =
  /^(?<name>[a-z]+)(?:\s+(?<figure>p99|max|mean))?\s*(?:>\s*(?<level>[\d.]+\s*[a-z%]*)|\+\s*(?<growth>[\d.]+\s*[a-z%]*)\s*\/\s*(?<per>[a-z]+))(?:\s+for\s+(?<time>[\d.]+\s*[a-z]+))?$/i;

const rateUnits: Readonly<Record<string, number>> = { s: 1000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const parseCondition = (text: string): Condition => {
  const words = pattern.exec(text.trim().replaceAll(/\s+/g, ' '))?.groups;
  const quantity = words?.['name']?.toLowerCase();
  if (words === undefined || !isQuantity(quantity)) throw wrong(text);
  const perMs = words['per'] === undefined ? undefined : rateUnits[words['per'].toLowerCase()];
  const isGrowth = words['growth'] !== undefined;
  const rule = rules[quantity];
  if (isGrowth && (!rule.grows || perMs === undefined)) throw wrong(text);
  if (words['figure'] !== undefined && quantity !== 'delay') throw wrong(text);
  if (isGrowth && words['time'] !== undefined)
    throw wrong(text, 'growth is proved over time already, so "for" does not go with it');
  return {
    text: text.trim().replaceAll(/\s+/g, ' '),
    quantity,
    figure: figureOf(words['figure']),
    ...amountOf(words['level'] ?? words['growth'] ?? '', quantity, text),
    perMs,
    forMs: words['time'] === undefined ? 0 : understood(text, () => parseDuration(words['time'] ?? '')),
  };
};

const isQuantity = (name: string | undefined): name is Quantity => name !== undefined && Object.hasOwn(rules, name);

const figureOf = (word: string | undefined): DelayFigure => {
  const figure = word?.toLowerCase();
  return figure === 'max' || figure === 'mean' ? figure : 'p99';
};

const amountOf = (amount: string, quantity: Quantity, text: string): Pick<Condition, 'value' | 'isShare'> => {
  const { unit, percent } = rules[quantity];
  const share = /^(\d+(?:\.\d+)?) ?%$/.exec(amount)?.[1];
  if (share !== undefined && percent && Number(share) > 0) return { value: Number(share) / 100, isShare: true };
  if (share !== undefined || unit === undefined) throw wrong(text);
  if (unit === 'count') {
    if (!/^\d+$/.test(amount)) throw wrong(text);
    return { value: Number(amount), isShare: false };
  }
  if (!/[a-z]$/i.test(amount))
    throw wrong(text, unit === 'bytes' ? 'write a unit, such as MB' : 'write a unit, such as ms');
  const parse = unit === 'bytes' ? parseBytes : (written: string) => parseDuration(written) * 1000;
  return { value: understood(text, () => parse(amount)), isShare: false };
};

const understood = (text: string, parse: () => number): number => {
  try {
    return parse();
  } catch (cause) {
    throw cause instanceof MemwatchError ? wrong(text, cause.message) : cause;
  }
};

const wrong = (text: string, why = ''): MemwatchError =>
  new MemwatchError('bad-argument', `--when '${text}' is no condition${why === '' ? '' : `: ${why}`}`, {
    hint: ['these can be written:', ...conditionForms].join('\n    '),
  });
