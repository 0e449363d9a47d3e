/**
 * A flame graph as SVG: the one file that knows the flamegraph package (1.3). In: a Profile with the inclusive values of
 * its nodes. Out: well-formed SVG whose one script is memwatch's own (svg-script.ts), for any name in the profile.
 * The package's own reader treats hits as time and only knows old profiles, so memwatch places the boxes and lets the
 * package draw them. Its output is not XML and contains names as code: names go in with private characters in place of
 * special ones; handlers and script are removed, and the private characters are replaced by entities.
 */
import flamegraph from 'flamegraph';
import type { Profile } from '../../analyzer/model/profile.js';
import { showName, showPlace } from '../place.js';
import { escapeText, escapeXml } from '../units.js';
import { zoomOnClick } from './svg-script.js';

export interface FlamegraphOptions {
  /** For each node: its value including all callees. */
  readonly inclusive: Float64Array;
  /** Nodes to leave out with all callees: idle time. */
  readonly isHidden: (node: number) => boolean;
  readonly title: string;
  readonly folder: string;
  /** For a flame graph of what changed: what its box says, and the change as a share of the whole, for its colour. */
  readonly change?: (node: number) => { readonly label: string; readonly share: number };
}

const units = {
  microseconds: { name: 'ms', size: 1000 },
  bytes: { name: 'KB', size: 1024 },
  count: { name: 'samples', size: 1 },
} as const;

/** How such a file begins. */
export const flamegraphStart = /^<\?xml [^>]*>\s*<!DOCTYPE svg [^>]*>\s*<svg [^>]*id="flamegraph-svg"/;

export const renderFlamegraphSvg = (profile: Profile, options: FlamegraphOptions): string => {
  const { name, size } = units[profile.values[0].unit];
  const { nodes, time } = place(profile, options, size);
  const drawn = flamegraph.svg({ nodes, time }, { countname: name, titletext: '', nametype: '' });
  const mended = mend(drawn, options.title);
  return options.change === undefined ? mended : paintChanges(mended);
};

/** A narrower box, a tenth of a pixel, cannot be seen. */
const smallestShare = 1 / 12_000;

/** The package draws boxes by their start and end; callers below, siblings in alphabetical order. */
const place = (
  profile: Profile,
  { inclusive, isHidden, folder, change }: FlamegraphOptions,
  size: number,
): { nodes: Record<string, { func: string; depth: number; stime: number; etime: number }>; time: number } => {
  const names = profile.frames.map(({ name, location }) => {
    const at = showPlace({ file: location?.file ?? null, line: location?.line ?? null }, folder);
    return hideSpecial(escapeText(at === '' ? showName(name) : `${showName(name)} ${at}`));
  });
  const nameOf = (node: number): string => {
    const name = names[profile.nodeFrame[node]];
    if (change === undefined) return name;
    const { label, share } = change(node);
    return `${name} ${label} [${share > 0 ? '+' : ''}${(100 * share).toFixed(1)}%]`;
  };
  const children = childrenOf(profile);
  const nodes: Record<string, { func: string; depth: number; stime: number; etime: number }> = {};
  const stack: { node: number; depth: number; start: number }[] = [];
  const placeAll = (siblings: readonly number[], depth: number, start: number): number => {
    let at = start;
    const shown = siblings.filter((node) => !isHidden(node) && inclusive[node] > 0);
    for (const node of shown.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
      if (inclusive[node] >= least) stack.push({ node, depth, start: at });
      at += inclusive[node] / size;
    }
    return at;
  };
  const top = topOf(profile, children);
  const least = smallestShare * top.reduce((sum, node) => sum + (isHidden(node) ? 0 : inclusive[node]), 0);
  const time = placeAll(top, 1, 0);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, depth, start } = next;
    nodes[String(node)] = { func: nameOf(node), depth, stime: start, etime: start + inclusive[node] / size };
    placeAll(children[node] ?? [], depth + 1, start);
  }
  return { nodes: { all: { func: '', depth: 0, stime: 0, etime: time }, ...nodes }, time };
};

const childrenOf = ({ nodeCount, nodeParent }: Profile): number[][] => {
  const children: number[][] = [];
  for (let node = 0; node < nodeCount; node++)
    if (nodeParent[node] >= 0) (children[nodeParent[node]] ??= []).push(node);
  return children;
};

/** V8's `(root)` is the package's own `all`. */
const topOf = ({ nodeCount, nodeParent, nodeFrame, frames }: Profile, children: readonly number[][]): number[] => {
  const roots = Array.from({ length: nodeCount }, (_, node) => node).filter((node) => nodeParent[node] < 0);
  return roots.flatMap((node) => (frames[nodeFrame[node]].name === '(root)' ? (children[node] ?? []) : [node]));
};

/** Replaces characters that are special in XML by private ones, which the package does not touch. */
const special = ['&', '<', '>', '"', "'"];
const firstPrivate = 0xe000;
const hideSpecial = (text: string): string =>
  text
    .replace(/[\ue000-\ue004\ufffe\uffff]/g, '?')
    .replace(/[&<>"']/g, (character) => String.fromCharCode(firstPrivate + special.indexOf(character)));

/** The colour of a box comes from the change that its own label says last. */
const paintChanges = (svg: string): string =>
  svg.replace(
    /(<title>[^<]*\[([+-]?[\d.]+)%\][^<[]*<\/title>\s*<rect [^>]*fill=")[^"]*"/g,
    (_, start: string, percent: string) => `${start}${colorOf(Number(percent))}"`,
  );

/** White if nothing changed, full red or blue from a fifth of the whole on. */
const colorOf = (percent: number): string => {
  const rest = Math.round(235 - 155 * Math.min(1, Math.abs(percent) / 20));
  return percent > 0 ? `rgb(255,${rest},${rest})` : percent < 0 ? `rgb(${rest},${rest},255)` : 'rgb(235,235,235)';
};

const titleText = (title: string): string =>
  `<text x="10" y="20" font-size="14">${escapeXml(title)}<title>a click on a box zooms in, one beside the boxes out</title></text>`;

const style = 'text{font:12px Verdana,sans-serif;pointer-events:none}.func_g{cursor:pointer}';
const script = `<script><![CDATA[(${String(zoomOnClick)})()]]></script>`;

const mend = (svg: string, title: string): string =>
  svg
    .replace(/<script[\s\S]*?<\/script>/, `<title>${escapeXml(title)}</title>`)
    .replace(/<text [^>]*id="details"[^<]*<\/text>/, () => titleText(title))
    .replace('<style type="text/css">', `<style type="text/css">${style}`)
    .replace(/ onload="[^"]*"/, '')
    .replace(/ (?:data-[a-z]+|rx|ry)="[^"]*"/g, '') // only the package's script uses them
    .replace(/\s*<text [^>]*><\/text>/g, '') // no room for a label
    .replace(/ font-size="12" font-family="Verdana" fill="rgb\(0,0,0\)"/g, '')
    .replace(/(\d\.\d)\d+"/g, '$1"') // a tenth of a pixel cannot be seen
    .replace(/ onmouse(?:over|out)="[^"]*"/g, '')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/><\/rect>/g, '/>')
    .replace(/\n+ *(?=<)/g, '\n')
    .replace(/\(([^()]*)\), ([\d.,]+)%\)<\/title>/g, '($1, $2%)</title>')
    .replace(/[\ue000-\ue004]/g, (character) => escapeXml(special[character.charCodeAt(0) - firstPrivate]))
    .replace(/<\/svg>\s*$/, () => `${script}\n</svg>\n`);
