/**
 * Profiles a program from inside, if it may not open an inspector. In: the command of a target `-- script.js`. Out: the
 * text of a .cpuprofile and how the program ended. Its places are those of the code that ran: without an inspector it is
 * not known which source maps belong to it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { MemwatchError } from '../../errors.js';
import { intervalVariable, type NoProfiler } from './in-process-profiler.js';
import { commandOf, forwardSignals, type ProgramEnd } from '../attach/launch.js';

/** Throws `not-found` if v8-profiler-next is not installed, `target-error` if the program left no profile. */
export const captureInProcess = async (
  argv: readonly string[],
  options: { intervalUs: number; programStdout?: 'inherit' | 'stderr' | undefined },
): Promise<{ text: string; ended: ProgramEnd }> => {
  const [binary, args] = commandOf(argv);
  const profiler = new URL('in-process-profiler.js', import.meta.url).href;
  const child = spawn(binary, ['--import', profiler, ...args], {
    env: { ...process.env, [intervalVariable]: String(options.intervalUs) },
    stdio: ['inherit', options.programStdout === 'stderr' ? 2 : 'inherit', 'inherit', 'pipe'],
  });
  const ended = once(child, 'exit');
  const stopForwarding = forwardSignals(child);
  const profile = await text(child.stdio[3] as Readable);
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  stopForwarding();
  if (profile.startsWith('{"noProfiler"')) throw noProfiler(JSON.parse(profile) as NoProfiler);
  if (profile !== '') return { text: profile, ended: { code, signal } };
  throw new MemwatchError(
    'target-error',
    `the program ended with ${signal ?? `exit code ${code}`} and left no profile`,
    { hint: permissions },
  );
};

const permissions =
  'under --permission it needs --allow-addons, --allow-child-process and --allow-fs-read for memwatch and v8-profiler-next';

/** The package is built for one Node version: what matters is the Node that runs the program and that tried to load it. */
const noProfiler = ({ noProfiler: why, code, node }: NoProfiler): MemwatchError => {
  if (code === 'ERR_DLOPEN_DISABLED' || code === 'ERR_ACCESS_DENIED')
    return new MemwatchError('target-error', `Node ${node} may not load v8-profiler-next: ${why}`, {
      hint: permissions,
    });
  return new MemwatchError('not-found', `v8-profiler-next is not installed here, or not built for Node ${node}`, {
    hint:
      `npm install v8-profiler-next with Node ${node}, its install script allowed, in the folder of the program` +
      ' (version 1.10 builds on Node 20 to 24, not on 26)',
    cause: why,
  });
};
