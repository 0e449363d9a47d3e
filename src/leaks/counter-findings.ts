/**
 * What grows in the heap and what grows beside it, made one list: findings with one cause are one finding. In: growth of
 * the heap, counters of the rounds. Out: growth of both, by rank.
 */
import {
  childProcesses,
  counterFinding,
  findCounterGrowth,
  nativeMemory,
  threads,
  type CounterGrowth,
} from '../analyzer/growth/counters.js';
import { ownerOf } from '../analyzer/model/owner.js';
import type { CounterReading } from '../analyzer/model/check.js';
import type { Finding } from '../analyzer/model/finding.js';
import { packageOf } from './snapshot-files.js';
import type { Growth } from './subject.js';

export const withCounters = (growth: Growth, readings: readonly CounterReading[], work: readonly number[]): Growth => {
  const beside = findCounterGrowth(readings, work).map((counter) => findingOf(counter, growth, work));
  return { ...growth, growing: joinFindings(growth.growing, beside) };
};

/** Children and threads come before what hangs on them; else what the heap shows stands before what is beside it. */
export const joinFindings = (inHeap: readonly Finding[], beside: readonly Finding[]): Finding[] =>
  beside
    .reduce<readonly Finding[]>((found, one) => (isStarted(one) ? asCause(one, found) : joined(found, one)), inHeap)
    .map((finding, i) => ({ ...finding, rank: i + 1 }));

const isStarted = ({ container: { name } }: Finding): boolean => name === threads || name === childProcesses;

/** Nothing in the heap says where it comes from: the body is the place to look. */
export const findingOf = (counter: CounterGrowth, { place }: Growth, work: readonly number[]): Finding => {
  const callsPerRound = work.reduce((sum, calls) => sum + calls, 0) / work.length;
  const owner = place === null ? ({ kind: 'unknown' } as const) : ownerOf(place.file, packageOf);
  return { ...counterFinding(counter, callsPerRound), rank: 1, location: place, owner };
};

/** A thread or child brings its ports, listeners and files with it: what grows in step with them is their doing. */
const asCause = (beside: Finding, findings: readonly Finding[]): Finding[] => [
  findings.filter((other) => isInStep(other, beside)).reduce(withReason, beside),
  ...findings.filter((other) => !isInStep(other, beside)),
];

/**
 * Else it is the heap's finding that says more, and the counter is told as its consequence. But where all that the heap
 * shows is V8's or Node's native handle, the counter has the better name.
 */
const joined = (findings: readonly Finding[], beside: Finding): Finding[] => {
  const cause = findings.find((other) => explains(other, beside));
  if (cause === undefined) return [...findings, beside];
  const isNamed = cause.kind !== 'native' || isCounter(cause);
  const one = isNamed ? withReason(cause, beside) : withReason(beside, cause);
  return findings.map((other) => (other === cause ? one : other));
};

const withReason = (cause: Finding, other: Finding): Finding => ({
  ...cause,
  reasons: [...cause.reasons, ...(isCounter(other) ? other.reasons : [`in step with it: ${other.title}`])],
});

const isCounter = ({ container }: Finding): boolean => container.id === 0;

/** Native memory is a leak by itself only where nothing in the heap grows: heap objects may hold it unseen. */
const explains = (finding: Finding, beside: Finding): boolean => {
  if (beside.container.name === nativeMemory) return true;
  const besideBytes = beside.bytesPerRound ?? 0;
  return besideBytes > 0
    ? (finding.retainedBytesPerRound ?? finding.bytesPerRound ?? 0) >= besideBytes * 0.5
    : isInStep(finding, beside);
};

/** As many, or a few for each: a socket is a handle and a file, a thread has four files. */
const isInStep = (finding: Finding, beside: Finding): boolean => {
  const ratio = finding.countPerRound / beside.countPerRound;
  const times = Math.max(ratio, 1 / ratio);
  return times < 6.5 && Math.abs(times - Math.round(times)) < 0.1 * times;
};
