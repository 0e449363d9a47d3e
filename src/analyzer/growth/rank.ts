/**
 * One finding for each cause, in the order in which to look at them. In: findings, each about one container. Out: the same,
 * with those that one cause explains merged into one, by rank.
 */
import { formatCount, formatMean, sumOf, toTenths } from '../model/figures.js';
import type { ClassGain, Finding, FindingKind } from '../model/finding.js';
import { groupBy } from '../model/group-by.js';
import { isCounted } from './readings/counters.js';
import { gainsOf } from './readings/evidence.js';
import { isNameless } from './snapshots/growth-classes.js';
import { isOwnClass } from './snapshots/own-class.js';

/**
 * Most bytes per round first. What only Node's own code holds comes after a finding of the program's that gains about as
 * much, since that is what the program can change.
 */
export const rankFindings = (findings: readonly Finding[]): Finding[] => {
  const sorted = byBytes(findings);
  const isBehind = (finding: Finding): boolean =>
    isNodes(finding) &&
    sorted.some((other) => !isNodes(other) && keptBytes(other) >= shareThatExplains * bytesOf(finding));
  return [...sorted.filter((finding) => !isBehind(finding)), ...sorted.filter(isBehind)].map((finding, i) => ({
    ...finding,
    rank: i + 1,
  }));
};

const shareThatExplains = 0.5;

const isNodes = ({ owner }: Finding): boolean => owner.kind === 'node';

/**
 * Merges findings with the same signature (the lists of a thousand timers); then two containers of one object that gain the
 * same number in each round, because one line adds to both; then what only Node's own code, or the same dependency, holds
 * into what gains in step with it.
 */
export const mergeByCause = (findings: readonly Finding[]): Finding[] =>
  besideCauses(rankFindings(withTimers(inStep(byContainer(bySignature(byBytes(findings)))))));

const byBytes = (findings: readonly Finding[]): Finding[] => findings.toSorted((a, b) => bytesOf(b) - bytesOf(a));

const bySignature = (findings: readonly Finding[]): Finding[] =>
  [...groupBy(findings, ({ signature }) => signature).values()].map((alike) =>
    withNumber(alike.reduce(sameKind), alike.length),
  );

const collections: ReadonlySet<FindingKind> = new Set(['map', 'set', 'array', 'dictionary']);

/** Keys and values of one Map are one finding. */
const byContainer = (findings: readonly Finding[]): Finding[] => {
  const found = new Map<number | Finding, Finding>();
  for (const finding of findings) {
    const key = collections.has(finding.kind) ? finding.container.id : finding;
    const first = found.get(key);
    found.set(key, first === undefined ? finding : merged(first, finding));
  }
  return [...found.values()];
};

/** Timers that delete what a collection holds are part of it. */
const withTimers = (findings: readonly Finding[]): Finding[] => {
  const deletes = (timers: Finding, { bounded }: Finding): boolean =>
    timers.kind === 'timers' &&
    timers.location !== null &&
    bounded?.location?.file === timers.location.file &&
    bounded.location.line === timers.location.line;
  const isPart = (finding: Finding): boolean => findings.some((other) => deletes(finding, other));
  return findings
    .filter((finding) => !isPart(finding))
    .map((finding) => findings.filter((other) => deletes(other, finding)).reduce(merged, finding));
};

const inStep = (findings: readonly Finding[]): Finding[] => {
  const found: Finding[] = [];
  for (const finding of findings) {
    const gains = gainsOf(finding.history).join();
    const at = found.findIndex(
      (first) =>
        gainsOf(first.history).join() === gains && (ownerId(first) === ownerId(finding) || isOneLine(first, finding)),
    );
    if (at === -1) found.push(finding);
    else found[at] = merged(found[at], finding);
  }
  return found;
};

/** What Node keeps for the program: its place is the code of the entries. */
const keptByNode: ReadonlySet<FindingKind> = new Set(['timers', 'native']);
/** No line that people write is longer; a bundle may be one line. */
const longestLine = 200;

/** A line that makes something which Node keeps, and adds to a collection; a bound of one of them is none of the other. */
const isOneLine = (one: Finding, other: Finding): boolean =>
  keptByNode.has(one.kind) !== keptByNode.has(other.kind) &&
  (one.bounded === undefined) === (other.bounded === undefined) &&
  one.location !== null &&
  one.location.file === other.location?.file &&
  one.location.line === other.location.line &&
  Math.abs(one.location.column - other.location.column) < longestLine;

/** At most this much difference between fields that the same calls fill, seen over different times. */
const unevenRates = 0.25;

/**
 * Adds collections of numbers, which are known by their sizes alone. One that is a field of the same object as another finding and
 * gains about as many is filled by the same calls, and stops when that does: the lists of times beside the entries of a cache.
 */
