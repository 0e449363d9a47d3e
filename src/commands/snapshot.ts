/** `memwatch snapshot <target>`: writes one heap snapshot, safely. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withAttachment, type Attachment } from '../agent/attach/attach.js';
import type { CapturedSnapshot } from '../agent/capture/snapshot.js';
import { MemwatchError, throwIfInterrupted } from '../errors.js';
import { durationOf } from './option-values.js';
import { escapeText, formatBytes, formatCount, formatDuration } from '../report/units.js';
import { captureOptions, namedCapture, redactOption, wantedCapture, wantedRedaction } from './capture-file.js';
import { targetForms, targetOf } from './choose-target.js';
import type { Arguments, Command, Io } from './io.js';
import { takeSnapshot } from '../captures/take-snapshot.js';

export const snapshotCommand: Command = {
  builder: (yargs) =>
    captureOptions(yargs, 'the file to write (default: a new one in the folder memwatch-captures)')
      .positional('target', { type: 'string', describe: targetForms })
      .option('gzip', { type: 'boolean', describe: 'compress it to about a fifth of the size' })
      .option('force', { type: 'boolean', describe: 'take it even if memory or disk space could run out' })
      .option('redact', redactOption)
      .option('after', { type: 'string', describe: 'time to wait before it (5s for a program that is started)' })
      .example('$0 snapshot 1234 -o before.heapsnapshot', 'for memwatch heap, memwatch diff, and Chrome DevTools')
      .example('$0 snapshot 1234 --redact', 'without the contents of strings, for passing it on')
      .example('$0 snapshot 1234/2 --gzip', 'of the worker thread 2 of process 1234'),
  async run(args, io) {
    const target = await targetOf(args, io);
    const gzip = args['gzip'] === true;
    const waitMs = waitMsOf(args, target.kind === 'command');
    const wanted = wantedCapture({ ...args, output: withEnding(args['output'] as string | undefined, gzip) });
    const attaching = {
      signal: io.signal,
      onProgress: io.progress,
      programStdout: io.json ? ('stderr' as const) : ('inherit' as const),
    };
    await withAttachment(target, attaching, async (attachment) => {
      await waitBefore(attachment, waitMs, io);
      const { file, overwrite } = wanted ?? { file: newName(attachment, gzip), overwrite: false };
      const options = { gzip, overwrite, force: args['force'] === true, redact: wantedRedaction(args) };
      const snapshot = await takeSnapshot(attachment, file, options, io);
      io.print({ schema: 'memwatch/snapshot@1', ...snapshot }, () => describe(snapshot));
    });
  },
};

/** A program that memwatch starts is given time to load. */
const waitMsOf = (args: Arguments, isProgram: boolean): number => {
  if (args['after'] === undefined) return isProgram ? 5000 : 0;
  return args['after'] === '0' ? 0 : durationOf(args, 'after');
};

const waitBefore = async (attachment: Attachment, waitMs: number, io: Io): Promise<void> => {
  await attachment.runIfWaiting();
  if (waitMs === 0) return;
  const seconds = waitMs / 1000;
  io.progress(`taking a snapshot in ${seconds} s`);
  const stop = AbortSignal.any([io.signal, attachment.ending]);
  await sleep(waitMs, undefined, { signal: stop }).catch(() => {});
  throwIfInterrupted(io.signal);
  if (!attachment.ending.aborted) return;
  throw new MemwatchError('disconnected', `the target ended within the first ${seconds} s`, {
    hint: 'take the snapshot earlier: --after 1s',
  });
};

/** Pipes and devices keep their name. */
const withEnding = (file: string | undefined, gzip: boolean): string | undefined =>
  !gzip || file === undefined || /\.gz$|^\/dev\//.test(file) ? file : `${file}.gz`;

const newName = ({ pid, worker }: Attachment, gzip: boolean): string => {
  const thread = worker === undefined ? '' : `-worker-${worker.id}`;
  return namedCapture(`${pid ?? 'remote'}${thread}`, gzip ? 'heapsnapshot.gz' : 'heapsnapshot');
};

const describe = ({ file, bytes, nodes, edges, pauseUs }: CapturedSnapshot): string =>
  `${escapeText(file)}: ${formatBytes(bytes)}, ${formatCount(nodes)} nodes, ${formatCount(edges)} edges\n` +
  `the target was paused for ${formatDuration(pauseUs)}`;
