/**
 * The report on a running target: what the search found in the heap, what grows outside it, and what the watch leaves
 * open, under one verdict. In: a watch, and the report of a search if there was one. Out: a LeakReport.
 */
import { totalGain } from '../analyzer/growth/readings/evidence.js';
import { externalGrowsSteeply } from '../analyzer/growth/readings/gate.js';
import { isPartOf, isWorkerHeap, type Known } from '../analyzer/growth/readings/bounds.js';
import {
  childProcesses,
  counterFinding,
  fileDescriptors,
  findCounterGrowth,
  countersOf,
  externalMemory,
  heapMemory,
  nativeMemory,
  settlesLater,
  threads,
} from '../analyzer/growth/readings/counters.js';
import { reportOfCensus } from '../analyzer/growth/light.js';
import { leakReport, verdictOf } from '../analyzer/growth/verdict.js';
import { coverageOf, renderBounds, undecidedOf, watchedMs } from '../analyzer/growth/watch-report.js';
import { formatBytes } from '../analyzer/model/figures.js';
import type { Finding, LeakReport } from '../analyzer/model/finding.js';
import { formatPlace } from '../analyzer/model/location.js';
import type { ProcessReading } from '../analyzer/model/process-reading.js';
import { isAbout, joinFindings } from './counter-findings.js';
import { isOpenedInPauses, openedInPauses } from './opened-in-pauses.js';
import { cutOf, type Cut, type Watched } from './watch.js';

/** The report without a search: nothing rose, the time was up, or the user ended it. */
export const reportOfWatch = (watched: Watched): LeakReport => withWatch(nothingFound(watched), watched);

const nothingFound = (watched: Watched): LeakReport =>
  leakReport({
    verdict: 'clean',
    reasons: [`none of ${watched.classes} classes and no collection rose in each round; no heap snapshot was needed`],
    evidence: 'census',
    rounds: watched.rounds,
    heapBytes: watched.heapBytes,
    ...coverageOf(watched),
  });

/**
 * A report of the heap, joined with what grows outside it. `later`: readings of rounds after the watch. `place` finds the
 * place of what grows outside the heap.
 */
export const withWatch = (
  report: LeakReport,
  watched: Watched,
  later: readonly ProcessReading[] = [],
  place: (finding: Finding) => Finding = (finding) => finding,
): LeakReport => {
  const inHeap = report.findings.filter((finding) => !isOpenedInPauses(finding, watched));
  const findings = joinFindings(inHeap, findOutsideHeap(watched, later, inHeap).map(place));
  const named = inHeap.length > 0;
  const undecided = [
    ...(watched.cut === undefined ? [] : [cutShort(watched.cut, watched)]),
    ...(report.verdict === 'inconclusive' ? report.reasons : []),
    ...(!named && inHeap.length < report.findings.length ? [openedInPauses] : []),
    ...(named || report.verdict === 'inconclusive' ? [] : undecidedOf(watched)),
  ];
  const verdict = verdictOf({ findings: findings.length, undecided: undecided.length });
  const reasons = {
    leak: [
      ...findings.filter(isCounter).flatMap((finding) => finding.reasons.slice(0, 1)),
      ...(named ? report.reasons : []),
    ],
    inconclusive: undecided,
    clean: [renderBounds(watched), ...report.reasons],
  }[verdict];
  return { ...report, ...coverageOf(watched), verdict, reasons, findings };
};

/** Memory outside the heap that rose by this much, and by this share, before a later watch saw it stand still. */
const leastStep = { bytes: 8 * 2 ** 20, share: 0.5 };

/**
 * A watch that follows another one, with what rose in between: a buffer that doubles whenever it is full grows in steps that are
 * further and further apart, and stands still for most of the time.
 */
export const withStepsSince = (earlier: Watched, watched: Watched): Watched => {
  const [before, now] = [earlier.readings[0], watched.readings.at(-1)];
  if (before === undefined || now === undefined) return watched;
  const gained = now.externalBytes - before.externalBytes;
  if (gained < Math.max(leastStep.bytes, leastStep.share * before.externalBytes)) return watched;
  const slope = { estimate: (1000 * gained) / (now.atMs - before.atMs), low: -Infinity, high: Infinity };
  const known = watched.known.map((one) =>
    one.of === externalMemory && one.state === 'excluded' ? { ...one, slope, state: 'slows' as const } : one,
  );
  return { ...watched, known, readings: [before, ...watched.readings] };
};

/** When the search was cut short: what was seen so far, in the watch and in the snapshots, which proves nothing. */
export const reportOfCut = (watched: Watched, cut: Cut, found?: LeakReport): LeakReport => {
  const seen = found?.findings.slice(0, mostSeen).map(seenText) ?? [];
  const report = found === undefined ? nothingFound(watched) : { ...found, findings: [] };
  return withWatch(report, { ...watched, cut: { ...cut, seen } });
};

/** The report on a worker whose search was cut short before it had seen anything. Throws any other error. */
export const reportOfUnseen = (error: unknown, signal: AbortSignal): LeakReport => {
  const cut = cutOf(error, signal);
  if (cut === undefined) throw error;
  const verdict = verdictOf({ findings: 0, undecided: 1 });
  return leakReport({ verdict, reasons: [cut.why], evidence: 'census', rounds: 0, heapBytes: [] });
};

const mostSeen = 3;

const seenText = ({ title, location }: Finding): string =>
  location === null ? title : `${title} (${formatPlace(location)})`;

const cutShort = ({ why, seen }: Cut, watched: Watched): string => {
  const seconds = Math.round(watchedMs(watched) / 1000);
  const all = seen.length > 0 ? seen.join('; ') : risingText(watched);
  return all === undefined ? `${why} after ${seconds} s` : `${why} before growth was proved; so far ${all}`;
};

