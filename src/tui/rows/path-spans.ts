/** A retaining path on the screen, in the words of every other report. In: steps. Out: styled pieces, and lines of them. Pure. */
import { pathPieces, renderPath, type NamedStep } from '../../report/path-text.js';
import type { PathStep } from '../../analyzer/model/path.js';
import { span, type Span } from './line.js';
import { safe } from './text.js';

/** For each step two spans: how it is reached, and its name. */
export const pathSpans = (path: readonly NamedStep[]): Span[][] =>
  pathPieces(path).map(({ edge, name }) => [span(safe(edge)), span(safe(name), 'name')]);

/** Pieces over as many lines as they need; a piece is never divided. */
export const flow = (pieces: readonly (readonly Span[])[], width: number): Span[][] => {
  const lines: Span[][] = [[]];
  let used = 0;
  for (const piece of pieces) {
    const cells = piece.reduce((sum, one) => sum + one.text.length, 0);
    if (used > 0 && used + cells > width) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push(...piece);
    used += cells;
  }
  return lines;
};

/** What is copied: the path, and the id by which its end can be found again. */
export const copiedPath = (path: readonly PathStep[]): string => `${renderPath(path)} @${path.at(-1)?.id ?? 0}`;
