/**
 * `memwatch lines`: hits, time and memory of every line of a function; for a program that memwatch starts, by counters
 * added to the function as it loads, or for a running process.
 */
import { parseSelector } from '../agent/lines/selector.js';
import { MemwatchError } from '../errors.js';
import { targetOf } from './choose-target.js';
import type { Command } from './io.js';
import { probeProcess } from './lines/probe.js';
import { runProgram } from './lines/program.js';
import { sampleProcess } from './lines/samples.js';
import { durationOf } from './option-values.js';

export const linesCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('what', {
        type: 'string',
        array: true,
        describe: 'file:function, file:Class.method or file:line; for a running process put the target before it',
      })
      .option('duration', {
        alias: 'd',
        type: 'string',
        default: '10s',
        describe: 'how long to measure a running process',
      })
      .option('precise', {
        type: 'boolean',
        default: true,
        describe: 'turn inlining off while sampling a running process, so that every line gets its own time',
      })
      .option('probe', {
        type: 'boolean',
        describe: 'count hits, time and memory of a running process exactly, with breakpoints that never pause',
      })
      .option('max-hits', { type: 'number', default: 20_000, describe: 'stop --probe after this many hits' })
      .example('$0 lines src/app.js:handle -- src/app.js --port 80', 'a program from start to end')
      .example('$0 lines 1234 src/app.ts:Cache.get', 'a running process, by samples')
      .example('$0 lines 1234 src/app.js:42 --probe', 'a running process, exactly'),
  async run(args, io) {
    const words = (args['what'] as string[]).map(String);
    const program = args['--'] ?? [];
    if (program.length > 0) return runProgram(words, program, io);
    const [target, selector, ...more] = words;
    if (selector === undefined || more.length > 0) {
      throw new MemwatchError(
        'bad-argument',
        'lines takes a running process and one of its functions, or a program to start',
        {
          hint: 'run memwatch lines 1234 src/app.js:handle, or memwatch lines src/app.js:handle -- src/app.js',
        },
      );
    }
    const durationMs = durationOf(args, 'duration');
    const wanted = [await targetOf(args, io, target), parseSelector(selector)] as const;
    const maxHits = Number(args['max-hits']);
    if (args['probe'] === true) return probeProcess(...wanted, { durationMs, maxHits }, io);
    await sampleProcess(...wanted, { durationMs, precise: args['precise'] !== false }, io);
    return undefined;
  },
};
