/** `memwatch top <pid>`: the functions of the last seconds, again and again, until the user or the target ends it. */
import { withAttachment, type Attachment } from '../agent/attach/attach.js';
import { programExitCode } from '../agent/attach/launch.js';
import { watchCpu } from '../agent/capture/cpu-windows.js';
import { readCpuProfile } from '../analyzer/formats/cpuprofile.js';
import { writeJson } from '../analyzer/model/escape.js';
import { MemwatchError } from '../errors.js';
import { renderTop, type TopView } from '../report/top-text.js';
import { targetForms, targetOf } from './choose-target.js';
import { hasScreen, type Arguments, type Command, type Io } from './io.js';
import { sayEnd } from './say-end.js';
import { showTopScreen } from './top/screen.js';
import { createTop, topDocument, topSorts, topTitle, type TopChoice, topCosts } from './top/view.js';
import { durationOf } from './option-values.js';

export const topCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('target', { type: 'string', describe: targetForms })
      .option('interval', { type: 'string', default: '2s', describe: 'time between two refreshes' })
      .option('sort', { choices: topSorts, default: 'self', describe: 'how to sort the functions' })
      .option('own', { type: 'boolean', describe: "the application's own code alone" })
      .option('threads', { choices: ['main', 'all'], default: 'all', describe: 'the main thread only, or all threads' })
      .option('limit', { type: 'number', default: 10, describe: 'functions in each block of plain lines' })
      .option('count', { type: 'number', describe: 'stop after this many refreshes' })
      .option('plain', { type: 'boolean', describe: 'print plain lines even on a terminal' })
      .example('$0 top 1234', 's t n f sort, o shows own code alone, space pauses, q quits')
      .example('$0 top 1234 --json --count 5', 'one JSON document per line'),
  run: async (args, io) => {
    const target = await targetOf(args, io);
    const intervalMs = durationOf(args, 'interval');
    if (intervalMs < 200) throw new MemwatchError('bad-argument', '--interval is at least 200ms');
    const programStdout = io.json ? ('stderr' as const) : undefined;
    const isScreen = hasScreen() && !io.json && args['plain'] !== true && target.kind !== 'command';
    if (!isScreen) io.warn(topCosts);
    const attaching = { signal: io.signal, onProgress: io.progress, programStdout };
    const program = await withAttachment(target, attaching, async (attachment) => {
      await attachment.runIfWaiting();
      io.progress('');
      const wanted = { intervalMs, allThreads: args['threads'] === 'all' && attachment.worker === undefined };
      const choice = { sort: sortOf(args), own: args['own'] === true };
      if (isScreen) await showTopScreen(attachment, (signal) => looks(attachment, wanted, signal), choice, io.signal);
      else await printTop(attachment, looks(attachment, wanted, io.signal), choice, args, io);
      await sayEnd(attachment, io);
      return attachment.program;
    });
    return program === undefined ? undefined : programExitCode(program);
  },
};

const sortOf = (args: Arguments): TopChoice['sort'] => topSorts.find((one) => one === args['sort']) ?? 'self';

interface Wanted {
  readonly intervalMs: number;
  readonly allThreads: boolean;
}

async function* looks(attachment: Attachment, { intervalMs, allThreads }: Wanted, signal: AbortSignal) {
  const options = { windowMs: intervalMs, intervalUs: 1000, allThreads, signal };
  for await (const captures of watchCpu(attachment, options))
    yield captures.map(({ thread, text, ownUs }) => ({ name: thread, profile: readCpuProfile(text), ownUs }));
}

const printTop = async (
  attachment: Attachment,
  windows: ReturnType<typeof looks>,
  choice: TopChoice,
  args: Arguments,
  io: Io,
): Promise<void> => {
  const top = createTop(topTitle(attachment));
  const most = args['count'] === undefined ? Infinity : Number(args['count']);
  const limit = Number(args['limit']) > 0 ? Number(args['limit']) : Infinity;
  let count = 0;
  for await (const threads of windows) {
    if (threads.length === 0) continue;
    const view = top(threads, choice);
    io.line(io.json ? writeJson(topDocument(view)) : `${plainText(view, limit, io)}\n`);
    if (++count >= most) break;
  }
};

const plainText = (view: TopView, limit: number, io: Io): string =>
  renderTop(
    { ...view, functions: view.functions.slice(0, limit) },
    { columns: io.columns, lines: Infinity, folder: process.cwd() },
  ).join('\n');
