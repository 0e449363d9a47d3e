/**
 * A line of the screen as values: pieces of text, each with the name of a style. Only theme.ts and screen.ts know what a
 * style looks like. Pure.
 */
import { cutTo, displayWidth } from '../../report/width.js';

export type Style =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'title'
  | 'key'
  | 'good'
  | 'warn'
  | 'bad'
  | 'name'
  | 'type'
  | 'number'
  | 'place'
  | 'bar'
  | 'rss'
  | 'heap'
  | 'external'
  | 'cpu'
  | 'delay'
  | 'tab'
  | 'header'
  | 'match'
  | `flame${0 | 1 | 2 | 3 | 4 | 5}`
  | `${'grew' | 'shrank'}${0 | 1}`
  | 'same';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** The row under the cursor is drawn inverse, whatever the styles of its pieces. */
export interface Line {
  readonly spans: readonly Span[];
  readonly selected?: boolean;
}

export const span = (text: string, style: Style = 'plain'): Span => ({ text, style });

export const line = (...spans: readonly (Span | string)[]): Line => ({
  spans: spans.map((piece) => (typeof piece === 'string' ? span(piece) : piece)),
});

export const emptyLine: Line = { spans: [] };

export const lineWidth = (of: Line): number => of.spans.reduce((width, piece) => width + displayWidth(piece.text), 0);

/** The line in exactly `width` cells: cut with `…`, or filled with spaces. */
export const fitLine = (of: Line, width: number): Line => {
  const spans: Span[] = [];
  let left = width;
  for (const piece of of.spans) {
    const cells = displayWidth(piece.text);
    if (cells <= left) {
      spans.push(piece);
      left -= cells;
    } else {
      const cut = cutTo(piece.text, left);
      spans.push({ ...piece, text: cut });
      left -= displayWidth(cut);
      break;
    }
  }
  if (left > 0) spans.push(span(' '.repeat(left)));
  return { ...of, spans };
};

/** Two lines in one: the second is at the right end, and is left out if there is no room. */
export const spread = (left: Line, right: Line, width: number): Line => {
  const gap = width - lineWidth(left) - lineWidth(right);
  return gap < 1 ? fitLine(left, width) : { spans: [...left.spans, span(' '.repeat(gap)), ...right.spans] };
};

/** Exactly `height` lines: cut, or filled with empty ones. */
export const fitHeight = (lines: readonly Line[], height: number): Line[] =>
  Array.from({ length: Math.max(0, height) }, (_, row) => lines[row] ?? emptyLine);

/** The plain text of a line, for saving and for tests. */
export const textOf = (of: Line): string => of.spans.map((piece) => piece.text).join('');
