/**
 * `memwatch run -- app.js`: starts a program with the agent inside, and passes on its exit code. The agent stays in the
 * program's own process, and does its work when memwatch is gone, too.
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandOf, forwardSignals, programExitCode, type ProgramEnd } from '../agent/attach/launch.js';
import { MemwatchError, messageOf } from '../errors.js';
import { escapeText } from '../report/units.js';
import type { Arguments, Command, Io } from './io.js';
import { durationOf } from './option-values.js';

const agent = fileURLToPath(new URL('../inside/agent.cjs', import.meta.url));

export const runCommand: Command = {
  builder: (yargs) =>
    yargs
      .option('keep', { type: 'string', describe: 'folder for the evidence (default: in the temporary folder)' })
      .option('node-option', { type: 'string', array: true, nargs: 1, default: [], describe: 'an option for node' })
      .option('signal', { type: 'string', default: 'SIGUSR2', describe: "write evidence on this signal; '' for none" })
      .option('blocked', {
        type: 'string',
        default: '1s',
        describe: 'write evidence if the event loop is blocked for this long',
      })
      .option('cpu', { type: 'boolean', default: true, describe: 'keep a CPU profile of the last minute' })
      .option('snapshot', {
        type: 'boolean',
        default: false,
        describe: 'take a snapshot near the limit and on the signal, if there is room; without the contents of strings',
      })
      .example('$0 run --keep evidence -- app.js', 'afterwards: memwatch why evidence')
      .example('$0 run --node-option=--max-old-space-size=512 -- app.js', 'with options for Node'),
  run: (args, io) => runProgram(args, io),
};

const runProgram = async (args: Arguments, io: Io): Promise<number> => {
  const argv = args['--'] ?? [];
  if (argv.length === 0)
    throw new MemwatchError('bad-argument', 'no program given', { hint: 'memwatch run --keep DIR -- app.js' });
  const keep = args['keep'] === undefined ? undefined : resolve(String(args['keep']));
  const [binary, words] = commandOf(argv);
  const options = args['node-option'] as readonly string[];
  const child = spawn(binary, ['--require', agent, ...options, ...words], {
    stdio: ['inherit', io.json ? 2 : 'inherit', 'inherit'],
    env: {
      ...process.env,
      ...(keep !== undefined && { MEMWATCH_AGENT_KEEP: keep }),
      MEMWATCH_AGENT_SIGNAL: String(args['signal']),
      MEMWATCH_AGENT_BLOCKED_MS: String(durationOf(args, 'blocked')),
      MEMWATCH_AGENT_CPU: args['cpu'] === false ? '0' : '1',
      MEMWATCH_AGENT_SNAPSHOT: args['snapshot'] === true ? '1' : '0',
    },
  });
  const stop = forwardSignals(child);
  const exited = new Promise<ProgramEnd>((resolve, reject) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', (error) =>
      reject(new MemwatchError('bad-argument', `cannot start ${binary}: ${messageOf(error)}`)),
    );
  });
  const code = await programExitCode({ pid: child.pid ?? -1, exited }).finally(stop);
  if (code !== 0 && keep !== undefined) io.warn(escapeText(`it ended with ${code}; memwatch why ${keep} says more`));
  return code;
};
