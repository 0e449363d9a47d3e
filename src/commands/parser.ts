/**
 * Parses the command line of one command with yargs; the caller runs it. A word or option that does not fit is thrown as
 * `bad-argument`.
 */
import yargs, { type Argv } from 'yargs';
import { MemwatchError } from '../errors.js';
import { commandNameIn, ownVersion } from './help.js';
import { commands } from './index.js';
import type { Arguments, Command, Io } from './io.js';
import { explainWords, isOwnError, requireNumbers, valueOptions } from './parse-errors.js';

declare module 'yargs' {
  interface Argv {
    /** Missing from its published types. */
    getOptions(): {
      key: Record<string, unknown>;
      choices: Readonly<Record<string, readonly unknown[] | undefined>>;
      boolean: readonly string[];
      number: readonly string[];
      array: readonly string[];
      alias: Readonly<Record<string, readonly string[] | undefined>>;
    };
    getGroups(): Readonly<Record<string, readonly string[] | undefined>>;
    getInternalMethods(): {
      getUsageInstance(): {
        getDescriptions(): Readonly<Record<string, string | undefined>>;
        cacheHelpMessage: () => void;
      };
    };
  }
}

/** The words must name an existing command. */
export const createParser = async (
  argv: readonly string[],
  columns: number,
  run: (command: Command, args: Arguments) => Promise<void>,
): Promise<Argv> => {
  const name = commandNameIn(argv) ?? '';
  const entry = commands.get(name);
  if (entry === undefined) throw new MemwatchError('bad-argument', 'no command given');
  const command = await entry.load();
  const built = (): Argv => command.builder(yargs([]));
  const parser = yargs(withRedaction(argv));
  // yargs writes the help at each run, in case that the command asks for it later, which takes as long as many commands do
  parser.getInternalMethods().getUsageInstance().cacheHelpMessage = () => {};
  return parser
    .scriptName('memwatch')
    .parserConfiguration({ 'populate--': true, 'parse-positional-numbers': false })
    .option('json', { type: 'boolean', describe: 'one JSON document on stdout', global: true })
    .option('debug', { type: 'boolean', describe: 'show stack traces of errors', global: true })
    .version(ownVersion())
    .alias({ h: 'help', v: 'version' })
    .strict()
    .strictCommands()
    .demandCommand(1, 'no command given')
    .wrap(Math.min(100, columns))
    .fail((message, error: unknown) => {
      throw isOwnError(error) ? error : explainWords(name, argv, message, built());
    })
    .command(
      entry.usage,
      entry.describe,
      (from) => {
        const options = command.builder(from);
        return options.requiresArg(valueOptions(options));
      },
      (args) => {
        requireNumbers(args, built());
        return run(command, args as Arguments);
      },
    );
};

/** Runs the command that the words name, here: the process goes on, and everything it prints goes to `io`. Throws its errors. */
export const runWords = async (argv: readonly string[], io: Io): Promise<void> => {
  const parser = await createParser(argv, io.columns, async (command, args) => {
    await command.run(args, io);
  });
  await parser.exitProcess(false).parseAsync();
};

/** `--redact` may stand without a value, and then does not take the word after it, which yargs cannot express. */
const withRedaction = (argv: readonly string[]): string[] => {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, i) => (word === '--redact' && i < end ? '--redact=strings' : word));
};
