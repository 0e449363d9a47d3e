/**
 * Runs a program from its first line to its end while functions of it are measured line by line. In: a command line,
 * selectors. Out: what each thread and each forked child wrote, as text, and how the program ended. The program's input,
 * output, arguments and signals work as without memwatch.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemwatchError, messageOf } from '../../errors.js';
import { writeOutput } from '../../files/output.js';
import { createTemporaryFolder } from '../../files/temporary.js';
import { commandOf, forwardSignals, type LaunchOptions, type ProgramEnd } from '../attach/launch.js';
import type { Order } from './preload.js';
import type { Selector } from './selector.js';

export interface MeasuredRun {
  readonly end: ProgramEnd;
  /** One text for each thread that ran; see counters.ts and preload.ts for their content. */
  readonly files: readonly string[];
}

export const runMeasured = async (
  argv: readonly string[],
  selectors: readonly Selector[],
  options: LaunchOptions,
): Promise<MeasuredRun> => {
  const { path: folder, remove } = createTemporaryFolder();
  try {
    const order: Order = { memwatch: process.pid, selectors };
    writeOutput(join(folder, 'order.json'), JSON.stringify(order));
    const end = await runToEnd(argv, folder, options);
    const files = readdirSync(folder).filter((name) => /^\d+-\d+\.json$/.test(name));
    return { end, files: files.map((name) => readFileSync(join(folder, name), 'utf8')) };
  } finally {
    remove();
  }
};

const runToEnd = (argv: readonly string[], folder: string, options: LaunchOptions): Promise<ProgramEnd> =>
  new Promise((resolve, reject) => {
    const [binary, args] = commandOf(argv);
    const preload = new URL('preload.js', import.meta.url);
    preload.searchParams.set('folder', folder);
    const stdout = options.programStdout === 'stderr' ? 2 : 'inherit';
    const child = spawn(binary, ['--import', preload.href, ...args], { stdio: ['inherit', stdout, 'inherit'] });
    const stopForwarding = forwardSignals(child);
    const stop = (): void => {
      if (options.signal?.reason instanceof MemwatchError) child.kill('SIGTERM'); // nobody reads its output; signals are forwarded
    };
    options.signal?.addEventListener('abort', stop, { once: true });
    child.on('error', (error) =>
      reject(
        new MemwatchError('bad-argument', `cannot start ${argv.join(' ')}: ${messageOf(error)}`, { cause: error }),
      ),
    );
    child.on('exit', (code, signal) => {
      stopForwarding();
      options.signal?.removeEventListener('abort', stop);
      resolve({ code, signal });
    });
  });
