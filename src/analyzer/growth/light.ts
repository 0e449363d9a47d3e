/**
 * The report if no snapshot was taken: counts of objects and sizes of collections, round by round, and sampled allocations.
 * This is weaker evidence: it names what grows and which code makes it, not what holds it. In: the gate's readings. Out: a
 * LeakReport marked `census`.
 */
import type { CensusContainer } from '../model/census.js';
import { formatCount, formatMean } from '../model/figures.js';
import { gainsOf, isSlowing } from './readings/evidence.js';
import { unplaced, type Finding, type FindingKind, type LeakReport, type Verdict } from '../model/finding.js';
import type { PackageLookup } from '../model/owner.js';
import type { PathStep } from '../model/path.js';
import type { ScriptsTable } from '../model/scripts.js';
import type { SurvivorSite } from '../model/survivors.js';
import type { Gate } from './readings/gate.js';
import { leakReport, verdictOf } from './verdict.js';
import type { Coverage } from './watch-report.js';
import { mergeCounted } from './census-causes.js';
import { assignSites, placedBySites, withUnclaimedSites } from './allocation-sites.js';

const maxFindings = 10;

export const reportOfCensus = (
  { readings, rising, sites }: Gate,
  scripts: ScriptsTable | undefined,
  warnings: readonly string[],
  looked: Coverage,
  packageOf: PackageLookup = () => undefined,
): LeakReport => {
  const rounds = readings.length - 1;
  const containers = rising.containers.map(({ container, history }) => ofContainer(container, history));
  const classes = rising.classes.map(({ name, history }) => ofClass(name, history));
  const growing = [...containers, ...classes].filter(({ history }) => !isSlowing(gainsOf(history)));
  const steady = growing.filter(({ kind }) => kind !== 'class' || rising.heap);
  const verdict = verdictOf({ findings: steady.length, undecided: containers.length + classes.length });
  return leakReport({
    verdict,
    reasons: reasonsOf(verdict, rounds, steady, rising.heap),
    evidence: 'census',
    rounds,
    heapBytes: readings.map((reading) => reading.heapBytes),
    findings: located(withSites(steady, sites, scripts), packageOf),
    warnings,
    ...looked,
  });
};

/** A collection is placed where what it holds is allocated. */
const withSites = (
  findings: readonly Finding[],
  sites: readonly SurvivorSite[],
  scripts: ScriptsTable | undefined,
): Finding[] => {
  const { findings: named, unclaimed } = assignSites(findings, sites, scripts);
  const siteOfClass = new Map(named.map(({ container, allocationSites }) => [container.name, allocationSites]));
  const held = named.map((finding) =>
    finding.allocationSites.length > 0
      ? finding
      : { ...finding, allocationSites: siteOfClass.get(finding.signature.split(' > ')[1] ?? '') ?? [] },
  );
  return withUnclaimedSites(held, unclaimed, scripts);
};

/**
 * A census knows no holder, so the place to look at is the function that allocates most of what stays. Findings with such a
 * place come before those without.
 */
const located = (findings: readonly Finding[], packageOf: PackageLookup): Finding[] =>
  mergeCounted(placedBySites(findings, packageOf))
    .toSorted((a, b) => Number(a.location === null) - Number(b.location === null))
    .slice(0, maxFindings)
    .map((finding, index) => ({ ...finding, rank: index + 1 }));

const reasonsOf = (verdict: Verdict, rounds: number, findings: readonly Finding[], heapRises: boolean): string[] => {
  const heap = `the collected heap ${heapRises ? 'rose' : 'did not rise'} in each of ${rounds} rounds`;
  if (verdict === 'leak') return [`${findings.length} collections or classes grew in each of ${rounds} rounds`, heap];
  if (verdict === 'clean') return [`no collection and no class grew in each of ${rounds} rounds`, heap];
  return [`something grew in each of ${rounds} rounds, but less in the last, or without a larger heap`, heap];
};

const kinds: Readonly<Record<CensusContainer['kind'], FindingKind>> = {
  Map: 'map',
  Set: 'set',
  Array: 'array',
  Object: 'dictionary',
};

const ofContainer = (container: CensusContainer, history: readonly number[]): Finding => {
  const holds = container.holds === '' ? 'entries' : container.holds;
  const path = pathTo(container);
  const name = path.length > 0 ? `${container.kind} ${container.heldBy}` : container.kind;
  return {
    ...nothing,
    kind: kinds[container.kind],
    title: `${name} of ${formatCount(history.at(-1) ?? 0)} ${holds} gains ${formatMean(perRound(history))} a round`,
    signature: `${container.kind} > ${holds}`,
    countPerRound: perRound(history),
    history,
    container: { id: container.heapId ?? 0, name: container.kind, type: 'object' },
    path,
    reasons: [`its size was ${history.join(', ')}`],
  };
};

/** A census names only the object that holds it: `SessionStore.sessions`. */
const pathTo = ({ heldBy = '', kind, heapId }: CensusContainer): PathStep[] => {
  const [, owner, edge] = /^(.+?)\.(.+)$/.exec(heldBy) ?? [];
  if (owner === undefined || edge === undefined) return [];
  return [
    { edge: '', label: '', kind: 'word', name: owner, type: 'object', id: 0 },
    { edge, label: edge, kind: 'property', name: kind, type: 'object', id: heapId ?? 0 },
  ];
};

const ofClass = (name: string, history: readonly number[]): Finding => ({
  ...nothing,
  kind: 'class',
  title: `${name}: ${formatMean(perRound(history))} more a round`,
  signature: name,
  countPerRound: perRound(history),
  history,
  container: { id: 0, name, type: 'object' },
  reasons: [`there were ${history.join(', ')}`],
});

const perRound = (history: readonly number[]): number =>
  Math.round(((history[history.length - 1] - history[0]) / (history.length - 1)) * 10) / 10;

/** The fields of a finding that a census cannot know. */
const nothing = { ...unplaced, bytesPerRound: null, retainedBytesPerRound: null, advice: null } as const;
