/**
 * What is wrong with the words of a command line. In: yargs' messages and the words. Out: `bad-argument` in memwatch's words,
 * which names each option as it was typed.
 */
import type { Argv } from 'yargs';
import { MemwatchError } from '../errors.js';
import { nearestName } from './nearest.js';

/** Thrown while the command ran, not by yargs about its words. */
export const isOwnError = (error: unknown): boolean =>
  error !== undefined && !(error instanceof Error && error.name === 'YError');

/** The options that take one value; without this, yargs takes the value for missing and goes on without it. */
export const valueOptions = (options: Argv): string[] => {
  const { key, boolean, array } = options.getOptions();
  const others = new Set([...(options.getGroups()['Positionals:'] ?? []), ...boolean, ...array, 'help', 'version']);
  return Object.keys(key).filter((name) => !others.has(name));
};

/** yargs makes NaN of what is no number, and a list of an option that stands twice. Throws `bad-argument`. */
export const requireNumbers = (args: Readonly<Record<string, unknown>>, options: Argv): void => {
  const wrong = (name: string, why: string): MemwatchError =>
    new MemwatchError('bad-argument', `${dashed(name)} ${why}`);
  const twice = valueOptions(options).find((name) => Array.isArray(args[name]));
  if (twice !== undefined) throw wrong(twice, 'stands twice: give it once');
  const nan = options.getOptions().number.find((name) => Number.isNaN(args[name]));
  if (nan !== undefined) throw wrong(nan, 'takes a number');
};

export const explainWords = (
  command: string,
  words: readonly string[],
  message: string,
  options: Argv,
): MemwatchError => {
  const line = message.replaceAll(/\s*\n\s*/g, ' ').trim();
  const { choices, key } = options.getOptions();
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/.exec(line)?.[1]?.split(', ');
  const typed = [...new Set((unknown ?? []).flatMap((name) => typedAs(name, words) ?? []))];
  const text =
    typed.length > 0
      ? `there ${typed.length === 1 ? 'is no option' : 'are no options'} ${typed.join(', ')}`
      : (withoutOptions(command, words, line, unknown) ?? withOption(line, choices));
  const longNames = ['json', 'debug', ...Object.keys(key).filter((name) => name.length > 1)];
  const meant = /^--../.test(typed[0] ?? '') ? nearestName(typed[0]?.slice(2) ?? '', longNames) : undefined;
  const hint = `${meant === undefined ? '' : `did you mean --${meant}? `}memwatch ${command} --help shows what it takes`;
  return new MemwatchError('bad-argument', text, { hint });
};

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);

/** The word that yargs read as this option; undefined if it was no option. yargs also lists `max-rss` as `maxRss`. */
const typedAs = (name: string, words: readonly string[]): string | undefined => {
  const before = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  for (const word of before) {
    const [long] = /^--[^=]+/.exec(word) ?? [];
    if (long === `--${name}` || long === `--no-${name}` || long?.startsWith(`--${name}.`) === true) return long;
    if (name.length === 1 && /^-[^-\d]/.test(word) && word.includes(name)) return `-${name}`;
  }
  return undefined;
};

const withoutOptions = (
  command: string,
  words: readonly string[],
  line: string,
  unknown: readonly string[] | undefined,
): string | undefined => {
  if (unknown !== undefined) return `${command} does not take ${unknown.join(', ')}`;
  if (line.startsWith('Not enough non-option arguments')) return 'an argument is missing';
  const taker = words[words.indexOf(command) - 1]; // yargs gave the command to it, as its value
  return line === 'no command given' && taker !== undefined ? `write ${taker} after ${command}` : undefined;
};

type Choices = Readonly<Record<string, readonly unknown[] | undefined>>;

const withOption = (line: string, choices: Choices): string => {
  const value = /^Invalid values: Argument: (\S+), Given: (.*), Choices: (.*)$/.exec(line);
  if (value !== null) {
    const [, name = '', given = '', taken = ''] = value;
    return `${dashed(name)} ${given.replaceAll('"', '')}: it takes ${taken.replaceAll('"', '')}`;
  }
  const short = /^Not enough arguments following: (\S+)$/.exec(line)?.[1];
  const missing = /^Missing required argument: (\S+)$/.exec(line)?.[1];
  const name = short ?? missing;
  if (name !== undefined) {
    const kinds = choices[name] === undefined ? '' : `: it takes ${choices[name]?.join(', ')}`;
    return short === undefined ? `${dashed(name)} is missing${kinds}` : `${dashed(name)} has no value${kinds}`;
  }
  const [, one = '', other = ''] = /^Arguments (\S+) and (\S+) are mutually exclusive$/.exec(line) ?? [];
  return one === '' ? line : `${dashed(one)} and ${dashed(other)} exclude each other`;
};
