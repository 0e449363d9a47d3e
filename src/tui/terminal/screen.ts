/**
 * The terminal, and the one file that knows blessed. In: lines to draw. Out: keys, mouse and sizes as plain values.
 * blessed handles the terminal's modes, decodes keys and mouse, and draws only the cells that changed. Its widgets are
 * not used, because they cost time for every row that exists instead of every row that is visible.
 */
import { createRequire } from 'node:module';
import type { CreateScreen, Key, Screen } from 'blessed/lib/widgets/screen.js';
import { copyToClipboard } from './clipboard.js';
import type { Guardian } from './guardian.js';
import type { Line, Style } from '../rows/line.js';
import { isAsciiLocale, toAscii } from '../../report/ascii.js';
import { cellsOf } from '../../report/wrap.js';
import { lookOf, type ColorDepth, type Look } from '../rows/theme.js';

/** The package itself loads every widget; `import` of a file so large takes much longer than `require`. */
const createScreen: CreateScreen = createRequire(import.meta.url)('blessed/lib/widgets/screen.js');

export interface MouseEvent {
  readonly action: 'press' | 'wheelUp' | 'wheelDown';
  readonly x: number;
  readonly y: number;
}

export interface TerminalHandlers {
  /** `a`, `A`, `/`, `up`, `pagedown`, `enter`, `escape`, `tab`, `S-tab`, `C-c`. */
  onKey(key: string): void;
  /** Left out where the mouse does nothing. */
  onMouse?(event: MouseEvent): void;
  onResize(columns: number, rows: number): void;
  /** Learns when the terminal goes to the shell, and when it comes back. */
  readonly guardian: Pick<Guardian, 'away' | 'back'>;
}

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** Shows the lines from the top; each must be exactly as wide as the screen. */
  draw(lines: readonly Line[]): void;
  /** Puts text on the clipboard of the user's own terminal. */
  copy(text: string): void;
  /** Gives the terminal back to the shell until the user brings the program to the front again. */
  suspend(): void;
  /** Restores the terminal; may be called again. */
  close(): void;
}

/**
 * Takes over the terminal. Environment: without NCURSES_NO_UTF8_ACS, blessed draws lines with a second character set
 * that some terminals lack; without BLESSED_FORCE_MODES, it asks for every movement of the mouse, in an old encoding
 * that ends at column 223.
 */
export const openTerminal = (depth: ColorDepth, title: string, handlers: TerminalHandlers): Terminal => {
  const screen = openScreen(title);
  listen(screen, handlers);
  const painter = createPainter(screen, depth);
  screen.program.on('resize', () => painter.forget()); // blessed has emptied its cells
  let closed = false;
  const stop = (): void => {
    handlers.guardian.away();
    suspend(screen, stop, () => {
      handlers.guardian.back();
      painter.forget();
      handlers.onResize(screen.cols, screen.rows);
    });
  };
  process.on('SIGTSTP', stop); // sent by another process; the key C-z comes as a key
  return {
    get columns() {
      return screen.cols;
    },
    get rows() {
      return screen.rows;
    },
    draw: (lines) => {
      if (!closed) painter.draw(lines);
    },
    copy: (text) => copyToClipboard(text, (bytes) => screen.program._owrite(bytes)),
    suspend: stop,
    close: () => {
      process.off('SIGTSTP', stop);
      if (!closed) restore(screen);
      closed = true;
    },
  };
};

const restore = (screen: Screen): void => {
  try {
    screen.destroy();
  } catch {
    // the terminal itself is gone: its window was closed
  }
};

const openScreen = (title: string): Screen => {
  process.env['NCURSES_NO_UTF8_ACS'] = '1';
  process.env['BLESSED_FORCE_MODES'] = 'VT200MOUSE=1,SGRMOUSE=1';
  return createScreen({
    terminal: 'xterm-256color', // blessed cannot read the terminfo entries of many terminals; all of them know this one
    forceUnicode: true,
    fullUnicode: false, // the width of letters is known to text.ts: a wide letter's second cell is an empty one
    smartCSR: false,
    title,
  });
};

const listen = (screen: Screen, handlers: TerminalHandlers): void => {
  screen.on('keypress', (character, key) => {
    for (const name of keyNames(character, key)) handlers.onKey(name);
  });
  screen.on('mouse', ({ action, x, y }) => {
    if (action === 'mousedown') handlers.onMouse?.({ action: 'press', x, y });
    else if (action === 'wheelup') handlers.onMouse?.({ action: 'wheelUp', x, y });
    else if (action === 'wheeldown') handlers.onMouse?.({ action: 'wheelDown', x, y });
  });
  screen.program.on('resize', () => handlers.onResize(screen.cols, screen.rows));
};

