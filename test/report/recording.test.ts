/** The page and the picture of recordings: drawn in Chromium at three widths, with names that try to break out. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasChromium, openInChromium } from '../support/chromium.js';
import { drawRecording, mb } from '../support/drawn-recording.js';
import { matchesGolden } from '../support/golden.js';
import { hostileNames } from '../support/hostile.js';
import { memwatch } from '../support/memwatch.js';
import { temporaryFolder } from '../support/targets.js';

/** Asked of the pages and pictures when their charts stand. */
const probe = `addEventListener('load', () => setTimeout(() => {
const out = document.createElement('pre');
out.id = 'probe';
const painted = (canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte !== 0);
const pages = [...document.querySelectorAll('iframe')].map(({ contentDocument: page }) => ({
  charts: [...page.querySelectorAll('.plot canvas')].filter(painted).length,
  inserted: page.querySelectorAll('img').length,
  over: Math.max(0, page.documentElement.scrollWidth - page.documentElement.clientWidth),
  title: page.title,
}));
const pictures = [...document.images].map(({ naturalWidth }) => naturalWidth);
out.textContent = JSON.stringify({ pages, pictures });
document.body.append(out);
}, 500));`;

const quoted = (page: string): string => page.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
const widths = [500, 800, 1600];

test('recordings are a page and a picture, whatever their names are', async (t) => {
  const folder = temporaryFolder(t);
  const file = (name: string): string => join(folder, name);
  const script = hostileNames.join(' ');
  writeFileSync(file('one.record'), drawRecording([{ pid: 7, script, withParts: true, workers: [script] }, { pid: 8, script }, { pid: 9 }], 30, hostileNames)); // prettier-ignore
  writeFileSync(file('two.record'), drawRecording([{ pid: 7, bytesPerSecond: 10_000 }], 20));
  const refused = await memwatch(['plot', file('one.record'), '-o', file('a.png')]);
  assert.deepEqual([refused.code, /\.html or \.svg/.test(refused.stderr)], [2, true]);
  for (const [name, files] of [
    ['one', ['one.record']],
    ['both', ['one.record', 'two.record']],
  ] as const) {
    for (const kind of ['html', 'svg']) {
      const run = await memwatch(['plot', ...files.map(file), '-o', file(`${name}.${kind}`)]);
      assert.equal(run.code, 0, run.stderr);
    }
    const svg = readFileSync(file(`${name}.svg`), 'utf8');
    assert.deepEqual(svg.match(/<(?!\/?(?:svg|style|rect|text|line|polygon|polyline)\b)/g), null);
  }
  if (!hasChromium) return;
  const frames = ['one', 'both'].flatMap((name) =>
    widths.map((width) => `<iframe width="${width}" srcdoc="${quoted(readFileSync(file(`${name}.html`), 'utf8'))}"></iframe>`),
  ); // prettier-ignore
  const pictures = ['one', 'both'].map((name) => `<img src="${name}.svg">`);
  writeFileSync(file('all.html'), `<!doctype html><body>${frames.join('')}${pictures.join('')}<script>${probe}</script></body>`); // prettier-ignore
  const dom = openInChromium(t, file('all.html'));
  const right = { inserted: 0, over: 0, title: 'Memory and CPU over time' };
  assert.deepEqual(JSON.parse(/<pre id="probe">(.*?)<\/pre>/s.exec(dom)?.[1] ?? dom.slice(-500)), {
    pages: [5 + 3 * 6, 5].flatMap((charts) => widths.map(() => ({ charts, ...right }))),
    pictures: [960, 960], // Chromium shows a broken picture with a width of 0
  });
});

test('a recording in words, in the terminal and as a picture', async (t) => {
  const folder = temporaryFolder(t);
  const processes = [{ pid: 7, bytesPerSecond: 0.2 * mb, workers: ['worker 1 (resizer)'], withParts: true }];
  writeFileSync(join(folder, 'day.record'), drawRecording(processes, 60, ['deploy 1.4.2']));
  const run = await memwatch(['plot', 'day.record', '-o', 'day.svg'], { cwd: folder });
  matchesGolden('report/recording.txt', run.stdout);
  matchesGolden('report/recording.svg', readFileSync(join(folder, 'day.svg'), 'utf8'));
});
