/**
 * The command line's grammar: yargs told of the commands. What is done with a parsed command is the caller's.
 * What does not fit is thrown as `bad-argument`.
 */
import yargs, { type Argv } from 'yargs';
import { MemwatchError } from '../errors.js';
import { commandNames, loadCommands } from './index.js';
import type { Arguments, Command } from './io.js';

export const createParser = async (
  argv: readonly string[],
  columns: number,
  run: (command: Command, args: Arguments) => Promise<void>,
): Promise<Argv> => {
  let parser: Argv = yargs([...argv])
    .scriptName('memwatch')
    .usage('$0 <command>: find the line that costs the memory or the time, in a running Node.js process')
    .parserConfiguration({ 'populate--': true, 'parse-positional-numbers': false })
    .option('json', { type: 'boolean', describe: 'one JSON document on stdout', global: true })
    .option('debug', { type: 'boolean', describe: 'show stack traces of errors', global: true })
    .strict()
    .strictCommands()
    .demandCommand(1, 'no command given')
    .wrap(Math.min(100, columns))
    .fail((message, error) => {
      throw error ?? new MemwatchError('bad-argument', oneLine(message), { hint: hintFor(argv) });
    });
  for (const command of await loadCommands(argv)) {
    parser = parser.command(command.command, command.describe, command.builder, (args) =>
      run(command, args as Arguments),
    );
  }
  return parser;
};

/** yargs writes some of its messages on several lines. */
const oneLine = (message: string): string => message.replaceAll(/\s*\n\s*/g, ' ').trim();

const hintFor = (argv: readonly string[]): string => {
  const named = argv.find((word) => commandNames.includes(word));
  return named === undefined ? 'memwatch --help lists the commands' : `memwatch ${named} --help shows what it takes`;
};
