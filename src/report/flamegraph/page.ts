/**
 * A flame graph as one self-contained HTML page: zoom, search, callers and callees of a function, the application's own
 * code alone, tables of functions and lines. In: a Profile and rows. Out: HTML. The installed d3-flame-graph and the parts
 * of d3 it needs are copied into the page.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Profile } from '../../analyzer/model/profile.js';
import { formatValue } from '../cost.js';
import { computePageData, type PageOptions } from './data.js';
import { showPage } from './page-script.js';
import { flamegraphStyle } from './style.js';
import { inlineScript, renderDocument } from '../page/html.js';
import { escapeHtml, jsonForScript } from '../units.js';

/** In the order in which they depend on one another. */
const parts = [
  'd3-array', 'd3-color', 'd3-dispatch', 'd3-ease', 'd3-format', 'd3-hierarchy', 'd3-interpolate', 'd3-time',
  'd3-time-format', 'd3-timer', 'd3-scale', 'd3-selection', 'd3-transition',
]; // prettier-ignore

export const renderFlamegraphPage = (profile: Profile, options: PageOptions): string => {
  const data = computePageData(profile, options);
  const title = escapeHtml(options.title);
  const head = `${escapeHtml(formatValue(options.unit, options.whole))} in ${options.functions.length} functions`;
  const changes = options.change !== undefined;
  const body = `<header><h1>${title}</h1><p>${head}</p><p id="legend">${changes ? changeLegend : kindLegend}</p>
<form id="search-form"><input id="search" type="search" placeholder="search functions" aria-label="search functions">
<button type="button" id="reset">reset zoom</button><button type="button" id="turn">callees up</button>
<label><input type="checkbox" id="own"> own code alone</label><output id="matched"></output></form></header>
<div id="chart"></div><p id="details" aria-live="polite">&nbsp;</p>
<section id="sandwich" hidden><h2><span id="sandwich-name"></span> <button type="button" id="close">close</button></h2>
<p>who calls it</p><div id="callers"></div><p>what it calls</p><div id="callees"></div></section>
${tableOf('functions', 'function', changes)}
${data.lines.length === 0 ? '' : `<h2>Lines</h2>${tableOf('lines', 'in function', changes)}`}
${libraries().map(inlineScript).join('\n')}
<script>(${String(showPage)})(${jsonForScript(data)});</script>`;
  return renderDocument(title, "script-src 'unsafe-inline'; style-src 'unsafe-inline'", flamegraphStyle, body);
};

const kindLegend = ['application', 'package', 'node', 'native', 'gc']
  .map((kind) => `<span class="${kind}">${{ gc: 'GC', node: 'Node.js' }[kind] ?? kind}</span>`)
  .join(' ');
const changeLegend = '<span class="grew">grew</span> <span class="shrank">shrank</span>';

const tableOf = (id: string, name: string, changes: boolean): string => {
  const [own, total] = changes ? ['own change', 'total change'] : ['own', 'total'];
  return `<div class="scroll"><table id="${id}"><thead><tr><th data-key="self">${own}</th><th data-key="share">%</th><th data-key="total">${total}</th><th data-key="name">${name}</th><th data-key="place">file</th></tr></thead><tbody></tbody></table></div>`;
};

const libraries = (): string[] => {
  const own = createRequire(import.meta.url).resolve('d3-flame-graph');
  const beside = createRequire(own);
  const files = parts.map((part) => join(dirname(beside.resolve(part)), `${part}.min.js`));
  return [...files, join(dirname(own), 'd3-flamegraph.umd.min.js')].map((file) => readFileSync(file, 'utf8'));
};
