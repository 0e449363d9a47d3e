/**
 * The script of the page of page.ts. In: the page's data. Out: a chart of uPlot for each panel, which are zoomed together.
 * Its source is copied into the page, so it uses nothing from outside itself. uPlot sets names of layers as text, not as HTML.
 */
import type { Layer, Panel } from '../../analyzer/model/panel.js';
import type { Browser, PageData, Plot } from './page-types.js';

// oxlint-disable-next-line max-lines-per-function -- runs in the page: its source is sent as one text
export const showPage = (data: PageData): void => {
  const browser = globalThis as unknown as Browser;
  const { document, uPlot } = browser;
  const height = 210;
  const color = (name: string): string =>
    browser.getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const trim = (value: number): string => String(Number(value.toPrecision(3)));
  const show = (unit: Panel['unit'], value: number | null | undefined): string => {
    if (value == null) return '–';
    if (unit === 'count') return value.toLocaleString('en');
    if (unit === 'share') return `${trim(value * 100)} %`;
    if (unit === 'microseconds') return value < 1e6 ? `${trim(value / 1000)} ms` : `${trim(value / 1e6)} s`;
    const power = value < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10));
    return `${trim(value / 1024 ** power)} ${['B', 'KB', 'MB', 'GB', 'TB'][power]}`;
  };
  const since = (seconds: number): string => {
    const size = Math.abs(seconds);
    if (size < 120) return `${trim(seconds)} s`;
    return size < 7200 ? `${trim(seconds / 60)} min` : `${trim(seconds / 3600)} h`;
  };
  /** UTC, as in the list of marks. */
  const clock = (seconds: number, step: number): string => {
    const iso = new Date(seconds * 1000).toISOString();
    return step >= 86_400 ? iso.slice(5, 10) : iso.slice(11, step < 60 ? 19 : 16);
  };
  const steps = (unit: Panel['unit']): number[] =>
    unit === 'bytes'
      ? Array.from({ length: 44 }, (_, power) => 2 ** power)
      : Array.from(
          { length: 39 },
          (_, at) => [1, 2, 5][at % 3] * 10 ** (Math.floor(at / 3) - (unit === 'share' ? 4 : 0)),
        );
  // the highest of a stack is drawn first, and what is below it on top of it
  const orderOf = ({ layers }: Panel): Layer[] => [
    ...layers.filter(({ kind }) => kind === 'area').toReversed(),
    ...layers.filter(({ kind }) => kind === 'line'),
  ];
  const stack = (layers: readonly Layer[], isShown: (at: number) => boolean): (number | null)[][] =>
    layers.map(({ kind, values }, at) => {
      if (kind === 'line') return [...values];
      return values.map((own, x) => {
        if (own === null) return null;
        let sum = 0;
        for (let below = at; layers[below]?.kind === 'area'; below++)
          if (below === at || isShown(below)) sum += layers[below].values[x] ?? 0;
        return sum;
      });
    });
  const plots: Plot[] = [];
  /** uPlot calls this again for each chart that it changes: those that are there already are left alone. */
  const zoomOthers = (from: Plot): void => {
    const { min, max } = from.scales['x'];
    for (const other of plots) {
      const { x } = other.scales;
      if (x.min !== min || x.max !== max) other.setScale('x', { min, max });
    }
  };
  /** Limits and marks: dashed lines over the chart; marks have numbers, which the list below explains. */
  const annotate = (plot: Plot, limits: Panel['limits']): void => {
    const { ctx, bbox } = plot;
    const ratio = browser.devicePixelRatio;
    const line = (x1: number, y1: number, x2: number, y2: number): void => {
      ctx.beginPath();
      ctx.moveTo(x1, y1);
      ctx.lineTo(x2, y2);
      ctx.stroke();
    };
    ctx.save();
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.lineWidth = ratio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    ctx.strokeStyle = ctx.fillStyle = color('bad');
    for (const { name, value } of limits) {
      if (value > plot.scales['y'].max) continue;
      const y = plot.valToPos(value, 'y', true);
      line(bbox.left, y, bbox.left + bbox.width, y);
      ctx.textAlign = 'right';
      ctx.fillText(name, bbox.left + bbox.width - 4 * ratio, y - 4 * ratio);
    }
    ctx.strokeStyle = ctx.fillStyle = color('text');
    ctx.textAlign = 'center';
    let numbered = -Infinity;
    data.marks.forEach(({ seconds }, at) => {
      const x = plot.valToPos(seconds, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) return;
      line(x, bbox.top, x, bbox.top + bbox.height);
      if (x - numbered < 18 * ratio) return; // numbers would cover each other
      numbered = x;
      ctx.fillText(String(at + 1), x, bbox.top - 4 * ratio);
    });
    ctx.restore();
  };
  /** A limit that is far above what was used would flatten the chart: it is left to the words. */
  const rangeOf = (limits: Panel['limits'], max: number | null): [number, number] => {
    const near = limits.filter(({ value }) => value < 2.5 * (max ?? 0)).map(({ value }) => value);
    return [0, Math.max(max ?? 0, ...near) * 1.06 || 1];
  };
  type Stack = (isShown: (at: number) => boolean) => (number | null)[][];
  const layerOptions = (layers: readonly Layer[], { unit, times }: Panel): object[] => {
    const areas = layers.filter(({ kind }) => kind === 'area').length;
    // a stack has its lines in the colour of text
    const tone = (at: number): string =>
      areas > 0 && at >= areas ? color('text') : color(`c${(areas > 0 ? areas - 1 - at : at) % 10}`);
    return layers.map(({ name, kind, values }, at) => ({
      label: name,
      width: kind === 'area' ? 0 : 1.5,
      stroke: () => tone(at),
      fill: kind === 'area' ? () => tone(at) : undefined,
      points: { show: times.length === 1 },
      value: (_: Plot, __: number, ___: number, x: number | null) => show(unit, x === null ? null : values[x]),
    }));
  };
  const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800]; // prettier-ignore
  const tickOf = (seconds: number, step: number): string => (data.isRelative ? since(seconds) : clock(seconds, step));
  const axesOf = (unit: Panel['unit']): object[] => {
    const quiet = () => color('quiet');
    const rule = { stroke: () => color('rule'), width: 1 };
    const axis = { stroke: quiet, grid: rule, ticks: rule };
    const times = (_: Plot, ticks: readonly number[], __: number, ___: number, step: number) =>
      ticks.map((tick) => tickOf(tick, step));
    const values = (_: Plot, ticks: readonly number[]) => ticks.map((tick) => show(unit, tick));
    return [
      { ...axis, size: 32, ...(data.isRelative ? { incrs: timeSteps } : {}), values: times },
      { ...axis, size: 66, incrs: steps(unit), values },
    ];
  };
  const hooksFor = (limits: Panel['limits'], columns: Stack): object => ({
    draw: [(plot: Plot) => annotate(plot, limits)],
    setScale: [(plot: Plot, key: string) => (key === 'x' ? zoomOthers(plot) : undefined)],
    // what is hidden is no longer part of the stack
    setSeries: [
      (plot: Plot, _: number, { show: isChanged }: { show?: boolean }) => {
        if (isChanged !== undefined) plot.setData(columns((at) => plot.series[at + 1].show), false); // prettier-ignore
      },
    ],
  });
  const timeText = (_: Plot, at: number | null): string =>
    at === null ? '–' : data.isRelative ? since(at) : new Date(at * 1000).toISOString().slice(0, 19);
  const draw = (panel: Panel, id: string): void => {
    const element = document.getElementById(id);
    if (element === null) return;
    const layers = orderOf(panel);
    const columns: Stack = (isShown) => [[...panel.times], ...stack(layers, isShown)];
    const size = () => ({ width: Math.max(260, element.clientWidth), height });
    const range = (_: Plot, __: number, max: number | null) => rangeOf(panel.limits, max);
    const options = {
      ...size(),
      tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      cursor: { sync: { key: 'memwatch' }, drag: { x: true, y: false } },
      scales: { x: { time: !data.isRelative }, y: { range } },
      axes: axesOf(panel.unit),
      series: [{ label: 'time', value: timeText }, ...layerOptions(layers, panel)],
      hooks: hooksFor(panel.limits, columns),
    };
    const plot = new uPlot(options, columns(() => true), element); // prettier-ignore
    plots.push(plot);
    browser.addEventListener('resize', () => plot.setSize(size()));
  };
  data.groups.forEach(({ panels }, group) => panels.forEach((panel, at) => draw(panel, data.ids[group][at])));
  const redraw = (): void => plots.forEach((plot) => plot.redraw(false, true));
  browser.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  document.querySelector('#whole')?.addEventListener('click', () => {
    const all = data.groups.flatMap(({ panels }) => panels.map(({ times }) => times));
    plots.forEach((plot, at) => plot.setScale('x', { min: all[at][0], max: all[at][all[at].length - 1] }));
  });
};
