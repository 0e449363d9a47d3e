/** `memwatch watch <target…>`: watches unattended, and keeps the evidence of the moment in which a condition holds. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Attachment } from '../agent/attach/attach.js';
import { scriptOf } from '../agent/attach/candidates.js';
import type { Target } from '../agent/attach/target.js';
import { watchReadings } from '../agent/capture/readings.js';
import { readHostLimits } from '../agent/process/limits.js';
import { readProcess } from '../agent/process/proc.js';
import { writeJson } from '../analyzer/model/escape.js';
import type { Reading } from '../analyzer/model/reading.js';
import { MemwatchError, messageOf } from '../errors.js';
import { escapeText } from '../report/units.js';
import { renderWatchTitle } from '../report/watch-text.js';
import { redactOption, wantedRedaction } from './capture-file.js';
import { allOption, targetForms } from './choose-target.js';
import { finderOf, followProcesses, leaveFollowed } from './follow.js';
import type { Arguments, Command, Io } from './io.js';
import { conditionForms, parseConditions, usualConditions, type Condition } from './watch/conditions.js';
import { createDecider, createRateLimit, type Alarm } from './watch/decide.js';
import { captureEvidence, type Moment } from './watch/evidence.js';
import { notify, parseWebhook, type Receivers } from './watch/notify.js';
import type { EvidenceOptions } from './watch/steps.js';
import { openStore, type EvidenceStore } from './watch/store.js';
import { bytesOf, durationOf } from './option-values.js';

export const watchCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('targets', { type: 'string', array: true, describe: `one or more: ${targetForms}` })
      .option('all', allOption)
      .option('keep', { type: 'string', demandOption: true, describe: 'folder for the evidence; it is created' })
      .option('when', { type: 'string', array: true, describe: `conditions (default ${usualConditions.map((one) => `'${one}'`).join(' ')}): ${conditionForms.join('; ')}` }) // prettier-ignore
      .option('every', { type: 'string', default: '1h', describe: 'at most one capture of each condition and script in this time' }) // prettier-ignore
      .option('max-disk', { type: 'string', default: '1gb', describe: 'what the folder may take; the oldest evidence is removed first' }) // prettier-ignore
      .option('interval', { type: 'string', default: '5s', describe: 'time between two readings' })
      .option('duration', { alias: 'd', type: 'string', default: '10s', describe: 'length of the CPU profile, and of each phase of the sampling' }) // prettier-ignore
      .option('snapshot', { type: 'boolean', describe: 'also take a heap snapshot, which stops the process, if there is room' }) // prettier-ignore
      .option('redact', redactOption)
      .option('notify', { type: 'string', describe: 'a shell command to run then; MEMWATCH_FOLDER, MEMWATCH_REASON, MEMWATCH_PID, MEMWATCH_SCRIPT and MEMWATCH_VERDICT are set' }) // prettier-ignore
      .option('webhook', { type: 'string', describe: 'an address to which the event is then posted as JSON' })
      .example("$0 watch server.js --keep evidence --when 'heap>80%' 'delay p99>200ms for 30s'", 'until Ctrl-C; the server is found again if it restarts') // prettier-ignore
      .example(`$0 watch :3000 --keep evidence --notify 'mail -s "$MEMWATCH_REASON" me <"$MEMWATCH_FOLDER/report.txt"'`, 'sends the report'), // prettier-ignore
  run: async (args, io) => {
    const watch = readOptions(args);
    const isDue = createRateLimit(watch.everyMs, watch.store.events());
    let capture = Promise.resolve(); // one at a time, whatever the number of processes
    const captureNext = (target: Target, moment: Moment): Promise<void> =>
      (capture = capture.then(() => captureAndTell(target, moment, watch, io)));
    const follow = (attachment: Attachment, target: Target, signal: AbortSignal): Promise<void> =>
      watchProcess(attachment, watch, signal, io, async (moment) => {
        const alarms = isDue(moment.script, moment.alarms, Date.now());
        if (alarms.length > 0 && !signal.aborted) await captureNext(target, { ...moment, alarms });
      });
    const stop = await followProcesses(finderOf(args, io), follow, 'watched', io);
    try {
      io.warn(`watching for ${watch.conditions.map(({ text }) => text).join(', ')}; Ctrl-C ends it`);
      if (!io.signal.aborted) await once(io.signal, 'abort');
    } finally {
      await stop();
    }
  },
};

interface Watch extends EvidenceOptions, Receivers {
  readonly conditions: readonly Condition[];
  readonly store: EvidenceStore;
  readonly everyMs: number;
  readonly intervalMs: number;
}

const leastDiskBytes = 2 ** 20;

const readOptions = (args: Arguments): Watch => {
  if ((args['--'] ?? []).length > 0)
    throw new MemwatchError('bad-argument', 'watch takes programs that run already', {
      hint: 'memwatch run --keep DIR -- script.js starts one that keeps evidence itself',
    });
  const conditions = parseConditions((args['when'] as readonly string[] | undefined) ?? []);
  const [intervalMs, durationMs] = [durationOf(args, 'interval'), durationOf(args, 'duration')];
  if (intervalMs < 100) throw new MemwatchError('bad-argument', '--interval is at least 100ms');
  const mostBytes = bytesOf(args, 'max-disk');
  if (mostBytes < leastDiskBytes) throw new MemwatchError('bad-argument', '--max-disk is at least 1mb');
  return {
    conditions,
    intervalMs,
    durationMs,
    everyMs: durationOf(args, 'every'),
    snapshot: args['snapshot'] === true,
    redact: wantedRedaction(args),
    command: args['notify'] as string | undefined,
    webhook: args['webhook'] === undefined ? undefined : parseWebhook(String(args['webhook'])),
    store: openStore(resolve(String(args['keep'])), mostBytes),
  };
};

/** Until the process ends or the signal is aborted; then it is detached from. It is not read during a capture. */
const watchProcess = async (
  attachment: Attachment,
  { conditions, intervalMs }: Watch,
  signal: AbortSignal,
  io: Io,
  onAlarms: (moment: Moment) => Promise<void>,
): Promise<void> => {
  const { pid, nodeVersion } = attachment;
  const script = scriptOfProcess(attachment);
  try {
    const decide = createDecider(conditions, machineBytesFor(pid));
    for await (const reading of watchReadings(attachment, { intervalMs, signal })) {
      const alarms = decide(reading);
      if (alarms.length > 0) await onAlarms(momentOf(reading, alarms, { pid: pid ?? null, script, nodeVersion }));
    }
  } catch (error) {
    if (!signal.aborted) io.warn(escapeText(`${script}: ${messageOf(error)}`));
  } finally {
    await leaveFollowed(attachment, `${script} (process ${pid ?? 'there'})`, 'watched', signal, io);
  }
};

const scriptOfProcess = ({ pid, port }: Attachment): string => {
  const status = pid === undefined ? undefined : readProcess(pid);
  return status === undefined ? `port ${port}` : scriptOf(status.command);
};

const machineBytesFor = (pid: number | undefined): number | undefined =>
  pid === undefined ? undefined : readHostLimits().find(({ kind }) => kind === 'host')?.limitBytes;

const momentOf = (
  { rssBytes, heap }: Reading,
  alarms: readonly Alarm[],
  process: Pick<Moment, 'pid' | 'script' | 'nodeVersion'>,
): Moment => ({ timeMs: Date.now(), ...process, alarms, rssBytes, heapUsedBytes: heap.usedBytes });

const captureAndTell = async (target: Target, moment: Moment, watch: Watch, io: Io): Promise<void> => {
  try {
    const event = await captureEvidence(target, moment, watch.store, watch, { ...io, warn: io.progress });
    io.line(io.json ? writeJson(event) : `${renderWatchTitle(event)}\n  ${escapeText(event.folder)}`);
    if (!io.signal.aborted) await notify(event, watch, io);
  } catch (error) {
    io.warn(escapeText(`${moment.script}: the evidence could not be kept: ${messageOf(error)}`));
  }
};
