/**
 * Text measured in terminal cells: a CJK letter or an emoji takes two, a combining mark none. In: text of unknown
 * origin. Out: harmless text, cut or padded to an exact number of cells. Pure.
 */
import { escapeText } from '../report/units.js';

/**
 * First and last code point of every stretch that terminals draw two cells wide: East Asian Wide and Fullwidth, and
 * the emoji that are drawn as pictures without being asked to (Unicode 16, EastAsianWidth.txt and emoji-data.txt).
 */
const wideRanges = [
  0x1100, 0x115f, 0x231a, 0x231b, 0x2329, 0x232a, 0x23e9, 0x23ec, 0x23f0, 0x23f0, 0x23f3, 0x23f3, 0x25fd, 0x25fe, 0x2614,
  0x2615, 0x2648, 0x2653, 0x267f, 0x267f, 0x2693, 0x2693, 0x26a1, 0x26a1, 0x26aa, 0x26ab, 0x26bd, 0x26be, 0x26c4, 0x26c5,
  0x26ce, 0x26ce, 0x26d4, 0x26d4, 0x26ea, 0x26ea, 0x26f2, 0x26f3, 0x26f5, 0x26f5, 0x26fa, 0x26fa, 0x26fd, 0x26fd, 0x2705,
  0x2705, 0x270a, 0x270b, 0x2728, 0x2728, 0x274c, 0x274c, 0x274e, 0x274e, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797,
  0x27b0, 0x27b0, 0x27bf, 0x27bf, 0x2b1b, 0x2b1c, 0x2b50, 0x2b50, 0x2b55, 0x2b55, 0x2e80, 0x303e, 0x3041, 0x33ff, 0x3400,
  0x4dbf, 0x4e00, 0xa4cf, 0xa960, 0xa97f, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe6f, 0xff01, 0xff60,
  0xffe0, 0xffe6, 0x16fe0, 0x18aff, 0x1aff0, 0x1b2ff, 0x1f004, 0x1f004, 0x1f0cf, 0x1f0cf, 0x1f18e, 0x1f18e, 0x1f191,
  0x1f19a, 0x1f200, 0x1f320, 0x1f32d, 0x1f335, 0x1f337, 0x1f37c, 0x1f37e, 0x1f393, 0x1f3a0, 0x1f3ca, 0x1f3cf, 0x1f3d3,
  0x1f3e0, 0x1f3f0, 0x1f3f4, 0x1f3f4, 0x1f3f8, 0x1f43e, 0x1f440, 0x1f440, 0x1f442, 0x1f4fc, 0x1f4ff, 0x1f53d, 0x1f54b,
  0x1f54e, 0x1f550, 0x1f567, 0x1f57a, 0x1f57a, 0x1f595, 0x1f596, 0x1f5a4, 0x1f5a4, 0x1f5fb, 0x1f64f, 0x1f680, 0x1f6c5,
  0x1f6cc, 0x1f6cc, 0x1f6d0, 0x1f6d2, 0x1f6d5, 0x1f6d7, 0x1f6dc, 0x1f6df, 0x1f6eb, 0x1f6ec, 0x1f6f4, 0x1f6fc, 0x1f7e0,
  0x1f7eb, 0x1f7f0, 0x1f7f0, 0x1f90c, 0x1f93a, 0x1f93c, 0x1f945, 0x1f947, 0x1f9ff, 0x1fa70, 0x1faff, 0x20000, 0x3fffd,
];

const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}\u{1160}-\u{11ff}]$/u;

/** Cells of one code point; 0 for what is drawn onto the letter before it. */
export const codePointWidth = (codePoint: number): 0 | 1 | 2 => {
  if (codePoint < 0x300) return 1;
  if (isWide(codePoint)) return 2;
  return zeroWidth.test(String.fromCodePoint(codePoint)) ? 0 : 1;
};

const isWide = (codePoint: number): boolean => {
  let low = 0;
  let high = wideRanges.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (codePoint < wideRanges[2 * middle]) high = middle - 1;
    else if (codePoint > wideRanges[2 * middle + 1]) low = middle + 1;
    else return true;
  }
  return false;
};

const plain = /^[\u0020-\u02ff]*$/;

/** Cells that the text takes. */
export const textWidth = (text: string): number => {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += codePointWidth(character.codePointAt(0) ?? 0);
  return width;
};

/** One terminal cell's worth of letters: a letter with its combining marks. */
export interface Cell {
  text: string;
  width: 1 | 2;
}

/** The text as cells; a mark that has nothing to stand on stands on a space. */
export const cellsOf = (text: string): Cell[] => {
  const cells: Cell[] = [];
  for (const character of text) {
    const width = codePointWidth(character.codePointAt(0) ?? 0);
    const last = cells.at(-1);
    if (width !== 0) cells.push({ text: character, width });
    else if (last === undefined) cells.push({ text: ` ${character}`, width: 1 });
    else last.text += character;
  }
  return cells;
};

/** The text cut to at most `width` cells, with `…` at the end where something was cut. */
export const clipEnd = (text: string, width: number): string => {
  if (width <= 0) return '';
  if (textWidth(text) <= width) return text;
  return `${takeCells(text, width - 1)}…`;
};

/** As clipEnd, but what is cut is the beginning: for paths, whose end tells more. */
export const clipStart = (text: string, width: number): string => {
  if (width <= 0) return '';
  if (textWidth(text) <= width) return text;
  const cells = cellsOf(text);
  let used = 1;
  let first = cells.length;
  while (first > 0 && used + cells[first - 1].width <= width) used += cells[--first].width;
  return `…${cells
    .slice(first)
    .map((cell) => cell.text)
    .join('')}`;
};

const takeCells = (text: string, width: number): string => {
  if (plain.test(text)) return text.slice(0, width);
  let used = 0;
  let taken = '';
  for (const cell of cellsOf(text)) {
    if (used + cell.width > width) break;
    used += cell.width;
    taken += cell.text;
  }
  return taken;
};

/** The text in exactly `width` cells, cut or filled with spaces. */
export const padEnd = (text: string, width: number): string => {
  const cut = clipEnd(text, width);
  return cut + ' '.repeat(Math.max(0, width - textWidth(cut)));
};

export const padStart = (text: string, width: number): string => {
  const cut = clipEnd(text, width);
  return ' '.repeat(Math.max(0, width - textWidth(cut))) + cut;
};

/**
 * Text from a heap or a profile, harmless and of even width everywhere. Joiners and variation selectors are left out:
 * what terminals draw for a joined emoji differs, its parts side by side are the same on all.
 */
export const safe = (text: string): string => escapeText(text.replace(joiners, ''));
const joiners = /[\u200d\ufe00-\ufe0f]|[\u{e0020}-\u{e007f}]/gu;

/** Words wrapped into lines of at most `width` cells; a word that is longer is cut into pieces. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (textWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (textWidth(line) > width) {
      const piece = takeCells(line, Math.max(1, width));
      if (piece === '') break;
      lines.push(piece);
      line = line.slice(piece.length);
    }
  }
  return [...lines, line];
};
