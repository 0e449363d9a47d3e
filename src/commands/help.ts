/**
 * What the command line means before a command is loaded: the list of commands, the version, a command that there is not.
 * Knows no yargs, whose loading takes longer than this.
 */
import { readFileSync } from 'node:fs';
import { MemwatchError } from '../errors.js';
import { commands } from './index.js';
import { nearestName } from './nearest.js';

/** Of memwatch, wherever it is installed. */
export const ownVersion = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

/** The words with a command's name first in mind: `help leaks` is `leaks --help`. */
export const readWords = (words: readonly string[]): readonly string[] => {
  const [first, second, ...rest] = words;
  return first === 'help' && second !== undefined ? [second, '--help', ...rest] : words;
};

/** The name of the command that the words begin with; undefined where there is none. Throws `bad-argument`. */
export const commandNameIn = (words: readonly string[]): string | undefined => {
  const before = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  const name = before.find((word) => !word.startsWith('-'));
  if (name === undefined || commands.has(name) || name === 'help') return name === 'help' ? undefined : name;
  const meant = nearestName(name, commands.keys());
  throw new MemwatchError('bad-argument', `there is no command ${name}`, {
    hint: `${meant === undefined ? '' : `did you mean ${meant}? `}memwatch --help lists the commands`,
  });
};

/** The answer to words that name no command. Throws `bad-argument`. */
export const answerWithoutCommand = (words: readonly string[], columns: number): string => {
  if (words.some((word) => word === '--version' || word === '-v')) return ownVersion();
  if (words.length === 0 || words.some((word) => ['--help', '-h', 'help'].includes(word))) return renderHelp(columns);
  throw new MemwatchError('bad-argument', 'no command given', { hint: 'memwatch --help lists the commands' });
};

const options: readonly (readonly [string, string])[] = [
  ['--json', 'one JSON document on stdout'],
  ['--debug', 'show stack traces of errors'],
  ['-h, --help', 'this, or what a command takes: memwatch leaks --help'],
  ['-v, --version', 'the version of memwatch'],
];

const renderHelp = (columns: number): string => {
  const rows = [...commands.values()].map(({ usage, describe }) => [`memwatch ${usage}`, describe] as const);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  const line = ([left, right]: readonly [string, string]): string =>
    `  ${left.padEnd(width)}  ${right}`.slice(0, Math.max(columns, width + 4));
  return [
    'memwatch <command>: find the line that costs the memory or the time, in a running Node.js process',
    '',
    'Commands:',
    ...rows.map(line),
    '',
    'Options:',
    ...options.map(line),
  ].join('\n');
};
