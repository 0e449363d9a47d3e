/**
 * `memwatch why DIR`: what the agent inside kept of a process that is gone: how it ended, what grew, and which function
 * allocated it. In: the folder of one process, or the one that holds them all. Out: text, or `memwatch/why@1`.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readProcess } from '../agent/process/proc.js';
import { readKeptCensus } from '../analyzer/formats/documents/kept-census.js';
import { readRecording } from '../analyzer/formats/documents/recording.js';
import { findGrownContainers } from '../analyzer/memory/grown-containers.js';
import { findKeptSites } from '../analyzer/growth/kept-sites.js';
import { howItEnded, limitsOf } from '../analyzer/memory/how-it-ended.js';
import type { RecordedReading, RecordedStart } from '../analyzer/model/recording.js';
import type { KeptCensus, KeptInThread, WhyDocument } from '../analyzer/model/why.js';
import { cannotRead, MemwatchError } from '../errors.js';
import { renderWhy } from '../report/why-text.js';
import { readCaptureBytes } from './capture-file.js';
import type { Command } from './io.js';
import { readProfileFile } from './profile-file.js';

const recordingName = 'readings.ndjson';

export const whyCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('folder', {
        type: 'string',
        demandOption: true,
        describe: 'the folder given to --keep, or the folder of one process in it',
      })
      .example('$0 why evidence', 'the last process that kept its evidence there'),
  async run(args, io) {
    const folder = folderOfProcess(String(args['folder']));
    io.endAtOnce();
    const document = await readWhileWritten(folder);
    io.print(document, () => renderWhy(document, process.cwd()));
  },
};

/** The folder itself, or the newest of those in it: their names begin with the time of the start. */
const folderOfProcess = (folder: string): string => {
  const names = namesIn(folder);
  if (names.includes(recordingName)) return folder;
  const [newest] = names
    .filter((name) => /^\d{8}-\d{6}-\d+$/.test(name))
    .toSorted()
    .slice(-1);
  if (newest === undefined)
    throw new MemwatchError('not-found', `${folder} holds no evidence of the agent inside`, {
      hint: 'memwatch run --keep DIR -- app.js keeps evidence in DIR',
    });
  return join(folder, newest);
};

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder).toSorted();
  } catch (cause) {
    throw cannotRead(folder, cause);
  }
};

/** A program that still runs replaces its samples, so what was listed may be gone. */
const readWhileWritten = async (folder: string, tries = 5): Promise<WhyDocument> => {
  try {
    return await readWhy(folder);
  } catch (error) {
    if (tries === 1 || !(error instanceof MemwatchError) || error.code !== 'cannot-read') throw error;
    return readWhileWritten(folder, tries - 1);
  }
};

const readWhy = async (folder: string): Promise<WhyDocument> => {
  const file = join(folder, recordingName);
  const { series, marks } = readRecording(await readCaptureBytes(file), file);
  const [one] = series;
  if (one === undefined) throw new MemwatchError('broken-file', `${file} names no process`);
  const { start, readings } = one;
  const names = namesIn(folder);
  const last = readings.at(-1);
  const times = [start.timeMs, ...marks.map(({ timeMs }) => timeMs), last?.timeMs ?? 0, one.end?.timeMs ?? 0];
  return {
    schema: 'memwatch/why@1',
    folder,
    pid: start.pid,
    script: start.script,
    nodeVersion: start.nodeVersion,
    startedMs: start.timeMs,
    lastMs: Math.max(...times),
    ended: howItEnded(one, stillRuns(start)),
    limits: last === undefined ? [] : limitsOf(last),
    memory: memoryOf(readings),
    ...(await keptIn(folder, names)),
    workers: await Promise.all(
      workersIn(names).map(async (worker) => ({
        worker: Number(worker),
        ...(await keptIn(folder, names, `worker-${worker}-`)),
      })),
    ),
    marks,
    files: names
      .filter((name) => /\.(cpuprofile|heapprofile|heapsnapshot)$/.test(name))
      .map((name) => join(folder, name)),
  };
};

const workersIn = (names: readonly string[]): string[] => [
  ...new Set(names.flatMap((name) => /^worker-(\d+)-/.exec(name)?.[1] ?? [])),
];

/** `prefix`: of the names of the files of a worker. */
const keptIn = async (folder: string, allNames: readonly string[], prefix = ''): Promise<KeptInThread> => {
  const names = allNames.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const pathsOf = (some: readonly string[]): string[] => some.map((name) => join(folder, prefix + name));
  const samples = pathsOf(lastSampling(names));
  const censuses = pathsOf(names.filter((name) => /^census-\d+\.json$/.test(name)));
  return {
    samples: samples.length,
    sites: await keptSites(samples),
    censuses: censuses.length,
    containers: await keptContainers(censuses),
  };
};

/**
 * When another tool has sampled meanwhile, the agent has started again: those samples are not comparable with the ones
 * before.
 */
const lastSampling = (names: readonly string[]): string[] => {
  const samples = names.filter((name) => /^survivors-\d+-\d+\.heapprofile$/.test(name));
  const prefix = samples.at(-1)?.split('-').slice(0, 2).join('-');
  return samples.filter((name) => name.startsWith(`${prefix}-`));
};

/** The kernel gives the id of a process that has ended to another one, which has started later. */
const stillRuns = ({ pid, timeMs }: RecordedStart): boolean => {
  const status = pid === null ? undefined : readProcess(pid);
  return status !== undefined && Date.now() - status.uptimeSeconds * 1000 < timeMs + 1000;
};

const memoryOf = (readings: readonly RecordedReading[]): WhyDocument['memory'] => {
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined) return null;
  return {
    overUs: (last.timeMs - first.timeMs) * 1000,
    rssBytes: [first.rssBytes, last.rssBytes],
    heapUsedBytes: [first.heapUsedBytes, last.heapUsedBytes],
    externalBytes: [first.externalBytes, last.externalBytes],
  };
};

const keptContainers = async (files: readonly string[]): Promise<WhyDocument['containers']> => {
  const [first, last] = [files[0], files.at(-1)];
  if (first === undefined || last === undefined) return [];
  const readCensus = async (file: string): Promise<KeptCensus> =>
    readKeptCensus(String(await readCaptureBytes(file)), file);
  return findGrownContainers(first === last ? undefined : await readCensus(first), await readCensus(last));
};

const keptSites = async (samples: readonly string[]): Promise<WhyDocument['sites']> => {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return [];
  const before = first === last ? undefined : await readProfileFile(first);
  return findKeptSites(before, await readProfileFile(last));
};
