/** `memwatch leaks <target>` and `memwatch leaks <snapshot> <snapshot> <snapshot…>`: is it leaking, what grows, what retains it, which line is to blame. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Argv } from 'yargs';
import type { LeakReport } from '../analyzer/model/finding.js';
import { MemwatchError } from '../errors.js';
import { usualMaxMs, usualRounds } from '../leaks/duration.js';
import { findLeaks, type FindLeaksOptions } from '../leaks/find-leaks.js';
import { renderLeaks } from '../report/leaks-text.js';
import { isCapture, requireSnapshot } from './profile-file.js';
import { redactOption, wantedRedaction } from './capture-file.js';
import { htmlOptions, printWithPage } from './html.js';
import { targetForms, targetOf } from './choose-target.js';
import type { Arguments, Command, Io } from './io.js';
import { durationOf } from './option-values.js';

export const leaksCommand: Command = {
  builder: (yargs) =>
    roundOptions(htmlOptions(yargs))
      .positional('targets', {
        type: 'string',
        array: true,
        describe: `${targetForms}; or three or more snapshot files, oldest first`,
      })
      .option('load', {
        type: 'string',
        describe: 'a shell command that puts load on the target; one run is one round',
      })
      .option('max-time', {
        type: 'string',
        default: `${usualMaxMs / 1000}s`,
        describe: 'longest time to watch before giving a verdict',
      })
      .option('key', { type: 'boolean', describe: 'end each round by pressing Enter' })
      .option('light', { type: 'boolean', describe: 'count and sample only, without heap snapshots: weaker evidence' })
      .option('max-pause', {
        type: 'string',
        describe: 'use the strongest evidence that never stops the target for longer, such as 200ms',
      })
      .option('growth-sites', {
        type: 'boolean',
        describe: 'one more round finds the code that adds to the top findings; it wraps their methods meanwhile',
      })
      .option('force', { type: 'boolean', describe: 'take snapshots even if memory could run out' })
      .option('keep', { type: 'string', describe: 'keep the snapshots in this folder' })
      .option('redact', redactOption)
      .option('overwrite', {
        type: 'boolean',
        describe: 'replace the snapshots of an earlier run in the folder of --keep',
      })
      .option('fail-on', { choices: ['leak'], describe: 'exit code 1 if it leaks' })
      .example('$0 leaks 1234', 'a running process, without changing it')
      .example(
        "$0 leaks 1234 --load 'autocannon -a 2000 localhost:8080'",
        'each round is one run of this load, whose output is shown if it fails',
      )
      .example('$0 leaks 1.heapsnapshot 2.heapsnapshot 3.heapsnapshot', 'snapshot files of one process'),
  async run(args, io) {
    const targets = (args['targets'] as string[] | undefined) ?? [];
    const print = printWithPage(args, io);
    const report = await findIn(targets, args, io);
    print(report, () => renderLeaks(report, io.columns));
    if (io.signal.aborted) return undefined;
    return report.verdict === 'leak' && args['fail-on'] === 'leak' ? 1 : 0;
  },
};

const roundOptions = (yargs: Argv): Argv =>
  yargs
    .option('interval', {
      type: 'string',
      default: `${usualRounds.intervalMs / 1000}s`,
      describe: 'length of a round',
    })
    .option('rounds', {
      type: 'number',
      describe:
        'number of rounds to compare (default: 3, or 2 for what grows evenly, or if each snapshot takes over 3 s)',
    })
    .option('warm-up', {
      type: 'number',
      default: usualRounds.warmUpRounds,
      describe: 'rounds to run first, which do not count',
    });

const findIn = async (targets: readonly string[], args: Arguments, io: Io): Promise<LeakReport> => {
  const listening = { signal: io.signal, onProgress: io.progress, onWarning: io.warn };
  if (
    targets.some(
      (text) => text.includes('.heapsnapshot') || isCapture(text) || (targets.length > 1 && existsSync(text)),
    )
  ) {
    io.endAtOnce();
    if (targets.length === 1) await requireSnapshot(String(targets[0]));
    return findLeaks(targets, listening);
  }
  if (targets.length > 1)
    throw new MemwatchError('bad-argument', `leaks takes one target, not ${targets.join(' ')}`, {
      hint: 'name one target, or three or more .heapsnapshot files',
    });
  const options = readOptions(args, io);
  return findLeaks(await targetOf(args, io, targets[0]), { ...options, ...listening });
};

const readOptions = (args: Arguments, io: Io): FindLeaksOptions => {
  const count = (name: string, least: number): number => {
    const value = Number(args[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new MemwatchError('bad-argument', `--${name} ${args[name]}: give a whole number, ${least} or more`);
  };
  return {
    intervalMs: durationOf(args, 'interval'),
    rounds: args['rounds'] === undefined ? undefined : count('rounds', 2),
    warmUpRounds: count('warm-up', 0),
    load: args['key'] === true ? waitForKey(io) : (args['load'] as string | undefined),
    light: args['light'] === true,
    maxPauseMs: args['max-pause'] === undefined ? undefined : durationOf(args, 'max-pause'),
    growthSites: args['growth-sites'] === true,
    force: args['force'] === true,
    keep: args['keep'] as string | undefined,
    redact: wantedRedaction(args),
    overwrite: args['overwrite'] === true,
    maxMs: durationOf(args, 'max-time'),
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
