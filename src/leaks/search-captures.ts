/**
 * The captures of one search: a snapshot at the start and after each round, with what was read and counted between them.
 * In: the target, and what a watch has seen of it. Out: files, readings, and the report that comparing the files gives.
 */
import { join } from 'node:path';
import type { Pause } from '../agent/attach/pause.js';
import type { Census } from '../agent/capture/census.js';
import { readNumbers } from '../agent/capture/numbers.js';
import type { Redaction } from '../agent/capture/redact.js';
import type { Session } from '../agent/session/protocol.js';
import type { AskedLimit, KnownLimit } from '../analyzer/growth/live-limits.js';
import type { Gate } from '../analyzer/growth/readings/gate.js';
import type { CollectionSizes } from '../analyzer/growth/sizes.js';
import type { Slope } from '../analyzer/model/bounds.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import type { ProcessReading } from '../analyzer/model/process-reading.js';
import { takeSnapshot } from '../captures/take-snapshot.js';
import type { Progress } from '../progress.js';
import { answerOfThread } from '../thread.js';
import type { AnalyseOptions, Compared } from './snapshot-files.js';
import type { Watched } from './watch.js';
import type { Looking } from './watch-notes.js';

export interface SearchOptions {
  /** The number of rounds; there is a snapshot before the first and after each. */
  readonly rounds: number;
  /** Enough rounds to call a leak what was seen to rise before the search; at most `rounds`. */
  readonly suspectedRounds: number;
  /** Rounds are measured by time, not by an amount of work. */
  readonly byTime: boolean;
  readonly growthSites?: boolean;
  readonly force: boolean;
  /** When the time that is allowed is over: no more rounds are added. As `performance.now()`. */
  readonly untilMs: number;
  /** The folder in which to keep the snapshots. */
  readonly keep: string | undefined;
  /** Leaves the contents of strings out of the snapshots. */
  readonly redact?: Redaction | undefined;
}

export interface Captures {
  readonly files: readonly string[];
  readonly readings: readonly ProcessReading[];
  first(): Promise<void>;
  /** Ends a round: reads the process, takes a snapshot, reads the sizes of the collections that are followed. */
  next(): Promise<void>;
  compare(): Promise<Outcome>;
}

export interface Outcome {
  readonly report: LeakReport;
  /** How fast the heap grew at most, by what stayed in it; undefined if the snapshots do not say. */
  readonly heapSeen: HeapSeen | undefined;
}

export interface HeapSeen {
  readonly slope: Slope;
  readonly ms: number;
}

export const createCaptures = (
  folder: string,
  looking: Looking,
  watched: Watched,
  options: SearchOptions,
): Captures => {
  const readings: ProcessReading[] = [];
  const { files, pauses, takeNext } = createSnapshots(folder, looking, options);
  const followed = followCollections(looking.census, watched.gate);
  const limits: KnownLimit[] = [];
  return {
    files,
    readings,
    first: takeNext,
    next: async () => {
      readings.push(await looking.readings.read());
      await takeNext();
      await followed.read();
    },
    compare: async () => {
      const before = watched.gate.readings.map((reading) => reading.heapBytes);
      const heapBytes = [...before, ...readings.map((reading) => reading.heapUsedBytes)];
      const roundMs = pauses.slice(1).map((pause, i) => msBetween(pauses[i] ?? pause, pause));
      const known = { heapBytes, sizes: followed.sizes() };
      const byWork = options.byTime ? { ...known, roundWork: roundMs } : known;
      const compare = (): Promise<Compared> => compareFiles(files, { ...byWork, limits }, looking.io);
      const compared = await compare();
      const read = await readLimits(looking.attachment.session, compared.asked);
      limits.push(...read);
      const { report, bornBytes } = read.length === 0 ? compared : await compare();
      return { report, heapSeen: heapSeenIn(bornBytes, roundMs) };
    },
  };
};

