/**
 * A census counts each class and each collection by itself: a Map that leaks sessions is there as the Map, as its sessions, and as what
 * each session is made of. In: findings of a census. Out: those that are causes, and with each what belongs to it.
 */
import { formatCount, sumOf } from '../model/figures.js';
import type { Finding } from '../model/finding.js';
import { groupBy } from '../model/group-by.js';
import { gainsAlike, isOfOnePackage } from './rank.js';
import { gainsOf } from './readings/evidence.js';
import { isOwnClass } from './snapshots/own-class.js';

/** A class belongs to a collection, or to a class that says more, if it gains in step and nothing shows that other code makes it. */
export const mergeCounted = (counted: readonly Finding[]): Finding[] => {
  const findings = byKind(counted);
  const parts = new Map<Finding, Finding[]>();
  for (const finding of findings.toSorted(byTelling)) {
    const causes = [...parts.keys()].filter((cause) => isPart(finding, cause));
    const cause = causes.find((one) => isHeldBy(finding, one)) ?? causes[0];
    if (cause === undefined) parts.set(finding, []);
    else parts.get(cause)?.push(finding);
  }
  return findings.flatMap((finding) => {
    const own = parts.get(finding);
    return own === undefined ? [] : [withParts(finding, own)];
  });
};

/** With fewer than these, two that gain the same may be two leaks. */
const fewestOfOneKind = 3;

/** The lists of a thousand sessions to which one call adds: the same kind of entries, and the same number in each round. */
const byKind = (findings: readonly Finding[]): Finding[] => {
  const alike = groupBy(findings, ({ signature, history }) => `${signature} ${gainsOf(history).join()}`);
  return [...alike.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    const count = more.length + 1;
    return count < fewestOfOneKind ? [first, ...more] : [{ ...first, title: `${first.title} (${count} of them)` }];
  });
};

/**
 * A collection says most, then a class that someone wrote; what is of the language's own classes may belong to anything. The class of
 * which there are fewest is that of which the others are parts.
 */
const byTelling = (one: Finding, other: Finding): number =>
  vagueness(one) - vagueness(other) || (vagueness(one) === 1 ? one.countPerRound - other.countPerRound : 0);

const vagueness = (finding: Finding): number => (isOfLanguage(finding) ? 2 : finding.kind === 'class' ? 1 : 0);

const isOfLanguage = ({ kind, container: { name } }: Finding): boolean =>
  kind === 'class' && (!isOwnClass(name) || ofLanguage.test(name));
const ofLanguage = /^(\(.*\)|(Async)?(Generator)?Function|Buffer|(Uint8|Float64)Array)$/;

/** Objects are listed a moment before the sizes of collections are read, and of a common class other code makes some, too. */
const unevenness = 0.15;

/** Two collections are two causes, unless they are fields of one object: what one keeps stays when the other deletes its entries. */
const isPart = (finding: Finding, cause: Finding): boolean => {
  if (finding.kind !== 'class')
    return (
      gainsAlike(cause, finding, unevenness) && ownerOf(finding) !== undefined && ownerOf(finding) === ownerOf(cause)
    );
  if (isOfOnePackage(finding, cause)) return gainsInProportion(finding, cause);
  return (
    gainsAlike(cause, finding, unevenness) &&
    (isHeldBy(finding, cause) || isOfLanguage(finding) || isMadeThere(finding, cause))
  );
};

/** A window of a dependency's has a thousand nodes. */
const gainsInProportion = ({ history }: Finding, cause: Finding): boolean => {
  const [gains, ofCause] = [gainsOf(history), gainsOf(cause.history)];
  const times = sumOf(gains) / sumOf(ofCause);
  return gains.every((gain, k) => Math.abs(gain - times * (ofCause[k] ?? 0)) <= Math.max(1, unevenness * gain));
};

const ownerOf = ({ path: [owner] }: Finding): string | undefined => owner?.name;

const isHeldBy = ({ container: { name } }: Finding, cause: Finding): boolean =>
  cause.kind !== 'class' && cause.signature.endsWith(` > ${name}`);

const isMadeThere = ({ location: one }: Finding, { location: other }: Finding): boolean =>
  one?.file === other?.file && one?.line === other?.line;

const mostNamed = 8;

const withParts = (cause: Finding, parts: readonly Finding[]): Finding => {
  if (parts.length === 0) return cause;
  const named = parts.slice(0, mostNamed).map((part) => `${nameOf(part)} +${formatCount(part.countPerRound)}`);
  const more = parts.length > named.length ? `, and ${formatCount(parts.length - named.length)} more` : '';
  return { ...cause, reasons: [...cause.reasons, `in step with it, a round: ${named.join(', ')}${more}`] };
};

const nameOf = ({ container, path: [owner, field] }: Finding): string =>
  owner === undefined || field === undefined ? container.name : `${container.name} ${owner.name}.${field.edge}`;
