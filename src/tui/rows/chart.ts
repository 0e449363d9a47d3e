/**
 * An area chart of characters. In: stacked series, each with its own fill. Out: lines with an axis at the left; the time
 * axis is one more line. Fills differ in character and color. Pure.
 */
import { span, type Line, type Span, type Style } from './line.js';
import { padStart } from './text.js';

export interface Series {
  /** How high the series reaches, from 0; a later series must reach at least as high as the one before. */
  readonly values: readonly number[];
  readonly letter: string;
  readonly style: Style;
}

export interface ChartOptions {
  readonly width: number;
  readonly height: number;
  /** The value at the top of the chart. */
  readonly max: number;
  readonly format: (value: number) => string;
}

/** Width of the numbers at the left, in cells. */
export const axisWidth = 9;

export const areaChart = (series: readonly Series[], options: ChartOptions): Line[] => {
  const columns = options.width - axisWidth;
  const binned = series.map((one) => ({ ...one, values: bins(one.values, columns) }));
  const step = options.height < 16 ? Math.max(1, options.height >> 1) : options.height >> 2;
  const isLabelled = (y: number): boolean =>
    y === 0 || (options.height >= 6 && y % step === 0 && y + step <= options.height);
  return Array.from({ length: options.height }, (_, y) => {
    const fromTop = options.height - y;
    const value = (options.max * fromTop) / options.height;
    const label = isLabelled(y)
      ? `${padStart(options.format(value), axisWidth - 2)} ┤`
      : `${' '.repeat(axisWidth - 1)}│`;
    return { spans: [span(label, 'dim'), ...cells(binned, columns, (options.max * (fromTop - 0.5)) / options.height)] };
  });
};

/** One row: for each column the first series that reaches this high. */
const cells = (series: readonly Series[], columns: number, height: number): Span[] => {
  const spans: { text: string; style: Style }[] = [];
  for (let x = 0; x < columns; x++) {
    const at = series.find((one) => (one.values[x] ?? 0) >= height && height > 0);
    const style = at?.style ?? 'plain';
    const last = spans.at(-1);
    if (last?.style === style) last.text += at?.letter ?? ' ';
    else spans.push({ text: at?.letter ?? ' ', style });
  }
  return spans;
};

/**
 * At most `columns` values that stand for all of them, the highest of each bin, so that no peak is lost. Few values are
 * not stretched: they are at the right, where time is now.
 */
export const bins = (values: readonly number[], columns: number): number[] => {
  const size = Math.max(1, Math.ceil(values.length / columns));
  const count = Math.ceil(values.length / size);
  const made = Array.from({ length: count }, (_, bin) => Math.max(...values.slice(bin * size, (bin + 1) * size)));
  return [...Array.from({ length: Math.max(0, columns - count) }, () => 0), ...made];
};

/** `└──── 60 s ago ──── now`, under a chart of that width whose readings span `spanSeconds`. */
export const timeAxis = (width: number, readings: number, spanSeconds: number): Line => {
  const columns = width - axisWidth;
  const size = Math.max(1, Math.ceil(readings / columns));
  const used = Math.max(1, Math.ceil(readings / size));
  const left = readings < 2 ? '' : `${ago(spanSeconds)} ago `;
  const right = ' now';
  const start = Math.max(0, Math.min(columns - used, columns - left.length - right.length));
  const rule = '─'.repeat(Math.max(0, columns - start - left.length - right.length));
  return { spans: [span(`${' '.repeat(axisWidth - 1)}└${'─'.repeat(start)}${left}${rule}${right}`, 'dim')] };
};

const ago = (seconds: number): string =>
  seconds < 120 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(seconds < 600 ? 1 : 0)} min`;

/** The highest value, rounded up to a round number. */
export const niceMax = (values: readonly number[], base: number): number => {
  const highest = Math.max(...values, 0);
  if (highest === 0) return base;
  const unit = base ** Math.floor(Math.log(highest) / Math.log(base));
  const steps = [
    1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512,
    640, 800, 1024,
  ];
  return unit * (steps.find((one) => one * unit >= highest) ?? base);
};
