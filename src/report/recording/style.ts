/** The style of charts over time: a colour for each layer, in a light and in a dark browser. */
import { pageColors, pageStyle } from '../page/style.js';

const light = ['#2f6fb7', '#d9822b', '#3c9a5f', '#b84a62', '#7a5fb5', '#8f8420', '#3aa3b5', '#c46bb0', '#7f6a55', '#8892a0']; // prettier-ignore
const dark = ['#4f8fdc', '#e09a4f', '#55b87a', '#d8697f', '#9b83d6', '#b8ab46', '#57bfd0', '#d98ac8', '#a58e77', '#8a94a3']; // prettier-ignore

const tones = (colors: readonly string[]): string => colors.map((color, at) => `--c${at}:${color}`).join(';');

/** For a page and for a picture. */
export const chartColors = `${pageColors}
:root{${tones(light)}}@media (prefers-color-scheme:dark){:root{${tones(dark)}}}`;

export const recordingStyle = `${pageStyle}
:root{${tones(light)}}@media (prefers-color-scheme:dark){:root{${tones(dark)}}}
body{max-width:90rem}.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(34rem,100%),1fr));gap:1rem 1.5rem}
.panel{min-width:0}.panel h3{font-size:1rem;font-weight:600;margin:.4rem 0}.plot{overflow:hidden}
.u-legend{font-size:.85em;text-align:left;margin:0}.u-legend th{color:var(--text);border:0;padding:0;font-weight:500;white-space:normal;overflow-wrap:anywhere}.u-legend td{padding:0 .3rem;font-variant-numeric:tabular-nums}.u-legend .u-marker{border-radius:2px}
.uplot{width:100%}.u-legend table,.u-legend{border-collapse:collapse}.u-select{background:color-mix(in srgb,var(--line) 25%,transparent)}
button{font:inherit;color:inherit;background:var(--raised);border:1px solid var(--rule);border-radius:.3rem;padding:.15rem .7rem;cursor:pointer}
section ul{margin:.3rem 0 .8rem;padding-left:1.2rem}.tools{display:flex;flex-wrap:wrap;gap:.7rem;align-items:center;color:var(--quiet);margin:1rem 0 0}`;
