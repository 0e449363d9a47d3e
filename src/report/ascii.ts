/**
 * Text for terminals whose locale has ASCII alone (LANG=C): each symbol becomes an ASCII one of the same width, so that
 * tables and boxes keep their shape. Pure.
 */
import { displayWidth } from './width.js';

const pairs = [
  ['…→←↑↓▲▼▸▾›', '.><^v^v>v>'],
  ['─│┌┐└┘├┤┬┴┼', '-|+++++++++'],
  ['█▉▊▋▌▍▎▏▒░', '####==--%:'],
  ['▁▂▃▄▅▆▇', '_.-=+*#'],
  ['✓✗×’‘“”·•µ', '+xx\'\'""..u'],
] as const;
const symbols = new Map(pairs.flatMap(([from, to]) => [...from].map((symbol, at) => [symbol, to[at] ?? '?'] as const)));

export const toAscii = (text: string): string =>
  text.replace(/[^\0-\x7f]/gu, (character) => symbols.get(character) ?? '?'.repeat(displayWidth(character)));

/** The locale says that the terminal has ASCII or an old 8-bit set. Containers say nothing: their terminals know UTF-8. */
export const isAsciiLocale = (env: Readonly<Record<string, string | undefined>>): boolean => {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '');
  return locale !== undefined && !/utf-?8/i.test(locale);
};
