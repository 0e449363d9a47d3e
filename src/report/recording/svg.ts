/**
 * Recordings as one picture, for a report or an issue: the charts of the page below each other. In: charts and a headline.
 * Out: SVG that runs no script, with colours for a light and a dark browser.
 */
import type { Layer, Panel, RecordingCharts } from '../../analyzer/model/panel.js';
import { escapeXml } from '../units.js';
import { chartColors } from './style.js';
import { formatTick, timeTicks, valueTicks, whenOf } from './ticks.js';

const width = 960;
const plot = { left: 84, right: 16, height: 150 };
const plotWidth = width - plot.left - plot.right;
const line = 18;

export const renderRecordingSvg = (charts: RecordingCharts, headline: string): string => {
  let y = 34;
  const drawn: string[] = [text(16, 22, headline, 'head')];
  for (const { title, panels } of charts.groups) {
    drawn.push(text(16, (y += 22), title, 'group'));
    for (const panel of panels) {
      const { svg, height } = renderPanel(panel, charts, y + 8);
      drawn.push(svg);
      y += height + 8;
    }
  }
  for (const [at, { seconds, text: words }] of charts.marks.entries()) {
    drawn.push(text(16, (y += line), `${at + 1} · ${whenOf(seconds, charts.isRelative)} · ${words}`, 'quiet'));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 16}" viewBox="0 0 ${width} ${y + 16}" font-family="system-ui, sans-serif" font-size="12">
<style>${chartColors}
.ground{fill:var(--ground)}text{fill:var(--text)}.head{font-size:16px;font-weight:600}.group{font-size:14px;font-weight:600}.quiet{fill:var(--quiet)}.rule{stroke:var(--rule)}.limit{stroke:var(--bad);stroke-dasharray:5 4}.mark{stroke:var(--text);stroke-dasharray:3 3}.bad{fill:var(--bad)}
${Array.from({ length: 10 }, (_, at) => `.a${at}{fill:var(--c${at})}.l${at}{stroke:var(--c${at});fill:none;stroke-width:1.5}`).join('')}.top{stroke:var(--text);fill:none;stroke-width:1.5}</style>
<rect class="ground" width="100%" height="100%"/>
${drawn.join('\n')}
</svg>
`;
};

const text = (x: number, y: number, words: string, kind: string, anchor = 'start'): string =>
  `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escapeXml(words)}</text>`;

interface Drawing {
  readonly x: (seconds: number) => string;
  readonly y: (value: number) => string;
  readonly top: number;
}

const renderPanel = (panel: Panel, charts: RecordingCharts, top: number): { svg: string; height: number } => {
  const { times, unit, layers } = panel;
  const stacked = stack(layers);
  const peak = Math.max(0, ...stacked.flatMap(({ high }) => high.map((one) => one ?? 0)));
  const limits = panel.limits.filter(({ value }) => value < 2.5 * peak);
  const highest = Math.max(peak, ...limits.map(({ value }) => value)) * 1.06 || 1;
  const [from, to] = [times[0] ?? 0, Math.max((times[0] ?? 0) + 1, times.at(-1) ?? 1)];
  const plotTop = top + line + 6;
  const drawing: Drawing = {
    x: (seconds) => (plot.left + (plotWidth * (seconds - from)) / (to - from)).toFixed(1),
    y: (value) => (plotTop + plot.height * (1 - value / highest)).toFixed(1),
    top: plotTop,
  };
  const legend = renderLegend(layers, plotTop + plot.height + 34);
  const parts = [
    text(16, top + 14, panel.title, 'quiet'),
    ...valueTicks(unit, highest).map((value) => `<line class="rule" x1="${plot.left}" x2="${width - plot.right}" y1="${drawing.y(value)}" y2="${drawing.y(value)}"/>${text(plot.left - 6, Number(drawing.y(value)) + 4, formatTick(unit, value), 'quiet', 'end')}`),
    ...stacked.map((one, at) => (one.kind === 'area' ? area(one, times, drawing, at) : curve(one.high, times, drawing, lineClass(layers, at)))),
    ...timeTicks(from, to, charts.isRelative).map((tick) => text(Number(drawing.x(tick.seconds)), plotTop + plot.height + 16, tick.text, 'quiet', 'middle')),
    ...limits.map(({ name, value }) => `<line class="limit" x1="${plot.left}" x2="${width - plot.right}" y1="${drawing.y(value)}" y2="${drawing.y(value)}"/>${text(width - plot.right - 4, Number(drawing.y(value)) - 4, name, 'bad', 'end')}`),
    ...charts.marks.flatMap(({ seconds }, at) => (seconds >= from && seconds <= to ? [renderMark(seconds, at + 1, drawing)] : [])),
    legend.svg,
  ]; // prettier-ignore
  return { svg: parts.join('\n'), height: line + 6 + plot.height + 34 + legend.height };
};

interface Stacked {
  readonly kind: Layer['kind'];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

const stack = (layers: readonly Layer[]): Stacked[] => {
  const sums = Array.from<number>({ length: layers[0]?.values.length ?? 0 }).fill(0);
  return layers.map(({ kind, values }) => {
    if (kind === 'line') return { kind, low: [], high: values };
    const low = [...sums];
    const high = values.map((value, at) => (value === null ? null : (sums[at] = (sums[at] ?? 0) + value)));
    return { kind, low, high };
  });
};

const lineClass = (layers: readonly Layer[], at: number): string =>
  layers.some(({ kind }) => kind === 'area') ? 'top' : `l${at % 10}`;

/** The stretches without a gap. */
const stretchesOf = (values: readonly (number | null)[]): number[][] => {
  const stretches: number[][] = [];
  values.forEach((value, at) => {
    if (value === null) return;
    if (at === 0 || values[at - 1] === null) stretches.push([]);
    stretches.at(-1)?.push(at);
  });
  return stretches;
};

const points = (at: readonly number[], values: readonly (number | null)[], times: readonly number[], { x, y }: Drawing): string =>
  at.map((one) => `${x(times[one] ?? 0)},${y(values[one] ?? 0)}`).join(' '); // prettier-ignore

const area = ({ low, high }: Stacked, times: readonly number[], drawing: Drawing, at: number): string =>
  stretchesOf(high)
    .map((some) => `<polygon class="a${at % 10}" points="${points(some, high, times, drawing)} ${points(some.toReversed(), low, times, drawing)}"/>`)
    .join('\n'); // prettier-ignore

const curve = (values: readonly (number | null)[], times: readonly number[], drawing: Drawing, kind: string): string =>
  stretchesOf(values).map((some) => `<polyline class="${kind}" points="${points(some, values, times, drawing)}"/>`).join('\n'); // prettier-ignore

/** Its number stands above it; the list at the end says what it is. */
const renderMark = (seconds: number, number: number, { x, top }: Drawing): string => {
  const place = Number(x(seconds));
  return `<line class="mark" x1="${place}" x2="${place}" y1="${top}" y2="${top + plot.height}"/>${text(place, top - 3, String(number), 'quiet', 'middle')}`;
};

/** About this wide is a character. */
const characterWidth = 6.6;

/** In rows. */
const renderLegend = (layers: readonly Layer[], top: number): { svg: string; height: number } => {
  let [x, y] = [plot.left, top];
  const entries = layers.map(({ name, kind }, at) => {
    const needed = 18 + name.length * characterWidth + 16;
    if (x > plot.left && x + needed > width - plot.right) [x, y] = [plot.left, y + line];
    const swatch = kind === 'area' ? `<rect class="a${at % 10}" x="${x}" y="${y - 9}" width="12" height="10"/>` : `<line class="${lineClass(layers, at)}" x1="${x}" x2="${x + 12}" y1="${y - 4}" y2="${y - 4}"/>`; // prettier-ignore
    const entry = `${swatch}${text(x + 17, y, name, 'quiet')}`;
    x += needed;
    return entry;
  });
  return { svg: entries.join('\n'), height: y - top + line };
};
