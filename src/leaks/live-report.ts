/**
 * The report on a running target: what the search has found in the heap, what grows beside it, and what the watch leaves
 * open, under one verdict. In: a watch, and the report of a search where there was one. Out: a LeakReport.
 */
import { isPartOf, type Known } from '../analyzer/growth/bounds.js';
import {
  childProcesses,
  counterFinding,
  fileDescriptors,
  countersOf,
  heapMemory,
  nativeMemory,
  settlesLater,
  threads,
} from '../analyzer/growth/counters.js';
import { verdictOf } from '../analyzer/growth/verdict.js';
import { lookedOf, sayBounds, undecidedOf, watchedMs } from '../analyzer/growth/watch-report.js';
import { formatBytes } from '../analyzer/model/figures.js';
import type { Finding, LeakReport } from '../analyzer/model/finding.js';
import type { ProcessReading } from '../analyzer/model/process-reading.js';
import { joinFindings } from './counter-findings.js';
import type { Watched } from './watch.js';

/** Without a search: nothing rose, or the time was over. */
export const reportOfWatch = (watched: Watched): LeakReport => withWatch(nothingFound(watched), watched);

const nothingFound = (watched: Watched): LeakReport => ({
  schema: 'memwatch/leaks@1',
  verdict: 'clean',
  reasons: [`none of ${watched.classes} classes and no collection rose in each round; no heap snapshot was needed`],
  evidence: 'census',
  rounds: watched.rounds,
  heapBytes: watched.heapBytes,
  snapshots: 0,
  findings: [],
  warnings: [],
  ...lookedOf(watched),
});

/** A report of the heap, joined with what grows beside it. */
export const withWatch = (report: LeakReport, watched: Watched): LeakReport => {
  const findings = joinFindings(report.findings, besideOf(watched));
  const named = report.findings.length > 0;
  const undecided = [
    ...(report.verdict === 'inconclusive' ? report.reasons : []),
    ...(named ? [] : undecidedOf(watched)),
  ];
  const verdict = verdictOf({ findings: findings.length, undecided: undecided.length });
  const reasons = {
    leak: [...findings.filter(isCounter).flatMap((finding) => finding.reasons), ...(named ? report.reasons : [])],
    inconclusive: undecided,
    clean: [sayBounds(watched), ...report.reasons],
  }[verdict];
  return { ...report, ...lookedOf(watched), verdict, reasons, findings };
};

const isCounter = ({ container }: Finding): boolean => container.id === 0;

/** What is proved to grow beside the heap, and is a leak by itself. */
export const besideOf = (watched: Watched): Finding[] =>
  watched.known
    .filter((known) => known.state === 'grows' && !isHeap(known) && !settlesLater(known.of))
    .filter((known) => known.of !== nativeMemory || isLarge(known, watched))
    .flatMap((known) => findingOf(known, watched));

const isHeap = ({ of }: Known): boolean => of === heapMemory || isPartOf(of) !== undefined;

/** An allocator that gets into its stride takes tens of megabytes, too, and then stops. */
const leastNativeBytes = 32 * 2 ** 20;
const isLarge = ({ slope }: Known, watched: Watched): boolean =>
  slope.low * (watchedMs(watched) / 1000) >= leastNativeBytes;

const findingOf = (known: Known, watched: Watched): Finding[] => {
  const counter = countersOf(watched.readings).find(({ name }) => name === known.of);
  if (counter === undefined) return [];
  const { name, unit, title, advice } = counter;
  const history = someOf(known.history);
  const secondsPerRound = watchedMs(watched) / 1000 / watched.rounds;
  const growth = { name, unit, title, advice, history, perIteration: known.slope.estimate };
  const finding = counterFinding(growth, secondsPerRound);
  const heldBytes = bytesHeldBy(name, watched.readings) / watched.rounds;
  if (name === fileDescriptors) return [withDescriptors(finding, watched)];
  if (heldBytes <= 0) return [finding];
  const cost = `they take ${formatBytes(heldBytes)} more each round`;
  const bytes = Math.round(heldBytes);
  return [{ ...finding, bytesPerRound: bytes, retainedBytesPerRound: bytes, reasons: [...finding.reasons, cost] }];
};

const mostKinds = 3;

/** The path or the peer that repeats says more than the count. */
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

/** What children and threads take is no memory of the heap's, and far more than what the heap holds of them. */
const bytesHeldBy = (name: string, readings: readonly ProcessReading[]): number => {
  const gained = (of: (reading: ProcessReading) => number | null): number => {
    const [first, last] = [readings[0], readings.at(-1)];
    return first === undefined || last === undefined ? 0 : (of(last) ?? 0) - (of(first) ?? 0);
  };
  if (name === childProcesses) return gained(({ childrenRssBytes }) => childrenRssBytes);
  return name === threads ? gained(({ rssBytes }) => rssBytes) : 0;
};

const mostFigures = 6;

/** The first, the last, and some between. */
const someOf = (history: readonly number[]): number[] => {
  const step = Math.max(1, (history.length - 1) / (mostFigures - 1));
  const figures = Math.min(mostFigures, history.length);
  return Array.from({ length: figures }, (_, i) => history[Math.round(i * step)] ?? 0);
};