/** What rose most in each round, as a first hint: nothing is proved yet. */
export const risingText = ({ gate }: Watched): string | undefined => {
  if (gate.readings.length < 3) return undefined;
  const [first] = reportOfCensus(gate, undefined, [], noCoverage).findings;
  return first?.title;
};
const noCoverage = { bounds: [], looked: [], notLooked: [], threads: [] };

const isCounter = ({ container }: Finding): boolean => container.id === 0;

/** What is proved to grow outside the heap, and is a leak of its own. `inHeap`: what is proved to grow in the heap. */
export const findOutsideHeap = (
  watched: Watched,
  later: readonly ProcessReading[] = [],
  inHeap: readonly Finding[] = [],
): Finding[] => {
  const rounds = [...watched.roundReadings, ...later];
  const proved = watched.known
    .filter((known) => known.state === 'grows' && !isHeap(known) && !settlesLater(known.of))
    .filter((known) => known.of !== nativeMemory || isLarge(known, watched))
    .map(({ of, slope, history }) => ({ of, history, perRound: slope.estimate * secondsPerRound(watched) }));
  const counted = [...steepOf(rounds, watched), ...countedOf(rounds, inHeap)].filter(
    ({ of }) => !proved.some((other) => other.of === of),
  );
  return [...proved, ...counted].flatMap((grown) => findingOf(grown, watched, [...watched.readings, ...later]));
};

interface Grown {
  readonly of: string;
  readonly history: readonly number[];
  readonly perRound: number;
}

/**
 * Counts are exact, so a few rounds prove growth for which readings of memory need many; fewer, if snapshots prove that the objects
 * stay which stand for what is counted.
 */
const fewestRounds = 5;

const countedOf = (readings: readonly ProcessReading[], inHeap: readonly Finding[]): Grown[] => {
  const isProved = (counter: string): boolean =>
    readings.length > fewestRounds || inHeap.some((finding) => isAbout(finding, counter));
  const rounds = readings.slice(1).map(() => 1);
  return findCounterGrowth(readings, rounds)
    .filter(({ unit, name }) => unit === 'count' && !settlesLater(name) && isProved(name))
    .map(({ name, history, perIteration }) => ({ of: name, history, perRound: perIteration }));
};

const steepOf = (readings: readonly ProcessReading[], watched: Watched): Grown[] => {
  if (!externalGrowsSteeply(readings)) return [];
  const history = readings.map(({ externalBytes }) => externalBytes);
  const seconds = totalGain(readings.map(({ atMs }) => atMs)) / 1000;
  return [{ of: externalMemory, history, perRound: (totalGain(history) / seconds) * secondsPerRound(watched) }];
};

const secondsPerRound = (watched: Watched): number => watchedMs(watched) / 1000 / watched.rounds;

const isHeap = ({ of }: Known): boolean => of === heapMemory || isWorkerHeap(of) || isPartOf(of) !== undefined;

/** An allocator, too, takes tens of megabytes while it settles, and then stops. */
const leastNativeBytes = 32 * 2 ** 20;
const isLarge = ({ slope }: Known, watched: Watched): boolean =>
  slope.low * (watchedMs(watched) / 1000) >= leastNativeBytes;

const findingOf = (
  { of, history, perRound }: Grown,
  watched: Watched,
  readings: readonly ProcessReading[],
): Finding[] => {
  const counter = countersOf(readings).find(({ name }) => name === of);
  if (counter === undefined) return [];
  const { name, unit, title, advice } = counter;
  const finding = counterFinding({ name, unit, title, advice, history: someOf(history), perIteration: perRound }, 1);
  if (name === fileDescriptors) return [withDescriptors(finding, watched)];
  const gained = (history.at(-1) ?? 0) - (history[0] ?? 0);
  const eachBytes = bytesHeldBy(name, readings) / Math.max(1, gained);
  const bytes = Math.round(eachBytes * perRound);
  if (bytes <= 0) return [finding];
  const cost = `each takes about ${formatBytes(eachBytes)} outside the heap`;
  return [{ ...finding, bytesPerRound: bytes, retainedBytesPerRound: bytes, reasons: [...finding.reasons, cost] }];
};

const mostKinds = 3;

/** A path or a peer that appears again and again says more than the count. */
const withDescriptors = (finding: Finding, { descriptors }: Watched): Finding => {
  const kinds = descriptors.slice(0, mostKinds).map(({ kind, count }) => `${kind} (+${count})`);
  const most = descriptors[0];
  if (most === undefined) return finding;
  return {
    ...finding,
    title: `${finding.title}: most are ${most.kind}`,
    reasons: [...finding.reasons, `there are more of: ${kinds.join(', ')}`],
  };
};

/**
 * Child processes and threads take memory outside the heap, far more than the objects that stand for them in the heap.
 */
const bytesHeldBy = (name: string, readings: readonly ProcessReading[]): number => {
  const gained = (of: (reading: ProcessReading) => number | null): number => {
    const [first, last] = [readings[0], readings.at(-1)];
    return first === undefined || last === undefined ? 0 : (of(last) ?? 0) - (of(first) ?? 0);
  };
  if (name === childProcesses) return gained(({ childrenRssBytes }) => childrenRssBytes);
  return name === threads ? gained(({ rssBytes }) => rssBytes) : 0;
};

const mostFigures = 6;

/** The first, the last, and some in between. */
const someOf = (history: readonly number[]): number[] => {
  const step = Math.max(1, (history.length - 1) / (mostFigures - 1));
  const figures = Math.min(mostFigures, history.length);
  return Array.from({ length: figures }, (_, i) => history[Math.round(i * step)] ?? 0);
};
