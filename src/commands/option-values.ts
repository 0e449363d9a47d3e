/** What the options of a command line are set to. In: parsed arguments and an option's name. Out: numbers; errors name the option. */
import { parseBytes, parseDuration, parseNamed } from '../report/quantities.js';
import type { Arguments } from './io.js';

/** Milliseconds. Throws `bad-argument`. */
export const durationOf = (args: Arguments, name: string): number =>
  parseNamed(`--${name}`, String(args[name]), parseDuration);

/** Throws `bad-argument`. */
export const bytesOf = (args: Arguments, name: string): number =>
  parseNamed(`--${name}`, String(args[name]), parseBytes);