/** A snapshot stops the target, so a round lasts from the end of one to the start of the next. */
export const msBetween = (one: Pause, next: Pause): number => {
  const isExact = one.inTarget !== undefined && next.inTarget !== undefined;
  return isExact ? next.inTarget.startMs - one.inTarget.endMs : next.seen.startMs - one.seen.endMs;
};

interface Snapshots {
  readonly files: readonly string[];
  readonly pauses: readonly Pause[];
  takeNext(): Promise<void>;
}

const createSnapshots = (folder: string, { attachment, kept, io }: Looking, options: SearchOptions): Snapshots => {
  const files: string[] = [];
  const pauses: Pause[] = [];
  const takeNext = async (): Promise<void> => {
    const file = join(folder, `${String(files.length + 1).padStart(2, '0')}.heapsnapshot`);
    const count = Math.max(files.length, options.rounds) + 1;
    const progress = (text: string): void => io.progress(`3/4 snapshot ${files.length + 1} of ${count}: ${text}`);
    const warn = files.length === 0 ? io.warn : progress; // its cost is stated only once
    const { force, redact } = options;
    const onPause = (pause: Pause): void => void pauses.push(pause);
    const taking = { force, more: true, kept, collected: true, redact, onPause };
    await takeSnapshot(attachment, file, taking, { ...io, progress, warn });
    files.push(file);
  };
  return { files, pauses, takeNext };
};

/** For each, V8 walks over all objects, which stops the target for less than a snapshot does. */
const mostLimits = 4;

/** Their ids are those of the last snapshot, and the same as long as the session lasts. */
const readLimits = async (session: Session, asked: readonly AskedLimit[]): Promise<KnownLimit[]> => {
  if (asked.length === 0) return [];
  const values = await readNumbers(session, asked.slice(0, mostLimits));
  return asked.flatMap((one, i) => {
    const value = values[i];
    return value === undefined ? [] : [{ ...one, value }];
  });
};

const compareFiles = async (files: readonly string[], options: AnalyseOptions, io: Progress): Promise<Compared> => {
  const worker = new URL('snapshot-files-worker.js', import.meta.url);
  const thread = { signal: io.signal, onProgress: (text: string): void => io.progress(`4/4 ${text}`) };
  return (await answerOfThread(worker, { files, options }, thread)) as Compared;
};

/** What the last round made has not yet shown that it stays. */
const heapSeenIn = (bornBytes: readonly number[], roundMs: readonly number[]): HeapSeen | undefined => {
  const rounds = roundMs.slice(0, -1);
  const ms = rounds.reduce((sum, one) => sum + one, 0);
  if (ms <= 0) return undefined;
  const bytes = rounds.map((_, i) => bornBytes[i + 1] ?? 0);
  const estimate = (1000 * bytes.reduce((sum, one) => sum + one, 0)) / ms;
  const high = Math.max(...bytes.map((one, i) => (1000 * one) / (rounds[i] ?? ms)));
  return { slope: { estimate, low: 0, high }, ms };
};

/** Collections that rose in each round of the gate, followed on through the rounds between snapshots. */
interface Followed {
  /** Reads their sizes, and drops what did not rise. */
  read(): Promise<void>;
  sizes(): CollectionSizes[];
}

/** Reading a size takes a moment, and so does V8's id; but more collections than this are no longer followed. */
const mostFollowed = 50;

const followCollections = (census: Census, { rising }: Gate): Followed => {
  let followed = rising.containers.slice(0, mostFollowed).map(({ container, history }) => ({
    id: container.id,
    heapId: container.heapId,
    sizes: [...history],
  }));
  return {
    async read() {
      if (followed.length === 0) return;
      const read = new Map((await census.sizes(followed.map(({ id }) => id))).map((one) => [one.id, one]));
      followed = followed.flatMap(({ id, sizes }) => {
        const now = read.get(id);
        const rises = now !== undefined && now.size > (sizes.at(-1) ?? 0);
        return rises ? [{ id, heapId: now.heapId, sizes: [...sizes, now.size] }] : [];
      });
    },
    sizes: () => followed.flatMap(({ heapId, sizes }) => (heapId === null ? [] : [{ heapId, sizes }])),
  };
};
