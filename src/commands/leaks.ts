/** `memwatch leaks <target>` and `memwatch leaks <snapshot> <snapshot> <snapshot…>`: is it leaking, what, who keeps it, which line. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { parseTarget } from '../agent/attach/target.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import { MemwatchError } from '../errors.js';
import { usualMaxMs, usualRounds } from '../leaks/duration.js';
import { findLeaks, type FindLeaksOptions } from '../leaks/find-leaks.js';
import { renderLeaks } from '../report/leaks-text.js';
import { parseDuration } from '../report/quantities.js';
import type { Arguments, Command, Io } from './io.js';

export const leaksCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('targets', {
        type: 'string',
        array: true,
        describe: 'a process id, host:port, ws:// address; or three or more snapshot files, oldest first',
      })
      .option('interval', {
        type: 'string',
        default: `${usualRounds.intervalMs / 1000}s`,
        describe: 'how long a round lets the target work',
      })
      .option('rounds', { type: 'number', default: usualRounds.rounds, describe: 'rounds that are compared' })
      .option('warm-up', {
        type: 'number',
        default: usualRounds.warmUpRounds,
        describe: 'rounds before, that do not count',
      })
      .option('load', { type: 'string', describe: 'a shell command to run in each round, instead of waiting' })
      .option('max-time', {
        type: 'string',
        default: `${usualMaxMs / 1000}s`,
        describe: 'how long to watch at most until growth is proved or excluded',
      })
      .option('key', { type: 'boolean', describe: 'a round ends when you press Enter' })
      .option('light', { type: 'boolean', describe: 'counts and sampling alone, no heap snapshot: weaker evidence' })
      .option('growth-sites', {
        type: 'boolean',
        describe: 'watch what adds to the top findings for one round more; touches those objects, and puts them back',
      })
      .option('force', { type: 'boolean', describe: 'take snapshots although memory could run out' })
      .option('keep', { type: 'string', describe: 'keep the snapshots in this folder' })
      .option('overwrite', { type: 'boolean', describe: 'replace the snapshots of another run in that folder' })
      .option('fail-on', { choices: ['leak'], describe: 'exit code 1 where it leaks' })
      .example('$0 leaks 1234', 'on a running process, unmodified')
      .example("$0 leaks 1234 --load 'autocannon -a 2000 localhost:8080'", 'rounds of a known load')
      .example('$0 leaks 1.heapsnapshot 2.heapsnapshot 3.heapsnapshot', 'from files of one process'),
  async run(args, io) {
    const targets = (args['targets'] as string[] | undefined) ?? [];
    const report = await findIn(targets, args, io);
    io.print(report, () => renderLeaks(report, io.columns));
    if (io.signal.aborted) return undefined;
    return report.verdict === 'leak' && args['fail-on'] === 'leak' ? 1 : 0;
  },
};

const isFile = (text: string): boolean => !/^\d+$/.test(text) && (text.includes('.heapsnapshot') || existsSync(text));

const findIn = async (targets: readonly string[], args: Arguments, io: Io): Promise<LeakReport> => {
  const listening = { signal: io.signal, onProgress: io.progress, onWarning: io.warn };
  if (targets.some(isFile)) return findLeaks(targets, listening);
  if (targets.length > 1)
    throw new MemwatchError('bad-argument', `one target at a time, not ${targets.join(' ')}`, {
      hint: 'or name three or more .heapsnapshot files',
    });
  const options = readOptions(args, io);
  return findLeaks(parseTarget(targets[0], args['--']), { ...options, ...listening });
};

const readOptions = (args: Arguments, io: Io): FindLeaksOptions => {
  const count = (name: string, least: number): number => {
    const value = Number(args[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new MemwatchError('bad-argument', `--${name} ${args[name]}: it takes a whole number from ${least} on`);
  };
  return {
    intervalMs: parseDuration(String(args['interval'])),
    rounds: count('rounds', 2),
    warmUpRounds: count('warm-up', 0),
    load: args['key'] === true ? waitForKey(io) : (args['load'] as string | undefined),
    light: args['light'] === true,
    growthSites: args['growth-sites'] === true,
    force: args['force'] === true,
    keep: args['keep'] as string | undefined,
    overwrite: args['overwrite'] === true,
    maxMs: parseDuration(String(args['max-time'])),
  };
};

/** A round ends when the user presses Enter. */
const waitForKey =
  (io: Io) =>
  async (signal: AbortSignal, round: string): Promise<void> => {
    io.warn(`${round}: let the target work, then press Enter`);
    process.stdin.resume();
    try {
      await once(process.stdin, 'data', { signal });
    } catch {
      // interrupted, or the target ended: the search says so
    } finally {
      process.stdin.pause();
    }
  };
