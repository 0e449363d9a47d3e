/** `memwatch cpu <target>`: which functions and lines take the time. cProfile's table of a running process. */
import type { Argv } from 'yargs';
import { withAttachment, type Attachment } from '../agent/attach/attach.js';
import { captureProgramCounts } from '../agent/capture/call-counts.js';
import {
  captureCpuProfiles,
  threadsOf,
  type CpuCapture,
  type CpuCaptureOptions,
} from '../agent/capture/cpu-profile.js';
import { captureInProcess } from '../agent/capture/in-process-launch.js';
import type { Target } from '../agent/attach/target.js';
import { readCpuProfile } from '../analyzer/formats/cpuprofile.js';
import { MemwatchError } from '../errors.js';
import { writeOutput } from '../files/output.js';
import { captureOptions, wantedCapture, type WantedCapture } from './capture-file.js';
import { costOptions, exitCodeOfProgram, warnIfEnded } from './cost/cost-output.js';
import { printCpu } from './cost/cpu-output.js';
import { htmlOptions, printWithPage } from './html.js';
import { targetForms, targetOf } from './choose-target.js';
import type { Arguments, Command, Io } from './io.js';
import { isCapture, openProfile } from './profile-file.js';
import { typeOption, wantedType } from './file-options.js';
import { showUnit } from './profile-type.js';
import { escapeText } from '../report/units.js';
import { durationOf } from './option-values.js';

export const cpuCommand: Command = {
  builder: (yargs) =>
    profilingOptions(captureOptions(htmlOptions(typeOption(costOptions(yargs))), 'save the .cpuprofile')),
  run: (args, io) => runCpu(args, { ...io, print: printWithPage(args, io) }),
};

const profilingOptions = (yargs: Argv): Argv =>
  yargs
    .positional('target', {
      type: 'string',
      describe: `${targetForms}; or a file with a CPU profile`,
    })
    .option('duration', {
      alias: 'd',
      type: 'string',
      describe: 'how long to profile (default 10s; a program after -- runs to its end)',
    })
    .option('interval', { type: 'string', default: '1ms', describe: 'time between samples' })
    .option('threads', {
      choices: ['main', 'all'],
      default: 'main',
      describe: 'the main thread only, or all threads, including workers that start later',
    })
    .option('precise', {
      type: 'boolean',
      describe: 'turn inlining off while profiling, so that every function gets its own costs',
    })
    .option('calls', { type: 'boolean', describe: 'also count calls exactly, after the profile' })
    .option('in-process', {
      type: 'boolean',
      describe: 'profile a program after -- that cannot open an inspector, with v8-profiler-next',
    })
    .example('$0 cpu 1234 -d 5s', 'profile process 1234 for 5 seconds')
    .example('$0 cpu -- server.js --port 80', 'profile a program from start to end');

const runCpu = async (args: Arguments, io: Io): Promise<number | undefined> => {
  const text = args['target'] as string | undefined;
  if (text !== undefined && (text.endsWith('.cpuprofile') || isCapture(text))) {
    await printFile(text, args, io);
    return undefined;
  }
  const target = await targetOf(args, io);
  const wanted = wantedCapture(args);
  if (args['in-process'] === true) return runInProcess(target, wanted, args, io);
  const isProgram = target.kind === 'command';
  const durationMs = args['duration'] === undefined ? (isProgram ? Infinity : 10_000) : durationOf(args, 'duration');
  const callsMs = args['calls'] === true ? Math.min(5000, Math.max(1000, durationMs / 5)) : undefined;
  warnOfCosts(args, isProgram, callsMs, io);
  const attachOptions = {
    signal: io.signal,
    onProgress: io.progress,
    programStdout: io.json ? ('stderr' as const) : undefined,
  };
  const counts =
    isProgram && callsMs !== undefined ? await withAttachment(target, attachOptions, captureProgramCounts) : undefined;
  const durations = { durationMs, callsMs: isProgram ? undefined : callsMs, counts };
  const { attachment, captures } = await withAttachment(target, attachOptions, async (attachment) => {
    const captures = await captureThreads(attachment, durations, args, io);
    warnIfEnded(attachment, io);
    return { attachment, captures };
  });
  const ended = (await attachment.program?.exited) ?? null;
  const files = save(captures, wanted);
  io.endAtOnce();
  const threads = captures.map(({ thread, text }) => ({ name: thread, profile: readCpuProfile(text) }));
  printCpu({ threads, files, saved: true, pid: attachment.pid ?? null, ended }, args, io);
  return exitCodeOfProgram(ended, io);
};

