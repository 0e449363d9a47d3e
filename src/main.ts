/** The command line: every command, and the one place that catches, prints an error and sets the exit code. */
import { setPriority } from 'node:os';
import { isatty } from 'node:tty';
import { createIo, inLocale, type Arguments, type Command, type Io } from './commands/io.js';
import { answerWithoutCommand, commandNameIn, readWords } from './commands/help.js';
import { asSystemError, exitCodeOf, MemwatchError, messageOf } from './errors.js';
import { removeAbandoned } from './files/temporary.js';
import { escapeText } from './report/units.js';

const interrupted = new AbortController();
/** Nothing has to be undone before a command begins: loading it takes long on a busy machine. */
let hasBegun = false;
const interrupt = (): void => {
  if (!hasBegun) {
    report(new MemwatchError('interrupted', 'interrupted'), false);
    process.exit();
  }
  hasten();
  interrupted.abort();
};
/** On a busy machine the way out is not to wait its turn; only root may do this. */
const hasten = (): void => {
  try {
    setPriority(-10);
  } catch {
    // then it takes longer
  }
};
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
for (const signal of signals) process.on(signal, interrupt);
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
/** At its exit Node resets each terminal that it started with, and aborts if one is gone because its window was closed. */
const endBeforeReset = (): void => {
  if (terminals.every((descriptor) => isatty(descriptor))) return;
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
};
process.once('SIGHUP', () => process.once('exit', endBeforeReset));
process.stderr.on('error', () => {}); // there is nobody left to report it to
/** The handlers wait for their turn while this thread computes; without them the system ends memwatch. */
const endAtOnce = (): void => {
  if (!interrupted.signal.aborted) for (const signal of signals) process.off(signal, interrupt);
};
/** How long cleanup may take after a signal. Then memwatch exits anyway; guards in the targets undo the rest. */
const longestGoodbyeMs = 1600;
let hasEnded = false;
const leaveAnyway = (): void => {
  if (!stdoutFailed && !hasEnded)
    report(
      new MemwatchError('interrupted', `interrupted: cleanup did not finish within ${longestGoodbyeMs / 1000} s`, {
        hint: 'a target undoes within about 10 s what is left there; memwatch detach PID does it at once',
      }),
      false,
    );
  process.exit();
};
interrupted.signal.addEventListener('abort', () => setTimeout(leaveAnyway, longestGoodbyeMs).unref());
let stdoutFailed = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  stdoutFailed = true;
  const isReaderGone = error.code === 'EPIPE'; // `memwatch … | head` is not a failure
  const [code, message] = [isReaderGone ? 0 : 2, `cannot write to stdout: ${messageOf(error)}`];
  const failure = new MemwatchError('cannot-write', message);
  if (!isReaderGone && !interrupted.signal.aborted) report(failure, false);
  process.once('exit', () => (process.exitCode = code));
  interrupted.abort(failure); // there is no reader of the output left: leave the target
});

/** Loaded late, because many commands have ended before it is needed. */
const watchReader = async (): Promise<void> => {
  const reader = await import('./commands/watch-reader.js');
  const gone = Object.assign(new Error('nobody reads it'), { code: 'EPIPE' });
  reader.watchReader(() => process.stdout.emit('error', gone));
};

const run = async (command: Command, args: Arguments): Promise<void> => {
  try {
    removeAbandoned(); // what a killed memwatch left
    await runOnce(command, args);
  } catch (error) {
    if (isDamagedIndex(error) && !interrupted.signal.aborted) return run(command, args);
    if (stdoutFailed) return; // that was reported, and ended the command
    report(interrupted.signal.aborted ? asInterrupted(error) : await explained(error), args['debug'] === true);
  }
};

const runOnce = async (command: Command, args: Arguments): Promise<void> => {
  const later: (() => Promise<void>)[] = [];
  const afterwards: Io['afterwards'] = (work) => void later.push(work);
  const io = createIo(args['json'] === true, interrupted.signal, { endAtOnce, afterwards });
  hasBegun = true;
  setTimeout(() => void watchReader(), 100).unref(); // while the reader is still there to be seen
  process.exitCode = (await command.run(args, io)) ?? (interrupted.signal.aborted ? 130 : 0);
  for (const work of later) await work();
};

/** Such an index is removed when it is found, so the snapshot itself is read the next time. */
const isDamagedIndex = (error: unknown): error is MemwatchError => {
  if (!(error instanceof MemwatchError) || error.code !== 'broken-index') return false;
  process.stderr.write(`${harmless(error.message)}: reading the snapshot again\n`);
  return true;
};

/** What kind of file it is that could not be read. Loaded only if it is needed, because it knows every format. */
const explained = async (error: unknown): Promise<unknown> => {
  const { explainFile } = await import('./commands/profile-file.js');
  return explainFile(error, words);
};

/** An error after Ctrl-C is a consequence of Ctrl-C. */
const asInterrupted = (error: unknown): unknown => {
  if (!(error instanceof MemwatchError) || error.code === 'interrupted') return error;
  return new MemwatchError('interrupted', `interrupted: ${error.message}`, { cause: error });
};

const report = (thrown: unknown, debug: boolean): void => {
  const error = asSystemError(thrown);
  process.exitCode = exitCodeOf(error);
  if (debug) console.error(error);
  else if (error instanceof MemwatchError) {
    console.error(`memwatch: ${inLocale(escapeText(error.message))}`);
    if (error.hint !== undefined) console.error(`  ${harmless(error.hint)}`);
  } else
    console.error(
      `memwatch: ${harmless(messageOf(error))}\n  this is a bug in memwatch; run again with --debug to see where`,
    );
};

/** Messages contain names of files and processes, which cannot be trusted on a terminal. A hint may have lines, a message is one. */
const harmless = (text: string): string => inLocale(text.split('\n').map(escapeText).join('\n'));

const words = readWords(process.argv.slice(2));
const columns = process.stdout.columns ?? 100;
try {
  if (commandNameIn(words) === undefined) process.stdout.write(`${inLocale(answerWithoutCommand(words, columns))}\n`);
  else {
    const { createParser } = await import('./commands/parser.js'); // yargs takes longer to load than the rest
    const parser = await createParser(words, columns, run);
    await parser.exitProcess(false).parseAsync(); // what it prints can fail to be written
    hasEnded = true; // what may still run, such as the loading of a module, undoes nothing
  }
} catch (error) {
  report(error, words.includes('--debug'));
}
