/**
 * The evidence of one process on disk: a folder with `readings.ndjson` (a recording of memwatch's, `memwatch/record@1`),
 * samples of what is alive, and CPU profiles of the last minute. Everything is readable if the process is killed at any
 * moment: lines are appended, files get their names when they are whole. It never grows beyond a bound.
 */
import { join } from 'node:path';
import { recordHeader, recordLine } from '../agent/capture/own-documents.js';
import { processExists } from '../agent/process/proc.js';
import type { RecordedReading, RecordEvent } from '../analyzer/model/recording.js';
import { createGrowingFile } from '../files/growing.js';
import { writeOutput } from '../files/output.js';
import { keepNewest, makeOwnFolder } from '../files/evidence-folder.js';

export interface Evidence {
  reading(reading: RecordedReading): void;
  mark(text: string): void;
  /** Begins a sample; what it returns writes it, and replaces what was written of it before. */
  survivors(): (profile: object) => void;
  census(document: object): void;
  /** What is sampled from now on has nothing to do with the samples before. */
  beginSamples(): void;
  cpu(profile: object): void;
  /** A name for a snapshot; of those before, only the newest stays. */
  snapshotFile(): string;
  end(how: string): void;
  /** Files of a worker thread, whose names begin with its number. */
  ofWorker(worker: number): Pick<Evidence, 'survivors' | 'census' | 'beginSamples'>;
}

export interface EvidenceStart {
  readonly keep: string;
  readonly startedMs: number;
  readonly script: string;
}

const mostBytes = 512 * 1024;
/** The first sample of a sampling is kept to compare with; of the others the last. */
const mostSamples = 3;
/** Six windows of ten seconds. */
const mostCpuProfiles = 6;
const mostSnapshots = 2;
/** Of all workers together, when another one starts. */
const mostWorkerFiles = 50;
/** Folders of processes; those of programs that run stay. */
const mostProcesses = 32;
const series = 1;

export const openEvidence = ({ keep, startedMs, script }: EvidenceStart, intervalMs: number): Evidence => {
  makeOwnFolder(keep);
  keepNewest(keep, /^\d{8}-\d{6}-\d+$/, mostProcesses - 1, (name) => processExists(Number(name.split('-')[2])));
  const folder = join(keep, `${stampOf(startedMs)}-${process.pid}`);
  makeOwnFolder(folder);
  const header = recordHeader(startedMs, intervalMs);
  const { pid, version: nodeVersion } = process;
  const thread = 'main thread';
  const first =
    recordLine(header) + recordLine({ kind: 'start', series, timeMs: startedMs, pid, thread, script, nodeVersion });
  const file = createGrowingFile(join(folder, 'readings.ndjson'), first, {});
  const write = (event: RecordEvent): void => {
    const line = recordLine(event);
    if (file.bytes + line.length > mostBytes) file.replace(Buffer.from(first + newerHalf(file.read(), first.length)));
    file.append(line);
  };
  let lost = 0;
  /** While the disk is full, lines are left out; the next that can be written says how many. */
  const append = (event: RecordEvent): void => {
    try {
      if (lost > 0) write(markOf(`the agent: ${lost} lines before this one could not be written`));
      lost = 0;
      write(event);
    } catch {
      lost++;
    }
  };
  return {
    reading: append,
    mark: (text) => append(markOf(text)),
    end: (how) => append({ kind: 'end', series, timeMs: Date.now(), how }),
    ...profilesIn(folder, ''),
    ofWorker: (worker) => {
      keepNewest(folder, /^worker-\d+-/, mostWorkerFiles);
      return profilesIn(folder, `worker-${numbered(worker)}-`);
    },
  };
};

const markOf = (text: string): RecordEvent => ({ kind: 'mark', timeMs: Date.now(), text });

type Captures = Pick<Evidence, 'survivors' | 'census' | 'beginSamples' | 'cpu' | 'snapshotFile'>;

/** `prefix`: of the names of samples and censuses. */
const profilesIn = (folder: string, prefix: string): Captures => {
  let sampling = 0;
  let samples = 0;
  let profiles = 0;
  let censuses = 0;
  let snapshots = 0;
  const sampleName = (number: number): string => `${prefix}survivors-${sampling}-${numbered(number)}.heapprofile`;
  return {
    survivors: () => {
      const name = sampleName(++samples);
      return (profile) => {
        writeOutput(join(folder, name), JSON.stringify(profile), { overwrite: true });
        keepNewest(
          folder,
          new RegExp(`^${prefix}survivors-.*\\.heapprofile$`),
          mostSamples - 1,
          (one) => one === sampleName(1),
        );
      };
    },
    census: (document) => {
      const nameOf = (number: number): string => `${prefix}census-${numbered(number)}.json`;
      writeOutput(join(folder, nameOf(++censuses)), JSON.stringify(document));
      keepNewest(folder, new RegExp(`^${prefix}census-\\d+\\.json$`), 1, (name) => name === nameOf(1));
    },
    beginSamples: () => {
      sampling++;
      samples = 0;
    },
    cpu: (profile) => {
      writeOutput(join(folder, `cpu-${numbered(++profiles)}.cpuprofile`), JSON.stringify(profile));
      keepNewest(folder, /^cpu-\d+\.cpuprofile$/, mostCpuProfiles);
    },
    snapshotFile: () => {
      for (const ofSnapshot of [/^heap-\d+\.heapsnapshot$/, /^heap-\d+\.heapsnapshot\.scripts\.json$/])
        keepNewest(folder, ofSnapshot, mostSnapshots - 1);
      return join(folder, `heap-${numbered(++snapshots)}.heapsnapshot`);
    },
  };
};

/** Names are in the order of time. */
const numbered = (number: number): string => String(number).padStart(5, '0');

const stampOf = (timeMs: number): string =>
  new Date(timeMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');

const newerHalf = (content: Uint8Array, headBytes: number): string => {
  const lines = Buffer.from(content).subarray(headBytes).toString('utf8').split('\n').slice(0, -1);
  return lines
    .slice(lines.length / 2)
    .map((line) => `${line}\n`)
    .join('');
};
