/**
 * Text measured in terminal cells: a CJK letter or an emoji takes two, a combining mark none. In: text of unknown
 * origin. Out: escaped text, cut or padded to an exact number of cells. Pure.
 */
import { escapeText } from '../../report/units.js';
import { cutTo, displayWidth } from '../../report/width.js';

/** The text in exactly `width` cells, cut or filled with spaces. */
export const padEnd = (text: string, width: number): string => {
  const cut = cutTo(text, width);
  return cut + ' '.repeat(Math.max(0, width - displayWidth(cut)));
};

export const padStart = (text: string, width: number): string => {
  const cut = cutTo(text, width);
  return ' '.repeat(Math.max(0, width - displayWidth(cut))) + cut;
};

/**
 * Text from a heap or a profile, escaped and of the same width on every terminal. Joiners and variation selectors are
 * left out: terminals draw joined emoji differently, but their parts side by side alike.
 */
export const safe = (text: string): string => escapeText(text.replace(joiners, ''));
const joiners = /\u200d|\p{Variation_Selector}|[\u{e0020}-\u{e007f}]/gu;
