/**
 * Parses the command line of one command with yargs; the caller runs it. A word or option that does not fit is thrown as
 * `bad-argument`.
 */
import yargs, { type Argv } from 'yargs';
import { MemwatchError } from '../errors.js';
import { commandNameIn, ownVersion } from './help.js';
import { commands } from './index.js';
import type { Arguments, Command, Io } from './io.js';
import { nearestName } from './nearest.js';

declare module 'yargs' {
  interface Argv {
    /** Missing from its published types. */
    getOptions(): {
      key: Record<string, unknown>;
      choices: Readonly<Record<string, readonly unknown[] | undefined>>;
      boolean: readonly string[];
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
  const optionsOf = () => command.builder(yargs([])).getOptions();
  const optionNames = (): string[] => Object.keys(optionsOf().key);
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
    .fail((message, error) => {
      const text = missingChoice(message, optionsOf().choices) ?? oneLine(message);
      throw error ?? new MemwatchError('bad-argument', text, { hint: hintFor(name, message, optionNames) });
    })
    .command(entry.usage, entry.describe, command.builder, (args) => run(command, args as Arguments));
};

/** Runs the command that the words name, here: the process goes on, and everything it prints goes to `io`. Throws its errors. */
export const runWords = async (argv: readonly string[], io: Io): Promise<void> => {
  const parser = await createParser(argv, io.columns, async (command, args) => {
    await command.run(args, io);
  });
  await parser
    .exitProcess(false)
    .fail((message, error: unknown) => {
      throw error ?? new MemwatchError('bad-argument', message);
    })
    .parseAsync();
};

/** `--redact` may stand without a value, and then does not take the word after it, which yargs cannot express. */
const withRedaction = (argv: readonly string[]): string[] => {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, i) => (word === '--redact' && i < end ? '--redact=strings' : word));
};

/** `--to is missing: it takes pprof, svg`; undefined if the message is another. */
const missingChoice = (
  message: string,
  choices: Readonly<Record<string, readonly unknown[] | undefined>>,
): string | undefined => {
  const name = /^Missing required argument: (\S+)$/.exec(message.trim())?.[1];
  const values = name === undefined ? undefined : choices[name];
  return values === undefined ? undefined : `--${name} is missing: it takes ${values.join(', ')}`;
};

/** yargs' message in one line and in memwatch's words. */
const oneLine = (message: string): string => {
  const line = message.replaceAll(/\s*\n\s*/g, ' ').trim();
  const value = /^Invalid values: Argument: (\S+), Given: "(.*)", Choices: (.*)$/.exec(line);
  if (value !== null) return `--${value[1]} ${value[2]}: it takes ${(value[3] ?? '').replaceAll('"', '')}`;
  if (line.startsWith('Not enough non-option arguments')) return 'an argument is missing';
  return line.replace(/^Unknown argument(s?): /, 'there is no option$1 ');
};

const hintFor = (name: string, message: string, optionNames: () => readonly string[]): string => {
  const unknown = /^Unknown arguments?: ([^,\s]+)/.exec(message)?.[1];
  const meant = unknown === undefined ? undefined : nearestName(unknown, ['json', 'debug', ...optionNames()]);
  return `${meant === undefined ? '' : `did you mean --${meant}? `}memwatch ${name} --help shows what it takes`;
};