const printFile = async (file: string, args: Arguments, io: Io): Promise<void> => {
  io.endAtOnce();
  const profile = showUnit(await openProfile(file, io), 'microseconds', file, wantedType(args));
  const threads = [{ name: profile.notes?.thread ?? 'thread', profile }];
  printCpu({ threads, files: [file], saved: false, pid: null, ended: null }, args, io);
};

const captureThreads = async (
  attachment: Attachment,
  durations: Pick<CpuCaptureOptions, 'durationMs' | 'callsMs' | 'counts'>,
  args: Arguments,
  io: Io,
): Promise<CpuCapture[]> => {
  const threads = await threadsOf(attachment, args['threads'] === 'all');
  io.progress(`profiling ${threads.map(({ name }) => name).join(', ')}`);
  return captureCpuProfiles(attachment, threads, {
    ...durations,
    intervalUs: Math.round(durationOf(args, 'interval') * 1000),
    precise: args['precise'] === true,
    laterWorkers: args['threads'] === 'all',
    onLost: (thread) => io.warn(`${escapeText(thread)} ended before the profile did: its profile is lost`),
    onFailed: (thread, why) => io.warn(`${escapeText(thread)} is not profiled: ${why}`),
    signal: io.signal,
    onProgress: io.progress,
  });
};

const runInProcess = async (
  target: Target,
  wanted: WantedCapture | undefined,
  args: Arguments,
  io: Io,
): Promise<number | undefined> => {
  if (target.kind !== 'command') {
    throw new MemwatchError('bad-argument', '--in-process only works for a program that memwatch starts', {
      hint: 'run memwatch cpu --in-process -- script.js',
    });
  }
  const programStdout = io.json ? ('stderr' as const) : undefined;
  const intervalUs = Math.round(durationOf(args, 'interval') * 1000);
  const { text, ended } = await captureInProcess(target.argv, { intervalUs, programStdout });
  const files = save([{ thread: 'main thread', text }], wanted);
  io.endAtOnce();
  const threads = [{ name: 'main thread', profile: readCpuProfile(text) }];
  printCpu({ threads, files, saved: true, pid: null, ended }, args, io);
  return exitCodeOfProgram(ended, io);
};

const warnOfCosts = (args: Arguments, isProgram: boolean, callsMs: number | undefined, io: Io): void => {
  if (args['precise'] === true)
    io.warn('--precise turns inlining off while profiling: the target uses 6 to 46 % more CPU');
  if (callsMs === undefined) return;
  const phase = isProgram
    ? 'the program runs a second time to count its calls'
    : `calls are counted for ${callsMs / 1000} s after the profile`;
  io.warn(`--calls: ${phase}, without V8's optimizations: about twice the CPU per request, far more in tight loops`);
};

/** One file per thread; a worker's is named after the main thread's: `out.worker-2.cpuprofile`. */
const save = (captures: readonly CpuCapture[], wanted: WantedCapture | undefined): string[] => {
  if (wanted === undefined) return [];
  return captures.map(({ thread, text }) => {
    const suffix =
      thread === 'main thread' || captures.length === 1 ? '' : `.${thread.replace(/ \(.*$/s, '').replace(' ', '-')}`;
    const file = wanted.file.replace(/(\.cpuprofile)?$/, (extension) => `${suffix}${extension}`);
    writeOutput(file, text, wanted);
    return file;
  });
};
