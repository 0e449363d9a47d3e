/**
 * Recordings as one self-contained HTML page: charts by uPlot, which zoom together, and what they say in words. In: charts,
 * and summaries. Out: HTML. The installed uPlot is copied into the page, which needs no network.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { RecordingCharts } from '../../analyzer/model/panel.js';
import type { RecordingSummary } from '../../analyzer/model/recording.js';
import { renderBlock } from '../page/blocks.js';
import { inlineScript, renderDocument } from '../page/html.js';
import { escapeHtml, escapeText, jsonForScript } from '../units.js';
import type { PageData } from './page-types.js';
import { showPage } from './page-script.js';
import { comparisonTable, differenceLines, type RunSeries } from './comparison.js';
import { recordingStyle } from './style.js';
import { whenOf } from './ticks.js';
import { headlineOf, isOneProcess, processWords } from './words.js';

export const renderRecordingPage = (
  charts: RecordingCharts,
  runs: readonly RecordingSummary[],
  footer: readonly string[],
): string => {
  const data = escaped({ ...charts, ids: charts.groups.map(({ panels }, group) => panels.map((_, at) => `plot-${group}-${at}`)) }); // prettier-ignore
  const series = runs.flatMap((run) => run.series.map((one) => ({ ...one, run: basename(run.file) })));
  const differences = runs.flatMap(differenceLines);
  const body = `<header class="plain"><p>Memory and CPU over time</p><h1>${escapeHtml(headlineOf(runs))}</h1></header>
<p class="tools"><button type="button" id="whole">whole time</button> drag over a chart to zoom all of them; click a name in a legend to hide it</p>
<main>
${data.groups.map((group, at) => renderGroup(group, data.ids[at] ?? [], series, differences)).join('\n')}
${renderMarks(charts)}
</main>
<footer>${footer.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</footer>
${inlineScript(readUplot('uPlot.iife.min.js'))}
<script>(${String(showPage)})(${jsonForScript(data)});</script>`;
  const style = `${readUplot('uPlot.min.css')}\n${recordingStyle}`;
  return renderDocument(
    'Memory and CPU over time',
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'",
    style,
    body,
  );
};

/** Names of scripts and marks may hold anything. */
const escaped = (data: PageData): PageData =>
  JSON.parse(JSON.stringify(data), (_, value: unknown) => (typeof value === 'string' ? escapeText(value) : value)) as PageData; // prettier-ignore

type Group = RecordingCharts['groups'][number];

const renderGroup = (
  { title, panels, members }: Group,
  ids: readonly string[],
  series: readonly RunSeries[],
  differences: readonly string[],
): string => {
  const drawn = panels.map(
    (panel, at) =>
      `<div class="panel"><h3>${escapeHtml(panel.title)}</h3><div class="plot" id="${ids[at]}"></div></div>`,
  );
  const shown = members.flatMap((at) => series[at] ?? []);
  const words = isOneProcess(shown) ? list(processWords(shown)) : renderComparison(shown, differences);
  return `<section><h2>${escapeHtml(title)}</h2>\n${words}\n<div class="panels">\n${drawn.join('\n')}\n</div></section>`;
};

const list = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('\n')}</ul>\n`;

/** Processes side by side. */
const renderComparison = (series: readonly RunSeries[], differences: readonly string[]): string => {
  return `${list(differences)}${renderBlock(comparisonTable(series), { sourceOf: () => undefined, footer: [] })}`;
};

const renderMarks = ({ marks, isRelative }: RecordingCharts): string => {
  if (marks.length === 0) return '';
  const lines = marks.map(({ seconds, text }, at) => `${at + 1} · ${whenOf(seconds, isRelative)} · ${text}`);
  return `<section><h2>Marks</h2>${list(lines)}</section>`;
};

const readUplot = (file: string): string => {
  const installed = createRequire(import.meta.url).resolve('uplot');
  return readFileSync(join(dirname(installed), file), 'utf8');
};
