/**
 * Joins what grows in the heap and what grows outside it (files, threads, native memory) into one list, in which
 * findings with the same cause are one finding. In: growth of the heap, counters of the rounds. Out: growth of both, by
 * rank.
 */
import {
  childProcesses,
  classesInHeap,
  counterFinding,
  findCounterGrowth,
  nativeMemory,
  realms,
  threads,
  type CounterGrowth,
} from '../analyzer/growth/readings/counters.js';
import { isProgramFile } from '../analyzer/model/scripts.js';
import { ownerOf } from '../analyzer/model/owner.js';
import type { CounterReading } from '../analyzer/model/check.js';
import type { Finding } from '../analyzer/model/finding.js';
import { packageOf } from './snapshot-files.js';
import type { Growth } from './subject.js';

export const withCounters = (growth: Growth, readings: readonly CounterReading[], work: readonly number[]): Growth => {
  const outside = findCounterGrowth(readings, work).map((counter) => findingOf(counter, growth, work));
  return { ...growth, growing: joinFindings(growth.growing, outside) };
};

/**
 * Child processes and threads come before what they cause; otherwise findings in the heap come before those outside it.
 */
export const joinFindings = (inHeap: readonly Finding[], outside: readonly Finding[]): Finding[] =>
  outside
    .reduce<readonly Finding[]>((found, one) => (isStarted(one) ? asCause(one, found) : joined(found, one)), inHeap)
    .map((finding, i) => ({ ...finding, rank: i + 1 }));

const isStarted = ({ container: { name } }: Finding): boolean => name === threads || name === childProcesses;

/** The heap does not show where it comes from, so the body is reported as the place. */
export const findingOf = (counter: CounterGrowth, { place }: Growth, work: readonly number[]): Finding => {
  const callsPerRound = work.reduce((sum, calls) => sum + calls, 0) / work.length;
  const owner = place === null ? ({ kind: 'unknown' } as const) : ownerOf(place.file, packageOf);
  return { ...counterFinding(counter, callsPerRound), rank: 1, location: place, owner };
};

/**
 * A thread or child process brings its ports, listeners and files with it, so it is the cause of what grows in step
 * with it.
 */
const asCause = (counter: Finding, findings: readonly Finding[]): Finding[] => {
  const isPart = (other: Finding): boolean => isAbout(other, counter.container.name) || isInStep(other, counter);
  return [findings.filter(isPart).reduce(withReason, counter), ...findings.filter((other) => !isPart(other))];
};

/**
 * Otherwise the finding in the heap says more, and the counter is reported as its consequence. But if the heap shows
 * only a native handle of V8 or Node, the counter has the clearer name.
 */
const joined = (findings: readonly Finding[], counter: Finding): Finding[] => {
  const cause = findings.find((other) => explains(other, counter));
  if (cause === undefined) return [...findings, counter];
  const isNamed = cause.kind !== 'native' || isCounter(cause);
  const one = isNamed ? withReason(cause, counter) : withReason(counter, cause);
  return findings.map((other) => (other === cause ? one : other));
};

const withReason = (cause: Finding, other: Finding): Finding => ({
  ...cause,
  ...placeOf(cause, other),
  reasons: [...cause.reasons, ...(isCounter(other) ? other.reasons : [`in step with it: ${other.title}`])],
});

/** What the heap knows of the place counts for the counter that is its cause, too. */
const placeOf = (cause: Finding, other: Finding): Partial<Finding> => {
  if (cause.location !== null || other.location === null || !isProgramFile(other.location.file)) return {};
  const { location, owner, allocationSites } = other;
  return { location, owner, allocationSites };
};

const isCounter = ({ container }: Finding): boolean => container.id === 0;

/**
 * Native memory is a leak of its own only if nothing in the heap grows: heap objects may hold it in ways that a
 * snapshot does not show.
 */
const explains = (finding: Finding, counter: Finding): boolean => {
  if (counter.container.name === nativeMemory || isSameHandle(finding, counter)) return true;
  if (counter.container.name === realms && finding.gains.length > 0) return isAbout(finding, counter.container.name);
  const counterBytes = counter.bytesPerRound ?? 0;
  return counterBytes > 0
    ? (finding.retainedBytesPerRound ?? finding.bytesPerRound ?? 0) >= counterBytes * 0.5
    : isInStep(finding, counter);
};

/** Whether it gains the objects that stand for what is counted. */
export const isAbout = ({ gains }: Finding, counter: string): boolean =>
  gains.some(({ name }) => name === classesInHeap.get(counter));

/** V8's snapshots call a handle `TCP` that Node calls `TCPSocketWrap`. */
const isSameHandle = ({ kind, signature, container }: Finding, counter: Finding): boolean => {
  const handle = signature.split(' > ').at(-1) ?? '';
  return kind === 'native' && container.id !== 0 && handle !== '' && counter.container.name.startsWith(handle);
};

/** The same number, or a small multiple of it: a socket is a handle and a file, a thread has four files. */
const isInStep = (finding: Finding, counter: Finding): boolean => {
  const ratio = finding.countPerRound / counter.countPerRound;
  const times = Math.max(ratio, 1 / ratio);
  return times < 6.5 && Math.abs(times - Math.round(times)) < 0.1 * times;
};
