/** The command line's grammar: yargs told of every command. What is done with a parsed command is the caller's. */
import yargs, { type Argv } from 'yargs';
import { commands } from './index.js';
import type { Arguments, Command } from './io.js';

export const createParser = (
  argv: readonly string[],
  columns: number,
  run: (command: Command, args: Arguments) => Promise<void>,
): Argv => {
  let parser: Argv = yargs([...argv])
    .scriptName('memwatch')
    .usage('$0 <command>: find the line that costs the memory or the time, in a running Node.js process')
    .parserConfiguration({ 'populate--': true, 'parse-positional-numbers': false })
    .option('json', { type: 'boolean', describe: 'one JSON document on stdout', global: true })
    .option('debug', { type: 'boolean', describe: 'show stack traces of errors', global: true })
    .strict()
    .demandCommand(1, 'name a command')
    .wrap(Math.min(100, columns));
  for (const command of commands) {
    parser = parser.command(command.command, command.describe, command.builder, (args) =>
      run(command, args as Arguments),
    );
  }
  return parser;
};