export const withSizes = (findings: readonly Finding[], sizes: readonly Finding[]): Finding[] => {
  const all = [...findings];
  for (const size of sizes) {
    const at = all.findIndex((one) => ownerId(one) === ownerId(size) && gainAbout(one, size));
    if (at === -1) all.push(size);
    else all[at] = merged(all[at], size);
  }
  return all;
};

const gainAbout = ({ countPerRound: one }: Finding, { countPerRound: other }: Finding): boolean =>
  Math.abs(one - other) <= unevenRates * Math.max(one, other);

/** The emitter of listeners; the object that the container is a field of; otherwise the container itself. */
const ownerId = ({ kind, path, container }: Finding): number => {
  const events = kind === 'listeners' ? path.findLastIndex(({ edge }) => edge === '_events') : -1;
  const owner = path.at(events > 0 ? events - 1 : -2);
  const isField = owner !== undefined && owner.type === 'object' && isOwnClass(owner.name);
  return isField ? owner.id : container.id; // keys and values of one Map gain the same number
};

/**
 * Node's own records of what a program creates (handles, hooks, ports) grow with it and are not causes. If a dependency
 * holds things in several places that grow in step, one call adds all of them.
 */
const besideCauses = (findings: readonly Finding[]): Finding[] => {
  const causes: Finding[] = [];
  for (const finding of findings) {
    const at = causes.findIndex(
      (cause) => (isNodes(finding) || isOfOnePackage(cause, finding)) && gainsAlike(cause, finding),
    );
    if (at === -1) causes.push(finding);
    else causes[at] = moreTelling(causes[at], finding);
  }
  return causes;
};

export const isOfOnePackage = ({ owner: one }: Finding, { owner: other }: Finding): boolean =>
  one.kind === 'dependency' && other.kind === 'dependency' && one.package === other.package;

/** Both gain the same number in each round, or one gains a few for each of the other. Work in progress may differ a little. */
export const gainsAlike = (one: Finding, other: Finding, unevenness = usualUnevenness): boolean => {
  const [more, fewer] = [one, other].map(({ history }) => gainsOf(history)).toSorted((a, b) => sumOf(b) - sumOf(a));
  const times = Math.round(sumOf(more) / sumOf(fewer));
  if (fewer.length === 0 || !(times <= mostTimes)) return false;
  return more.every((gain, k) => Math.abs(gain - times * fewer[k]) <= Math.max(times, unevenness * gain));
};
/** A socket has several listeners, a thread several ports. */
const mostTimes = 6;
const usualUnevenness = 0.03;

/** Of two findings that Node holds, the one whose entries have a class is more useful than one with strings or symbols. */
const moreTelling = (first: Finding, other: Finding): Finding => {
  const says = ({ gains, countPerRound }: Finding): boolean =>
    gains.some((gain) => !isNameless(gain.name) && isOwnClass(gain.name) && gain.countPerRound >= 0.5 * countPerRound);
  return isNodes(first) && !says(first) && says(other) ? merged(other, first) : merged(first, other);
};

const sameKind = (first: Finding, other: Finding): Finding => ({
  ...merged(first, other),
  reasons: first.reasons,
  countPerRound: toTenths(first.countPerRound + other.countPerRound),
  history: first.history.map((count, k) => count + other.history[k]),
});

/** Its title is about the one of them that gains most. */
const withNumber = (finding: Finding, number: number): Finding =>
  number === 1
    ? finding
    : {
        ...finding,
        title: `${finding.title}, as ${number === 2 ? 'does' : 'do'} ${formatCount(number - 1)} more`,
        reasons: [
          ...finding.reasons,
          `${formatCount(number)} of this kind gain ${formatMean(finding.countPerRound)} a round together`,
        ],
      };

const merged = (first: Finding, other: Finding): Finding => ({
  ...first,
  gains: [...first.gains, ...countedIn(other).filter(({ name }) => !first.gains.some((gain) => gain.name === name))],
  bounded: first.bounded ?? other.bounded,
  bytesPerRound: bytesOf(first) + bytesOf(other),
  retainedBytesPerRound: (first.retainedBytesPerRound ?? 0) + (other.retainedBytesPerRound ?? 0),
  reasons: [...first.reasons, `in step with it: ${other.title}`],
});

/** Gains that tie a finding to what grows outside the heap. */
const countedIn = ({ gains }: Finding): ClassGain[] => gains.filter(({ name }) => isCounted(name));

const bytesOf = ({ bytesPerRound }: Finding): number => bytesPerRound ?? 0;
/** The bytes that it retains, including those that others retain as well. */
const keptBytes = (finding: Finding): number => Math.max(bytesOf(finding), finding.retainedBytesPerRound ?? 0);
