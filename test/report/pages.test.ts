/**
 * Reports as pages: made from documents whose every text tries to break out, and opened in Chromium; and what a page to be
 * sent round leaves out.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { escapeText } from '#memwatch/analyzer/model/escape.js';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import { hideValues } from '#memwatch/report/hide-values.js';
import { pageOf, type PageDocument } from '#memwatch/report/page/documents.js';
import { renderPage } from '#memwatch/report/page/html.js';
import { escapeHtml } from '#memwatch/report/units.js';
import { finding } from '../support/check-report.js';
import { frameOf, inUtc, matchesGolden } from '../support/golden.js';
import { hasChromium, openInChromium } from '../support/chromium.js';
import { hostileNames } from '../support/hostile.js';
import { memwatch } from '../support/memwatch.js';
import { drawnSnapshots } from '../support/drawn-snapshot.js';
import { drawnProfile } from '../support/drawn-profile.js';
import { temporaryFolder } from '../support/targets.js';

const step = { edge: 'a', label: 'a', kind: 'property', name: 'Map', type: 'object', id: 7 } as const;
const location = { file: '/app/a.js', line: 2, column: 1 };
const leaks: LeakReport = {
  schema: 'memwatch/leaks@1',
  nodeVersion: 'v22.1.0',
  verdict: 'leak',
  reasons: ['one thing gained'],
  evidence: 'snapshots',
  rounds: 3,
  heapBytes: [1e6, 2e6, 3e6],
  snapshots: 4,
  findings: [finding({ gains: [{ name: 'Session', countPerRound: 2, selfBytesPerRound: 9 }] })],
  warnings: ['a note'],
  bounds: [{ of: 'heap', unit: 'bytes', perSecond: { estimate: 1, low: null, high: 2 } }],
  looked: ['the heap'],
  notLooked: [{ what: 'worker 2', why: 'it did not answer' }],
  threads: [{ worker: '2', verdict: 'clean' }],
};
const documents: readonly PageDocument[] = [
  leaks,
  {
    schema: 'memwatch/heap@1',
    snapshot: { file: 'a', nodes: 1, edges: 1, selfBytes: 100 },
    classes: [{ name: 'Map', count: 1, selfBytes: 1, retainedBytes: 9 }],
    dominators: [{ id: 7, name: 'Map', type: 'object', selfBytes: 1, retainedBytes: 9, path: [step], location }],
  },
  {
    schema: 'memwatch/waste@1',
    totalBytes: 100,
    wastedBytes: 9,
    kinds: [
      {
        kind: 'equal-strings',
        title: 'Equal strings',
        count: 2,
        bytes: 9,
        upperBound: 'slices',
        examples: [{ id: 7, name: 'Map', path: [step], location, count: 2, bytes: 9 }],
        advice: 'share them',
      },
    ],
  },
  {
    schema: 'memwatch/memory@1',
    pid: 7,
    rssBytes: 100,
    accountedBytes: 90,
    swapBytes: 0,
    parts: [{ owner: 'V8 heap', detail: 'one heap', rssBytes: 90, virtualBytes: 99, delta: null }],
    heaps: [],
    limits: [{ of: 'the host', kind: 'host', limitBytes: 1000, usedBytes: 90 }],
    pageCache: null,
    pressure: null,
    oomKills: null,
    allocator: 'glibc',
    trimmed: null,
    watch: { sinceMs: 0, seconds: 40, readings: 20, missingReadings: 0, rssDelta: 40 },
    forecast: { of: 'the host', bytesPerSecond: 1, seconds: 9, lowSeconds: 8, highSeconds: null },
    advice: [{ id: 'a', text: 'do this', evidence: 'for this' }],
    warnings: ['a warning'],
    readUs: 9,
  },
  {
    schema: 'memwatch/alloc@1',
    durationUs: 1e6,
    allocatedBytes: 2000,
    liveBytes: 90,
    functions: [{ name: 'f', file: '/app/a.js', line: 1, selfBytes: 1000, totalBytes: 2000, liveBytes: 9 }],
    lines: [],
  },
  {
    schema: 'memwatch/cpu@1',
    durationUs: 1e6,
    samples: 9,
    busyUs: 100,
    idleUs: 0,
    functions: [{ name: 'f', file: '/app/a.js', line: 1, calls: null, selfUs: 90, totalUs: 99, mayBeInlined: true }],
    lines: [{ file: '/app/a.js', line: 2, function: 'f', selfUs: 90 }],
  },
];

/** Words that a program reads, which no target can choose. */
const fixed = new Set(['schema', 'verdict', 'kind', 'type', 'evidence', 'unit', 'owner']);
const hostile = (document: PageDocument): PageDocument =>
  JSON.parse(JSON.stringify(document), (key: string, value: unknown) =>
    typeof value === 'string' && !fixed.has(key) ? hostileNames.join(' ') : value,
  ) as PageDocument;

const draw = (document: PageDocument): string =>
  renderPage(pageOf(document, '/app'), { sourceOf: () => hostileNames, footer: hostileNames });

test('no text of any document gets out of its place in a page', () => {
  for (const document of documents) {
    const page = draw(hostile(document));
    assert.deepEqual(page.match(/<(?:script|img|link|iframe)|<[^>]* (?:src|href|on\w+)=/g), null, document.schema);
    assert.equal(page.match(/<\/title>/g)?.length, (page.match(/<title>/g) ?? []).length, document.schema);
    assert.match(page, /&lt;script&gt;document\.title=&#39;broken&#39;/, document.schema);
    assert.equal(escapeText(page.replaceAll('\n', '')), page.replaceAll('\n', ''), document.schema);
    assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/);
  }
});

const context = { footer: ['made by memwatch'], sourceOf: () => undefined };

