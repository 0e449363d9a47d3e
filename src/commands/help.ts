/**
 * The part of the command line that needs no command: the list of commands, the version, the error for an unknown command.
 * It does not use yargs, which takes longer to load than all of this.
 */
import { readFileSync } from 'node:fs';
import { MemwatchError } from '../errors.js';
import { wrap } from '../report/wrap.js';
import { commands } from './index.js';
import { nearestName } from './nearest.js';

/** The version of this memwatch. */
export const ownVersion = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

/** Rewrites `help leaks` as `leaks --help`. */
export const readWords = (words: readonly string[]): readonly string[] => {
  const [first, second, ...rest] = words;
  return first === 'help' && second !== undefined ? [second, '--help', ...rest] : words;
};

/** The name of the command that the words begin with; undefined if there is none. Throws `bad-argument`. */
export const commandNameIn = (words: readonly string[]): string | undefined => {
  const before = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  const name = before.find((word) => !word.startsWith('-'));
  if (name === undefined || commands.has(name) || name === 'help') return name === 'help' ? undefined : name;
  const meant = nearestName(name, commands.keys());
  throw new MemwatchError('bad-argument', `unknown command: ${name}`, {
    hint: `${meant === undefined ? '' : `did you mean ${meant}? `}run memwatch --help to list the commands`,
  });
};

/** The text to print for words that name no command. Throws `bad-argument`. */
export const answerWithoutCommand = (words: readonly string[], columns: number): string => {
  if (words.some((word) => word === '--version' || word === '-v')) return ownVersion();
  if (words.length === 0 || words.some((word) => ['--help', '-h', 'help'].includes(word))) return renderHelp(columns);
  throw new MemwatchError('bad-argument', 'no command given', { hint: 'run memwatch --help to list the commands' });
};

const options: readonly (readonly [string, string])[] = [
  ['--json', 'print one JSON document on stdout'],
  ['--debug', 'show stack traces of errors'],
  ['-h, --help', 'show this, or the help of a command: memwatch leaks --help'],
  ['-v, --version', 'show the version of memwatch'],
];

/** Of a description, however narrow the terminal. */
const leastColumns = 30;

const renderHelp = (columns: number): string => {
  const rows = [...commands.values()].map(({ usage, describe }) => [`memwatch ${usage}`, describe] as const);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  const line = ([left, right]: readonly [string, string]): string => {
    const [first = '', ...more] = wrap(right, Math.max(leastColumns, columns - width - 4));
    return [`  ${left.padEnd(width)}  ${first}`, ...more.map((text) => ' '.repeat(width + 4) + text)].join('\n');
  };
  return [
    ...wrap(
      'memwatch <command>: find the line that costs the memory or the time, in a running Node.js process',
      columns,
    ),
    '',
    'Commands:',
    ...rows.map(line),
    '',
    'Options:',
    ...options.map(line),
  ].join('\n');
};
