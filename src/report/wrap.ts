/** Text wrapped into lines of terminal cells. In: escaped text (see escapeText). Out: lines of at most a width. */
import { characterWidth, displayWidth } from './width.js';

const plain = /^[\u0020-\u02ff]*$/;

/** One terminal cell's worth of letters: a letter with its combining marks. */
export interface Cell {
  text: string;
  width: 1 | 2;
}

/** The text as cells; a mark without a preceding letter gets a space. */
export const cellsOf = (text: string): Cell[] => {
  const cells: Cell[] = [];
  for (const character of text) {
    const width = characterWidth(character.codePointAt(0) ?? 0);
    const last = cells.at(-1);
    if (width !== 0) cells.push({ text: character, width });
    else if (last === undefined) cells.push({ text: ` ${character}`, width: 1 });
    else last.text += character;
  }
  return cells;
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

/** Words wrapped into lines of at most `width` cells; a longer word is cut into pieces. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (displayWidth(line) > width) {
      const piece = takeCells(line, Math.max(1, width));
      if (piece === '') break;
      lines.push(piece);
      line = line.slice(piece.length);
    }
  }
  return [...lines, line];
};
