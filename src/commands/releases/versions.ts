/** Versions as npm orders them (semver 2, without build numbers). In: text. Out: an order, and whether one lies in a range. */

/** Numbers, then the parts after a dash; undefined if the text is not a version. */
const parse = (text: string): { numbers: number[]; before: string[] } | undefined => {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:-([\w.-]+))?(?:\+.*)?$/.exec(text.trim());
  if (match === null) return undefined;
  return { numbers: match.slice(1, 4).map(Number), before: match[4]?.split('.') ?? [] };
};

export const isVersion = (text: string): boolean => parse(text) !== undefined;
export const isPrerelease = (text: string): boolean => (parse(text)?.before.length ?? 0) > 0;

/** Less than 0 if the first is older. Text that is not a version counts as oldest. */
export const compareVersions = (first: string, second: string): number => {
  const [a, b] = [parse(first), parse(second)];
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1);
  for (const [at, number] of a.numbers.entries()) {
    const difference = number - (b.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length;
  for (let at = 0; at < Math.max(a.before.length, b.before.length); at++) {
    const order = comparePart(a.before[at], b.before[at]);
    if (order !== 0) return order;
  }
  return 0;
};

/** Numbers sort before words, and a shorter list before a longer one. */
const comparePart = (a: string | undefined, b: string | undefined): number => {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1);
  const [isNumber, otherIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && otherIsNumber) return Number(a) - Number(b);
  if (isNumber !== otherIsNumber) return isNumber ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
};

export interface VersionRange {
  readonly from: string;
  /** The first release without the leak; null: there is none yet. */
  readonly before: string | null;
  /** The release to update to, if that is not `before`, because the next line of releases has another leak. */
  readonly firstGood?: string;
}

export const isIn = (version: string, { from, before }: VersionRange): boolean =>
  isVersion(version) &&
  compareVersions(version, from) >= 0 &&
  (before === null || compareVersions(version, before) < 0);
