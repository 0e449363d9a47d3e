/** What is in front of the screen: help, a menu, a question. In: state. Out: the lines of a box, and its position. Pure. */
import { actionTitle } from './action-text.js';
import { helpLines } from './help.js';
import { fitLine, line, lineWidth, span, type Line } from './line.js';
import type { Overlay, State } from '../state/state.js';
import { wrap } from '../../report/wrap.js';
import { safe } from './text.js';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly lines: readonly Line[];
}

export const overlayBox = (state: State, overlay: Overlay): Box => {
  const { title, lines, footer } = content(state, overlay);
  const inner = Math.min(state.columns - 4, Math.max(title.length + 4, ...[...lines, footer].map(lineWidth)) + 2);
  const room = state.rows - 4;
  const top = overlay.kind === 'help' ? Math.min(overlay.top, Math.max(0, lines.length - room)) : 0;
  const shown = lines.slice(top, top + room);
  const edge = (left: string, right: string, text: string): Line =>
    line(span(`${left}─${text}${'─'.repeat(Math.max(0, inner - text.length - 1))}${right}`, 'dim'));
  const side = (of: Line): Line => {
    const fitted = fitLine({ ...of, spans: [span(' '), ...of.spans] }, inner);
    return {
      spans: [
        span('│', 'dim'),
        ...fitted.spans.map((one) => (of.selected === true ? { ...one, style: 'tab' as const } : one)),
        span('│', 'dim'),
      ],
    };
  };
  const boxLines = [edge('┌', '┐', ` ${title} `), ...shown.map(side), side(footer), edge('└', '┘', '')];
  return {
    width: inner + 2,
    x: Math.max(0, (state.columns - inner - 2) >> 1),
    y: Math.max(0, (state.rows - boxLines.length) >> 1),
    lines: boxLines,
  };
};

const content = (state: State, overlay: Overlay): { title: string; lines: Line[]; footer: Line } => {
  switch (overlay.kind) {
    case 'help':
      return { title: 'Keys', lines: helpLines(), footer: line(span('any other key closes; arrows scroll', 'dim')) };
    case 'menu':
      return {
        title: overlay.title,
        lines: overlay.items.map((item, at) => ({
          ...line(at === overlay.cursor ? '> ' : '  ', span(item.key, 'key'), `  ${safe(item.text)}`),
          selected: at === overlay.cursor,
        })),
        footer: line(span('Enter or its key selects, Esc closes', 'dim')),
      };
    case 'question': {
      const width = Math.min(state.columns - 8, 76);
      const lines = overlay.lines?.flatMap((text) => wrap(safe(text), width)) ?? ['estimating the cost …'];
      return {
        title: actionTitle(overlay.action),
        lines: lines.map((text) => line(text)),
        footer: overlay.lines === undefined ? line(span('Esc: cancel', 'dim')) : questionFooter,
      };
    }
  }
};

const questionFooter = line(
  span('y', 'key'),
  ' or ',
  span('Enter', 'key'),
  ': go ahead   ',
  span('n', 'key'),
  ' or ',
  span('Esc', 'key'),
  ': cancel',
);

/** The lines of a screen with a box laid over them. */
export const withBox = (lines: readonly Line[], box: Box, columns: number): Line[] =>
  lines.map((below, y) => {
    const over = box.lines[y - box.y];
    if (over === undefined) return below;
    const blank = columns - box.x - box.width;
    return line(span(' '.repeat(box.x)), ...over.spans, span(' '.repeat(Math.max(0, blank))));
  });
