/**
 * What a watch has read of its target so far: frequent readings of the process, counts of its objects, and the kinds of
 * its file descriptors. In: a target. Out: what is known, at any time.
 */
import type { Attachment } from '../agent/attach/attach.js';
import type { Census } from '../agent/capture/census.js';
import type { ProcessReadings } from '../agent/capture/process-readings.js';
import { readDescriptorKinds } from '../agent/process/counts.js';
import { computeBounds, objectBytes } from '../analyzer/growth/readings/bounds.js';
import { nativeMemory } from '../analyzer/growth/readings/counters.js';
import type { GateReading } from '../analyzer/growth/readings/gate.js';
import type { Watch } from '../analyzer/growth/watch-report.js';
import type { ProcessReading } from '../analyzer/model/process-reading.js';
import type { KeptMemory } from '../captures/resident.js';
import type { Progress } from '../progress.js';
import type { Round } from './rounds.js';

/** What a watch works with. */
export interface Looking {
  readonly attachment: Attachment;
  readonly census: Census;
  readonly readings: ProcessReadings;
  /** What the captures so far have left for the next. */
  readonly kept?: KeptMemory | undefined;
  readonly round: Round;
  readonly io: Progress;
  /** Garbage is collected before each reading. */
  readonly collects: boolean;
}

export interface Notes {
  readonly counts: readonly GateReading[];
  /** At the start, and at the end of each round. */
  readonly roundReadings: readonly ProcessReading[];
  look(): Promise<void>;
  /** Reads the process; counts objects if the caller asks for it, or if it is time for it. */
  endRound(counts: boolean): Promise<void>;
  /** The target was still warming up: what is known begins at the end of the first round. */
  forgetFirstRound(): void;
  watch(): Watch;
  /** Kinds of file descriptors of which there are more than at the start, most first. */
  gainedDescriptors(): DescriptorGain[];
}

export interface DescriptorGain {
  readonly kind: string;
  readonly count: number;
}

export const createNotes = async (looking: Looking, allowedMs: number): Promise<Notes> => {
  const { attachment, readings } = looking;
  const counts: GateReading[] = [];
  const count = (reading: ProcessReading): Promise<ProcessReading> => countObjects(looking, counts, reading);
  // the watch begins after the first count, which takes memory in the target and keeps some of it
  let first = await count(await readings.read());
  warnOfSilentWorkers(first, looking.io);
  const descriptors = descriptorsOf(attachment);
  const taken = [first];
  const roundReadings = [first];
  return {
    counts,
    roundReadings,
    look: async () => void taken.push(await readings.read()),
    async endRound(must) {
      const reading = await readings.read();
      taken.push(reading);
      roundReadings.push(reading);
      if (must || isCountDue(reading.atMs - first.atMs, counts.length, allowedMs)) await count(reading);
    },
    forgetFirstRound() {
      counts.shift();
      roundReadings.shift();
      first = roundReadings[0] ?? first;
      taken.splice(0, taken.indexOf(first));
    },
    watch: () => {
      const heapBytes = roundReadings.map(({ heapUsedBytes }) => heapUsedBytes);
      const classes = counts[0]?.census.classes.length ?? 0;
      return { readings: taken, known: knownOf(taken, looking, allowedMs), heapBytes, allowedMs, classes };
    },
    gainedDescriptors: () => gainsOf(descriptors, descriptorsOf(attachment)),
  };
};

/** Adds a count; returns the next reading, because what the count itself costs is not the target's work. */
const countObjects = async (
  { census, readings, io }: Looking,
  counts: GateReading[],
  reading: ProcessReading,
): Promise<ProcessReading> => {
  io.progress(`2/4 counting objects, ${counts.length + 1}`);
  const { atMs, externalBytes } = reading;
  counts.push({ atMs, heapBytes: objectBytes(reading), externalBytes, census: await census.count({ idsFor: 0 }) });
  return readings.read();
};

const warnOfSilentWorkers = ({ workers }: ProcessReading, io: Progress): void => {
  for (const { title, silence } of workers)
    if (silence !== null) io.warn(`${title} does not answer (${silence}): its heap is not checked`);
};

/** Without collections the heap's readings are full of garbage, and have no bound. */
const knownOf = (taken: readonly ProcessReading[], { collects }: Looking, allowedMs: number): Watch['known'] => {
  const all = computeBounds(taken, allowedMs);
  return collects ? all : all.filter(({ unit, of }) => unit === 'count' || of === nativeMemory);
};

/** Counts cost more than readings, so the time until the next one doubles with each. */
const isCountDue = (elapsedMs: number, counted: number, allowedMs: number): boolean =>
  elapsedMs > (allowedMs / 16) * 2 ** (counted - 3);

const descriptorsOf = ({ pid }: Attachment): ReadonlyMap<string, number> =>
  pid === undefined ? new Map() : readDescriptorKinds(pid);

const gainsOf = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): DescriptorGain[] =>
  [...after]
    .map(([kind, count]) => ({ kind, count: count - (before.get(kind) ?? 0) }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count);
