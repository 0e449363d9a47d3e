/**
 * `memwatch attach <target>`: what a process is doing now. Opens the terminal UI, or prints a line a second if stdout is
 * not a terminal or memwatch started the program, which then writes to the same terminal.
 */
import { writeJson } from '../analyzer/model/escape.js';
import { attach, withAttachment, type Attachment } from '../agent/attach/attach.js';
import { programExitCode } from '../agent/attach/launch.js';
import { runsOn } from '../agent/process/proc.js';
import { watchReadings } from '../agent/capture/readings.js';
import type { Target } from '../agent/attach/target.js';
import { MemwatchError } from '../errors.js';
import { renderReading, renderReadingTitles } from '../report/reading.js';
import { startGuardian } from '../tui/terminal/guardian.js';
import { targetForms, targetOf } from './choose-target.js';
import { hasScreen, type Arguments, type Command, type Io } from './io.js';
import { sayEnd } from './say-end.js';
import { durationOf } from './option-values.js';

export const attachCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('target', { type: 'string', describe: targetForms })
      .option('interval', { type: 'string', default: '1s', describe: 'time between readings' })
      .option('count', { type: 'number', describe: 'stop after this many readings' })
      .option('plain', { type: 'boolean', describe: 'print plain lines even on a terminal' })
      .example('$0 attach 1234', 'until Ctrl-C, which leaves 1234 as it was')
      .example('$0 attach 1234 --json | jq .heap.usedBytes', 'one JSON document per line'),
  run: async (args, io) => {
    const target = await targetOf(args, io);
    const intervalMs = durationOf(args, 'interval');
    if (intervalMs < 100) throw new MemwatchError('bad-argument', '--interval is at least 100ms');
    const options = {
      signal: io.signal,
      onProgress: io.progress,
      programStdout: io.json ? ('stderr' as const) : ('inherit' as const),
    };
    if (wantsScreen(args, io, target)) {
      const screen = loadScreen();
      return showScreen(await attach(target, options), io, await screen);
    }
    const program = await withAttachment(target, options, async (attachment) => {
      await attachment.runIfWaiting();
      await printReadings(attachment, intervalMs, args, io);
      return attachment.program;
    });
    return program === undefined ? undefined : programExitCode(program);
  },
};

const wantsScreen = (args: Arguments, io: Io, target: Target): boolean => {
  return hasScreen() && !io.json && args['plain'] !== true && args['count'] === undefined && target.kind !== 'command';
};

/** The screen and the terminal library are loaded only if needed, while memwatch waits for the target. */
const loadScreen = async () => {
  const [{ runTui }, { LiveProvider }, guardian] = await Promise.all([
    import('../tui/terminal/app.js'),
    import('./tui/live-provider.js'),
    startGuardian(),
  ]);
  return { runTui, LiveProvider, guardian };
};

const showScreen = async (
  attachment: Attachment,
  io: Io,
  { runTui, LiveProvider, guardian }: Awaited<ReturnType<typeof loadScreen>>,
): Promise<void> => {
  io.progress('');
  const provider = new LiveProvider(attachment);
  await runTui(provider, guardian, io.signal);
  for (const line of provider.farewell()) io.line(line);
};

const titlesEvery = 20;

const printReadings = async (attachment: Attachment, intervalMs: number, args: Arguments, io: Io): Promise<void> => {
  const wanted = args['count'] === undefined ? Infinity : Number(args['count']);
  const readings = watchReadings(attachment, { intervalMs, signal: io.signal, onSilence: io.progress });
  const width = process.stdout.isTTY ? io.columns : Infinity; // a file has room for all
  let count = 0;
  for await (const reading of readings) {
    if (io.json) io.line(writeJson(reading));
    else {
      if (count % titlesEvery === 0) io.line(renderReadingTitles(width));
      io.line(renderReading(reading, width));
    }
    if (++count >= wanted) break;
  }
  if (attachment.ending.aborted && !io.signal.aborted) await reportEnd(attachment, io);
};

const reportEnd = async (attachment: Attachment, io: Io): Promise<void> => {
  const { pid, main, program } = attachment;
  await sayEnd(attachment, io);
  if (!main.closed.aborted || program !== undefined) return;
  if (pid === undefined || !(await runsOn(pid))) return; // withAttachment says how it ended
  throw new MemwatchError('disconnected', `process ${pid} is still running, but its inspector was closed`, {
    hint: 'memwatch detach or the program closed it, or this memwatch was suspended for 10 s; attach again',
  });
};
