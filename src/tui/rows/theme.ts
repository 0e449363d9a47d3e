/**
 * What each style looks like, at three color depths. With 16 colors it uses the user's own palette; without color
 * (NO_COLOR) only bold, underline and inverse are left. Nothing on the screen is shown by color alone.
 */
import type { Style } from './line.js';

export type ColorDepth = 0 | 16 | 256;

/** Numbers of the terminal's palette; undefined is the terminal's default color. */
export interface Look {
  readonly foreground?: number;
  readonly background?: number;
  readonly bold?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

const red = 1;
const green = 2;
const yellow = 3;
const magenta = 5;
const cyan = 6;
const gray = 8;

const looks: Readonly<Record<Style, Look>> = {
  plain: {},
  dim: { foreground: gray },
  bold: { bold: true },
  title: { bold: true },
  key: { foreground: cyan, bold: true },
  good: { foreground: green },
  warn: { foreground: yellow, bold: true },
  bad: { foreground: red, bold: true },
  name: { foreground: cyan },
  type: { foreground: gray },
  number: {},
  place: { foreground: green },
  bar: { foreground: yellow },
  rss: { foreground: magenta },
  heap: { foreground: cyan },
  external: { foreground: yellow },
  cpu: { foreground: green },
  delay: { foreground: yellow },
  tab: { inverse: true, bold: true },
  header: { underline: true },
  match: { bold: true, underline: true },
  flame0: { foreground: 0, background: 3 },
  flame1: { foreground: 0, background: 11 },
  flame2: { foreground: 0, background: 3 },
  flame3: { foreground: 0, background: 11 },
  flame4: { foreground: 0, background: 6 },
  flame5: { foreground: 0, background: 2 },
  grew0: { foreground: 0, background: 9 },
  grew1: { foreground: 15, background: 1, bold: true },
  shrank0: { foreground: 0, background: 12 },
  shrank1: { foreground: 15, background: 4, bold: true },
  same: { foreground: 0, background: 7 },
};

/** With 256 colors: styles for which 16 are too coarse. */
const finer: Partial<Record<Style, Look>> = {
  dim: { foreground: 245 },
  type: { foreground: 245 },
  bar: { foreground: 173 },
  name: { foreground: 80 },
  place: { foreground: 114 },
  flame0: { foreground: 16, background: 215 },
  flame1: { foreground: 16, background: 221 },
  flame2: { foreground: 16, background: 209 },
  flame3: { foreground: 16, background: 222 },
  flame4: { foreground: 16, background: 152 },
  flame5: { foreground: 16, background: 151 },
  grew0: { foreground: 16, background: 217 },
  grew1: { foreground: 16, background: 203 },
  shrank0: { foreground: 16, background: 153 },
  shrank1: { foreground: 16, background: 75 },
  same: { foreground: 16, background: 252 },
};

const withoutColor = (style: Style, { bold, underline, inverse }: Look): Look =>
  style.startsWith('flame') ? { inverse: style === 'flame0' || style === 'flame2' } : { bold, underline, inverse };

export const lookOf = (style: Style, depth: ColorDepth): Look => {
  if (depth === 0) return withoutColor(style, looks[style]);
  return depth === 256 ? (finer[style] ?? looks[style]) : looks[style];
};

/** How many colors the terminal has, according to its environment. */
export const colorDepth = (env: Readonly<Record<string, string | undefined>>): ColorDepth => {
  const term = env['TERM'] ?? '';
  if ((env['NO_COLOR'] ?? '') !== '' || term === 'dumb') return 0;
  if ((env['COLORTERM'] ?? '') !== '') return 256;
  return /256|direct|kitty|ghostty|alacritty|wezterm|foot|iterm/.test(term) ? 256 : 16;
};