/**
 * Esc and a letter that come together are decoded as Alt and the letter; no key here uses Alt, so they are made two
 * keys again.
 */
const keyNames = (character: string | undefined, key: Key): string[] => {
  const sequence = key.sequence ?? '';
  if (key.meta === true && sequence.length === 2 && sequence.startsWith('\x1b') && sequence >= '\x1b ') {
    return ['escape', sequence.slice(1)];
  }
  if (key.name === 'return') return []; // blessed sends `enter` for the same key as well
  if (key.name === 'linefeed') return ['enter'];
  if (key.ctrl !== true && character !== undefined && character >= ' ' && character !== '\x7f') return [character];
  if (key.name === undefined) return [];
  return [`${key.ctrl === true ? 'C-' : ''}${key.shift === true ? 'S-' : ''}${key.name}`];
};

const inheritColor = 0x1ff;

/** blessed's packing of a cell's attributes: 9 bits of flags, 9 of foreground, 9 of background. */
const pack = (look: Look, inverse = look.inverse === true): number => {
  const flags = (look.bold === true ? 1 : 0) | (look.underline === true ? 2 : 0) | (inverse ? 8 : 0);
  return (flags << 18) | ((look.foreground ?? inheritColor) << 9) | (look.background ?? inheritColor);
};

const inverseBit = 8 << 18;

/** Draws lines; those that have not changed since the last time cost nothing. */
const createPainter = (screen: Screen, depth: ColorDepth): { draw(lines: readonly Line[]): void; forget(): void } => {
  const attributes = new Map<Style, number>();
  const attributeOf = (style: Style): number => {
    const known = attributes.get(style) ?? pack(lookOf(style, depth));
    attributes.set(style, known);
    return known;
  };
  let drawn: readonly Line[] = [];
  return {
    draw: (lines) => {
      const count = Math.min(lines.length, screen.rows);
      for (let y = 0; y < count; y++) {
        if (drawn[y] !== undefined && isSameLine(drawn[y], lines[y])) continue;
        paint(screen.lines[y], lines[y], attributeOf);
        screen.lines[y].dirty = true;
      }
      drawn = lines;
      screen.draw(0, count - 1);
    },
    forget: () => {
      drawn = [];
    },
  };
};

const isSameLine = (a: Line, b: Line): boolean =>
  a.selected === b.selected &&
  a.spans.length === b.spans.length &&
  a.spans.every(({ text, style }, at) => text === b.spans[at].text && style === b.spans[at].style);

const ascii = /^[ -~]*$/;

const paint = (row: Screen['lines'][number], of: Line, attributeOf: (style: Style) => number): void => {
  let x = 0;
  const shown = isAsciiLocale(process.env) ? toAscii : (text: string) => text;
  for (const { text: written, style } of of.spans) {
    const text = shown(written);
    const own = attributeOf(style);
    const attribute = of.selected === true ? (own & inheritColor) | (inheritColor << 9) | inverseBit : own;
    if (ascii.test(text)) {
      for (let at = 0; at < text.length && x < row.length; at++) put(row[x++], attribute, text[at]);
      continue;
    }
    for (const cell of cellsOf(text)) {
      if (x + cell.width > row.length) break;
      put(row[x++], attribute, cell.text);
      if (cell.width === 2) put(row[x++], attribute, '');
    }
  }
};

const put = (cell: [number, string], attribute: number, text: string): void => {
  cell[0] = attribute;
  cell[1] = text;
};

/**
 * Stops the whole process group, as the shell does: memwatch may be a child of npx. Without a listener, the signal does
 * what it does to every program: it stops it.
 */
const suspend = (screen: Screen, onStop: () => void, whenBack: () => void): void => {
  const { program } = screen;
  program.flush();
  program.useBuffer = false; // pause() closes the output before its own bytes would leave the buffer
  const resume = program.pause();
  program.useBuffer = true;
  process.off('SIGTSTP', onStop);
  process.once('SIGCONT', () => {
    process.on('SIGTSTP', onStop);
    resume();
    screen.alloc();
    whenBack();
  });
  process.kill(process.platform === 'win32' ? process.pid : 0, 'SIGTSTP');
};
