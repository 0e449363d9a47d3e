/** `memwatch alloc <target>`: which functions allocate, and which of it stays alive. */
import type { Argv } from 'yargs';
import { captureAllocations } from '../agent/capture/allocation-profile.js';
import { withAttachment, type Attachment } from '../agent/attach/attach.js';
import { threadsOf } from '../agent/capture/cpu-profile.js';
import { noRoomToCollect, roomToCollect } from '../captures/estimate.js';
import { readHeapProfile } from '../analyzer/formats/heapprofile.js';
import { printAllocations } from './cost/alloc-output.js';
import { writeOutput } from '../files/output.js';
import { captureOptions, wantedCapture } from './capture-file.js';
import { targetForms, targetOf } from './choose-target.js';
import { costOptions, exitCodeOfProgram, warnIfEnded } from './cost/cost-output.js';
import { typeOption, wantedType } from './file-options.js';
import { htmlOptions, printWithPage } from './html.js';
import type { Arguments, Command, Io } from './io.js';
import { isCapture, openProfile } from './profile-file.js';
import { showUnit } from './profile-type.js';
import { bytesOf, durationOf } from './option-values.js';

export const allocCommand: Command = {
  builder: (yargs) =>
    samplingOptions(captureOptions(htmlOptions(typeOption(costOptions(yargs))), 'save the .heapprofile')),
  run: (args, io) => runAlloc(args, { ...io, print: printWithPage(args, io) }),
};

const samplingOptions = (yargs: Argv): Argv =>
  yargs
    .positional('target', {
      type: 'string',
      describe: `${targetForms}; or a file with an allocation profile`,
    })
    .option('duration', {
      alias: 'd',
      type: 'string',
      describe: 'length of each phase (default 10s; a program after -- runs to its end)',
    })
    .option('interval', {
      type: 'string',
      describe:
        'average bytes between samples; a smaller value costs more (default: 64K; for what stays alive 8K if the target allocates little)',
    })
    .option('survivors', { type: 'boolean', default: true, describe: 'measure what stays alive, in a second phase' })
    .option('precise', {
      type: 'boolean',
      describe: 'turn inlining off while sampling, so that every function gets its own costs',
    })
    .example('$0 alloc 1234 -d 10s', 'allocations for ten seconds, then what stays alive for ten')
    .example('$0 alloc 1234 --no-survivors', 'allocations only')
    .example('$0 alloc -- script.js', 'everything a program allocates until it ends');

const preciseCost = '--precise turns inlining off while sampling: the target uses 6 to 46 % more CPU';

const runAlloc = async (args: Arguments, io: Io): Promise<number | undefined> => {
  const named = args['target'] as string | undefined;
  if (named !== undefined && (named.endsWith('.heapprofile') || isCapture(named))) {
    io.endAtOnce();
    const profile = showUnit(await openProfile(named, io), 'bytes', named, wantedType(args));
    printAllocations({ profile, file: named, pid: null, ended: null }, args, io);
    return undefined;
  }
  const target = await targetOf(args, io);
  const wanted = wantedCapture(args);
  const isProgram = target.kind === 'command';
  const durationMs = args['duration'] === undefined ? (isProgram ? Infinity : 10_000) : durationOf(args, 'duration');
  const precise = args['precise'] === true;
  if (precise) io.warn(preciseCost);
  const options = { signal: io.signal, onProgress: io.progress };
  const programStdout = io.json ? ('stderr' as const) : undefined;
  const taken = await withAttachment(target, { ...options, programStdout }, async (attachment) => {
    const [thread] = await threadsOf(attachment, false);
    const intervalBytes = args['interval'] === undefined ? undefined : bytesOf(args, 'interval');
    const survivors = await maySampleSurvivors(attachment, durationMs, args, io);
    const wantedPhases = { durationMs, intervalBytes, precise, survivors };
    const text = await captureAllocations(attachment, thread, { ...options, ...wantedPhases });
    warnIfEnded(attachment, io);
    return { attachment, text, survivors };
  });
  const { attachment, text, survivors } = taken;
  const ended = (await attachment.program?.exited) ?? null;
  const file = wanted?.file ?? null;
  if (wanted !== undefined) writeOutput(wanted.file, text, wanted);
  io.endAtOnce();
  const withoutSurvivors = args['survivors'] === false ? undefined : whyNoSurvivors(durationMs, survivors, io);
  const result = { profile: readHeapProfile(text), file, pid: attachment.pid ?? null, ended, withoutSurvivors };
  printAllocations(result, args, io);
  return exitCodeOfProgram(ended, io);
};

const maySampleSurvivors = async (
  attachment: Attachment,
  durationMs: number,
  args: Arguments,
  io: Io,
): Promise<boolean> => {
  if (args['survivors'] === false || durationMs === Infinity) return false;
  const fits = await roomToCollect(attachment);
  if (!fits) io.warn(noRoomToCollect);
  return fits;
};

/** Why there was no second phase, if there was none. */
const whyNoSurvivors = (durationMs: number, wereWanted: boolean, io: Io): string => {
  if (durationMs === Infinity) return 'that takes a second phase; -d sets the length of each';
  if (!wereWanted) return 'there is not enough memory to collect garbage';
  if (io.signal.aborted) return 'memwatch was interrupted before the second phase';
  return 'that takes a second phase, and the target had ended, or had too little memory left to collect its garbage';
};