test('the pages of waste, memory and CPU: every figure under its heading', (t) => {
  inUtc(t);
  for (const name of ['waste', 'memory', 'cpu', 'alloc']) {
    const document = documents.find(({ schema }) => schema === `memwatch/${name}@1`) ?? assert.fail(name);
    matchesGolden(`report/page-${name}.html`, frameOf(renderPage(pageOf(document, '/app'), context)));
  }
});

const widths = [400, 1000, 1600];
const probe = `
const rgbOf = (color) => /^rgba?\\(([\\d.]+), ([\\d.]+), ([\\d.]+)(?:, ([\\d.]+))?/.exec(color).slice(1).map((part) => Number(part ?? 1));
const light = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue].map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const groundOf = (one) => {
  const ground = rgbOf(getComputedStyle(one).backgroundColor);
  return ground[3] > 0.99 || one.parentElement === null ? ground : groundOf(one.parentElement);
};
const contrast = (one) => {
  const [dark, bright] = [light(rgbOf(getComputedStyle(one).color)), light(groundOf(one))].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
};
const frames = [...document.querySelectorAll('iframe')].map(({ contentDocument }) => contentDocument);
const out = document.createElement('pre');
out.id = 'probe';
out.textContent = JSON.stringify(frames.map((page) => ({
  title: page.title,
  inserted: page.querySelectorAll('img, script').length,
  over: Math.max(0, page.documentElement.scrollWidth - page.documentElement.clientWidth),
  charts: page.querySelectorAll('polyline').length,
  contrast: Math.min(...[...page.body.querySelectorAll('*')].filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')).map(contrast)),
})));
document.body.append(out);`;

for (const [scheme, setting] of [
  ['light', 1],
  ['dark', 0],
] as const)
  // prettier-ignore
  test(
  `Chromium opens pages of hostile names at three widths, ${scheme}: nothing runs, nothing runs over, all can be read`,
  { skip: !hasChromium },
  (t) => {
    const file = join(temporaryFolder(t), 'pages.html');
    const frames = documents.flatMap((document) =>
      widths.map(
        (width) =>
          `<iframe width="${width}" srcdoc="${escapeHtml(draw(hostile(document)).replaceAll('\n', ' '))}"></iframe>`,
      ),
    );
    writeFileSync(
      file,
      `<!doctype html><body>${frames.join('')}<script>addEventListener('load', () => {${probe}})</script></body>`,
    );
    const dom = openInChromium(t, file, [`--blink-settings=preferredColorScheme=${setting}`]);
    const pages = JSON.parse(/<pre id="probe">(.*?)<\/pre>/s.exec(dom)?.[1] ?? dom.slice(-500));
    const charts: Record<string, number> = { 'memwatch/leaks@1': 2 };
    assert.deepEqual(
      pages.map(({ title, contrast, ...page }: Record<string, unknown>) => ({
        ...page,
        contrast: Number(contrast) >= 4.5 ? 'enough' : contrast, // of WCAG 2 for text
        titled: title !== '' && title !== 'broken',
      })),
      documents.flatMap(({ schema }) =>
        widths.map(() => ({ inserted: 0, over: 0, contrast: 'enough', charts: charts[schema] ?? 0, titled: true })),
      ),
    );
  },
);

test('what users of a program gave it is left out, names in its source stay', () => {
  const secret = { edge: 'entry', label: 'entry "alice@example.com"', kind: 'element', name: 'Session', type: 'object', id: 9 } as const; // prettier-ignore
  const key = { edge: 'cart of bob', label: 'cart of bob', kind: 'property', name: 'Object', type: 'object', id: 8 } as const; // prettier-ignore
  const text = { edge: 'token', label: 'token', kind: 'property', name: 'hunter2', type: 'concatenated string', id: 3 } as const; // prettier-ignore
  const report = hideValues({
    ...leaks,
    findings: [
      finding({
        title: 'Map sessions["alice@example.com"] gains 2 Session a round, eyJhbGciOiJIUzI1NiIsInR5 too',
        path: [step, secret, key, text],
        location: { file: 'https://user:pass@host/app.js?token=abc', line: 1, column: 1 },
      }),
    ],
  });
  const page = draw(report);
  assert.deepEqual(page.match(/alice|bob|hunter2|eyJhbG|user:pass|token=abc/g), null);
  assert.match(page, /https:\/\/…@host\/app\.js/);
  assert.match(page, /Session\[&quot;…&quot;\]\.token/);
  const detail = '140 KB anon_inode:[io_uring], /srv/[alice]';
  assert.equal(hideValues({ detail }).detail, '140 KB anon_inode:[io_uring], /srv/[…]', 'the kernel’s own names stay');
});

test('leaks, heap and cpu write the page beside what they print', async (t) => {
  const folder = drawnSnapshots(t, [3, 6, 9]);
  const snapshots = [1, 2, 3].map((at) => join(folder, `${at}.heapsnapshot`));
  const profile = drawnProfile(temporaryFolder(t));
  for (const words of [
    ['leaks', ...snapshots],
    ['heap', ...snapshots.slice(0, 1)],
    ['waste', ...snapshots.slice(0, 1)],
    ['cpu', profile],
  ]) {
    // prettier-ignore
    const file = join(folder, `${words[0]}.html`);
    const run = await memwatch([...words, '--html', file]);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, /wrote .*\.html/);
    assert.notEqual(run.stdout, '');
    const page = readFileSync(file, 'utf8');
    assert.match(page, /<h1>[^<]{10,}<\/h1>/);
    assert.match(page, /Made by memwatch \d+\.\d+\.\d+ on Node\.js v/);
  }
  const refused = await memwatch(['heap', ...snapshots.slice(0, 1), '--html', ...snapshots.slice(1, 2)]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /already exists, and was not written by this command/);
});
