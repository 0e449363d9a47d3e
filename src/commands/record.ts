/** `memwatch record <target…>`: memory, CPU, garbage collection and the event loop over time, into one bounded file. */
import { attach, type Attachment } from '../agent/attach/attach.js';
import { scriptOf } from '../agent/attach/candidates.js';
import type { Target } from '../agent/attach/target.js';
import { readProcess } from '../agent/process/proc.js';
import { MemwatchError } from '../errors.js';
import { parseBytes, parseDuration } from '../report/quantities.js';
import { escapeText, formatBytes } from '../report/units.js';
import { captureOptions, namedCapture, wantedCapture, type WantedCapture } from './capture-file.js';
import { targetForms, targetsOf } from './choose-target.js';
import type { Command, Io } from './io.js';
import { createRecordLog } from './record/log.js';
import { recordProcess } from './record/process.js';

export const recordCommand: Command = {
  builder: (yargs) =>
    captureOptions(yargs, 'file of the recording: plain lines while it runs, gzip when it is finished')
      .positional('targets', { type: 'string', array: true, describe: `one or more: ${targetForms}` })
      .option('interval', { type: 'string', default: '1s', describe: 'time between two readings' })
      .option('max-size', {
        type: 'string',
        default: '64mb',
        describe: 'largest size of the file; older readings are thinned out',
      })
      .option('duration', { alias: 'd', type: 'string', describe: 'how long to record (default: until Ctrl-C)' })
      .example('$0 record 1234 1235 -o day.record', 'until Ctrl-C, or until both have ended')
      .example('$0 record -- server.js', 'from its first line to its end'),
  run: async (args, io) => {
    const targets = await targetsOf(args, io);
    const intervalMs = parseDuration(String(args['interval']));
    if (intervalMs < 100) throw new MemwatchError('bad-argument', '--interval is at least 100ms');
    const mostBytes = sizeOf(String(args['max-size']));
    const endMs = args['duration'] === undefined ? undefined : parseDuration(String(args['duration']));
    const wanted = wantedCapture(args);
    const attachments = await attachAll(targets, io);
    return recordAll(attachments, { wanted, intervalMs, mostBytes }, endMs, io);
  },
};

const [leastBytes, largestBytes] = [2 ** 16, 2 ** 28];
const sizeOf = (text: string): number => {
  const bytes = parseBytes(text);
  if (bytes >= leastBytes && bytes <= largestBytes) return bytes;
  throw new MemwatchError('bad-argument', `--max-size ${text}: give 64kb to 256mb`);
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
}

/** Detaches in every case. */
const recordAll = async (
  attachments: readonly Attachment[],
  { wanted, ...rest }: RecordOptions,
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
      const codes = await Promise.all(work);
      return codes.find((code) => code !== undefined);
    } finally {
      clearInterval(marks);
      await Promise.allSettled(work);
      log.finish();
      io.print({ schema: 'memwatch/recorded@1', file }, () => `${escapeText(file)}: ${formatBytes(log.bytes)}`);
    }
  } finally {
    for (const one of attachments) await one.detach();
  }
};

const scriptOfTarget = ({ pid }: Attachment): string => {
  const status = pid === undefined ? undefined : readProcess(pid);
  return status === undefined ? '' : scriptOf(status.command);
};
