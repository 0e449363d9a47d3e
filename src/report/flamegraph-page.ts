/**
 * A flame graph as one self-contained HTML page: zoom, search, a table of functions. In: a Profile and rows.
 * Out: HTML. The installed d3-flame-graph and the parts of d3 it needs are copied into the page.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { CostTable } from '../analyzer/model/cost.js';
import type { Profile } from '../analyzer/model/profile.js';
import { formatValue } from './cost.js';
import { showPage, type PageData } from './flamegraph-page-script.js';
import { showName, showPlace } from './place.js';
import { escapeHtml, escapeText, jsonForScript } from './units.js';

export interface PageOptions {
  readonly title: string;
  readonly folder: string;
  readonly inclusive: Float64Array;
  readonly isHidden: (node: number) => boolean;
}

/** In the order in which they depend on one another. */
const parts = [
  'd3-array', 'd3-color', 'd3-dispatch', 'd3-ease', 'd3-format', 'd3-hierarchy', 'd3-interpolate', 'd3-time',
  'd3-time-format', 'd3-timer', 'd3-scale', 'd3-selection', 'd3-transition',
]; // prettier-ignore

export const renderFlamegraphPage = (profile: Profile, table: CostTable, options: PageOptions): string => {
  const data = pageData(profile, table, options);
  const title = escapeHtml(options.title);
  const head = `${escapeHtml(formatValue(table.unit, table.whole))} in ${table.functions.length} functions`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<header><h1>${title}</h1><p>${head}</p>
<form id="search-form"><input id="search" type="search" placeholder="search functions" aria-label="search functions">
<button type="button" id="reset">reset zoom</button><output id="matched"></output></form></header>
<div id="chart"></div><p id="details" aria-live="polite">&nbsp;</p>
<table id="functions"><thead><tr><th data-key="self">own</th><th data-key="share">%</th><th data-key="total">total</th><th data-key="name">function</th><th data-key="place">file</th></tr></thead><tbody></tbody></table>
${libraries().map(inlineScript).join('\n')}
<script>(${String(showPage)})(${jsonForScript(data)});</script>
</body>
</html>
`;
};

const style = `body{font:14px/1.4 system-ui,sans-serif;margin:1rem 1.5rem;color:#222}h1{font-size:1.2rem;margin:0}header p{margin:.2rem 0 .6rem;color:#666}
#details{font-family:ui-monospace,monospace;min-height:1.4em;margin:.4rem 0 1rem}table{border-collapse:collapse}th{cursor:pointer;text-align:left;border-bottom:1px solid #999}
td,th{padding:.15rem .8rem .15rem 0;font-variant-numeric:tabular-nums}td:nth-child(-n+3),th:nth-child(-n+3){text-align:right}td:nth-child(4){cursor:pointer}
td:nth-child(n+4){font-family:ui-monospace,monospace;overflow-wrap:anywhere}#matched{margin-left:1rem;color:#a0a}`;

/** No text in a library may end the script element that contains it. */
const inlineScript = (text: string): string => `<script>${text.replace(/<\/script/gi, '<\\/script')}</script>`;

const libraries = (): string[] => {
  const own = createRequire(import.meta.url).resolve('d3-flame-graph');
  const beside = createRequire(own);
  const files = parts.map((part) => join(dirname(beside.resolve(part)), `${part}.min.js`));
  return [...files, join(dirname(own), 'd3-flamegraph.umd.min.js')].map((file) => readFileSync(file, 'utf8'));
};

const pageData = (profile: Profile, table: CostTable, { inclusive, isHidden, folder }: PageOptions): PageData => {
  const names = profile.frames.map(({ name, location }) => {
    const at = showPlace({ file: location?.file ?? null, line: location?.line ?? null }, folder);
    return escapeText(at === '' ? showName(name) : `${showName(name)} ${at}`);
  });
  const kept = new Map<number, number>([[-1, 0]]);
  const nodeName = [names.push('all') - 1];
  const nodeParent = [-1];
  const nodeValue = [0];
  for (let node = 0; node < profile.nodeCount; node++) {
    const parent = kept.get(profile.nodeParent[node]);
    if (parent === undefined || isHidden(node) || inclusive[node] <= 0) continue;
    if (profile.frames[profile.nodeFrame[node]].name === '(root)') {
      kept.set(node, 0);
      continue;
    }
    kept.set(node, nodeName.push(profile.nodeFrame[node]) - 1);
    nodeParent.push(parent);
    nodeValue.push(Math.round(inclusive[node]));
    if (parent === 0) nodeValue[0] += Math.round(inclusive[node]);
  }
  const rows = table.functions.slice(0, 2000).map((row) => ({
    name: escapeText(showName(row.name)),
    place: escapeText(showPlace(row, folder)),
    self: Math.round(row.self),
    total: Math.round(row.total),
  }));
  return { unit: table.unit, names, nodeName, nodeParent, nodeValue, rows };
};
