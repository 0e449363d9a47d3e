/** `memwatch record <target…>`: memory, CPU, garbage collection and the event loop over time, into one bounded file. */
import { attach, type Attachment } from '../agent/attach/attach.js';
import { scriptOf } from '../agent/attach/candidates.js';
import type { Target } from '../agent/attach/target.js';
import { readProcess } from '../agent/process/proc.js';
import { MemwatchError, messageOf } from '../errors.js';
import { escapeText, formatBytes } from '../report/units.js';
import { captureOptions, namedCapture, wantedCapture, type WantedCapture } from './capture-file.js';
import { targetForms, targetsOf } from './choose-target.js';
import type { Arguments, Command, Io } from './io.js';
import { openPicture, readRun, type Picture } from './plot/picture.js';
import { followChildren } from './record/children.js';
import { createRecordLog } from './record/log.js';
import { note, recordProcess } from './record/process.js';
import { bytesOf, durationOf } from './option-values.js';

export const recordCommand: Command = {
  builder: (yargs) =>
    captureOptions(yargs, 'file of the recording: plain lines while it runs, gzip when it is finished')
      .positional('targets', { type: 'string', array: true, describe: `one or more: ${targetForms}` })
      .option('interval', { type: 'string', default: '1s', describe: 'time between two readings' })
      .option('children', {
        type: 'boolean',
        describe: 'also the Node processes that the targets have started, and start meanwhile',
      }) // prettier-ignore
      .option('max-size', {
        type: 'string',
        default: '64mb',
        describe: 'largest size of the file; older readings are thinned out',
      })
      .option('html', { type: 'string', describe: 'at the end also write the recording as one page, as plot does' })
      .option('duration', { alias: 'd', type: 'string', describe: 'how long to record (default: until Ctrl-C)' })
      .example('$0 record 1234 1235 -o day.record', 'until Ctrl-C, or until both have ended')
      .example('$0 record 1234 -d 10m --html day.html', 'ten minutes as one page to send to other people')
      .example(
        '$0 record --children -- server.js',
        'from its first line to its end, with the processes that it starts',
      ),
  run: async (args, io) => {
    const targets = await targetsOf(args, io);
    const intervalMs = durationOf(args, 'interval');
    if (intervalMs < 100) throw new MemwatchError('bad-argument', '--interval is at least 100ms');
    const mostBytes = mostBytesOf(args);
    const endMs = args['duration'] === undefined ? undefined : durationOf(args, 'duration');
    const wanted = wantedCapture(args);
    const overwrite = args['overwrite'] === true;
    const page = args['html'] === undefined ? undefined : openPicture(String(args['html']), 'page', overwrite);
    const attachments = await attachAll(targets, io);
    return recordAll(
      attachments,
      { wanted, page, intervalMs, mostBytes, children: args['children'] === true },
      endMs,
      io,
    );
  },
};

const [leastBytes, largestBytes] = [2 ** 16, 2 ** 28];
const mostBytesOf = (args: Arguments): number => {
  const bytes = bytesOf(args, 'max-size');
  if (bytes >= leastBytes && bytes <= largestBytes) return bytes;
  throw new MemwatchError('bad-argument', `--max-size ${String(args['max-size'])}: give 64kb to 256mb`);
};

/** All, or none. */
const attachAll = async (targets: readonly Target[], io: Io): Promise<Attachment[]> => {
  const attachments: Attachment[] = [];
  const options = { signal: io.signal, onProgress: io.progress, programStdout: 'stderr' as const };
  try {
    for (const target of targets) attachments.push(await attach(target, options));
    return attachments;
  } catch (error) {
    for (const attachment of attachments) await attachment.detach();
    throw error;
  }
};

interface RecordOptions extends Omit<Parameters<typeof createRecordLog>[0], 'file' | 'overwrite'> {
  readonly wanted: WantedCapture | undefined;
  readonly page: Picture | undefined;
  readonly children: boolean;
}

/** Detaches in every case. */
const recordAll = async (
  attachments: readonly Attachment[],
  { wanted, page, children, ...rest }: RecordOptions,
  endMs: number | undefined,
  io: Io,
): Promise<number | undefined> => {
  const failed = new AbortController();
  const stops = [io.signal, failed.signal, ...(endMs === undefined ? [] : [AbortSignal.timeout(endMs)])];
  const stop = AbortSignal.any(stops);
  const work: Promise<number | undefined>[] = [];
  try {
    const file = wanted?.file ?? namedCapture(String(attachments[0]?.pid ?? 'remote'), 'record');
    const options = { ...rest, file, overwrite: wanted?.overwrite === true };
    const log = createRecordLog(options);
    const marks = setInterval(() => log.takeMarks(), options.intervalMs);
    try {
      const recorder = { log, intervalMs: options.intervalMs, stop, io };
      for (const one of attachments) work.push(recordProcess(one, scriptOfTarget(one), recorder));
      for (const one of work) one.catch(() => failed.abort()); // the others end, too
      const codes = await whileFollowing(children ? attachments : [], recorder, () => Promise.all(work));
      return codes.find((code) => code !== undefined);
    } finally {
      clearInterval(marks);
      await Promise.allSettled(work);
      log.finish();
      io.print({ schema: 'memwatch/recorded@1', file }, () => `${escapeText(file)}: ${formatBytes(log.bytes)}`);
      if (page !== undefined) await writePage(page, file, io);
    }
  } finally {
    for (const one of attachments) await one.detach();
  }
};

const writePage = async (page: Picture, recording: string, io: Io): Promise<void> => {
  page.write([await readRun(recording)]);
  io.warn(`wrote ${escapeText(page.file)}`);
};

type Recorder = Parameters<typeof recordProcess>[2];

/** Records the children of the processes, too, while `work` goes on; when it is over, children that still run are left. */
const whileFollowing = async <T>(
  parents: readonly Attachment[],
  recorder: Recorder,
  work: () => Promise<T>,
): Promise<T> => {
  const over = new AbortController();
  const stop = AbortSignal.any([recorder.stop, over.signal]);
  const pids = parents.flatMap(({ pid }) => pid ?? []);
  const children: Promise<unknown>[] = [];
  const begin = (pid: number): void => void children.push(recordChild(pid, { ...recorder, stop }));
  const following = pids.length === 0 ? undefined : followChildren(pids, begin, stop);
  try {
    return await work();
  } finally {
    over.abort();
    await following;
    await Promise.all(children);
  }
};

/** A child that cannot be recorded is noted, and does not end the recording. */
const recordChild = async (pid: number, recorder: Recorder): Promise<void> => {
  try {
    const attachment = await attach({ kind: 'pid', pid, worker: undefined }, { signal: recorder.stop });
    await recordProcess(attachment, scriptOfTarget(attachment), recorder);
  } catch (error) {
    if (!recorder.stop.aborted) note(`process ${pid}, a child, is not recorded: ${messageOf(error)}`, recorder);
  }
};

const scriptOfTarget = ({ pid }: Attachment): string => {
  const status = pid === undefined ? undefined : readProcess(pid);
  return status === undefined ? '' : scriptOf(status.command);
};
