import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Ajv } from 'ajv';
import { readCollapsed } from '#memwatch/analyzer/formats/collapsed.js';
import { readProfile } from '#memwatch/analyzer/formats/profile.js';
import type { MemwatchError } from '#memwatch/errors.js';
import { escapeText } from '#memwatch/analyzer/model/escape.js';
import { computeCostTable } from '#memwatch/analyzer/cost/table.js';
import { hasChromium, openInChromium } from '../support/chromium.js';
import { hostileNames, hostileProfile } from '../support/hostile.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { isInstalled } from '../support/installed.js';
import { temporaryFolder } from '../support/targets.js';

/** Exports the hostile profile; returns the file that was written. */
const exported = async (t: TestContext, to: string, input: object = hostileProfile()): Promise<string> => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'hostile.cpuprofile');
  writeFileSync(file, JSON.stringify(input));
  const output = join(folder, `out.${to}`);
  const run = await memwatch(['export', file, '--to', to, '-o', output]);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(statSync(output).mode & 0o777, 0o600);
  return output;
};

test('pprof: what was written is read back, function by function and line by line', async (t) => {
  const table = computeCostTable(readProfile(readFileSync(await exported(t, 'pprof'))));
  assert.deepEqual(
    table.functions.map(({ name, line, self }) => [name, line, Math.round(self)]),
    hostileNames.map((name) => [name.replace('\ud800', '\ufffd'), 4, 10_000]),
  );
  assert.ok(table.lines.every(({ line, self }) => line === 5 && Math.round(self) === 10_000));
  assert.equal(table.idle, 20_000);
});

test('pprof: go tool pprof opens it', { skip: isInstalled('go') ? false : 'go is not installed' }, async (t) => {
  const file = await exported(t, 'pprof');
  const top = execFileSync('go', ['tool', 'pprof', '-top', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  assert.match(top, /Duration: 100ms, Total samples = 100ms/);
  assert.match(top, /10ms +10\.00% .* {2}a'\);alert\(1\);\('/);
  const lines = execFileSync('go', ['tool', 'pprof', '-lines', '-top', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  assert.match(lines, /\/srv\/<app>'"&\/0\.js:5/);
});

test("speedscope: the file is valid by speedscope's own schema and holds the samples in the order of time", async (t) => {
  const file = JSON.parse(readFileSync(await exported(t, 'speedscope'), 'utf8'));
  const schema = createRequire(import.meta.url).resolve('speedscope/dist/release/file-format-schema.json');
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(schema, 'utf8')));
  assert.equal(validate(file), true, JSON.stringify(validate.errors));
  const [profile] = file.profiles;
  assert.deepEqual(profile.weights, [...Array.from({ length: hostileNames.length + 2 }, () => 10_000), 0]);
  assert.equal(profile.samples.length, profile.weights.length);
  assert.equal(file.shared.frames[profile.samples[0].at(-1)].name, hostileNames[0]);
});

test('collapsed: what was written is read back, and no name can break a line or a stack', async (t) => {
  const text = readFileSync(await exported(t, 'collapsed'), 'utf8');
  assert.equal(text.trimEnd().split('\n').length, hostileNames.length + 2); // the unit, the stacks, the idle time
  const table = computeCostTable(readCollapsed(text));
  assert.equal(table.functions.length, hostileNames.length);
  assert.deepEqual(new Set(table.functions.map(({ self }) => self)), new Set([10_000]));
  assert.equal(Math.max(...table.functions.map(({ total }) => total)), 80_000);
});

test('svg: boxes as wide as their time, right lines, no script of another, nothing that is no XML', async (t) => {
  const [svg = '', ...scripts] = readFileSync(await exported(t, 'svg'), 'utf8').split('<script><![CDATA[');
  assert.equal(scripts.length, 1);
  assert.doesNotMatch(scripts.join(), /alert|broken/);
  assert.ok(!/<script|onload|onmouse|<img/.test(svg));
  assert.deepEqual(svg.match(/&(?!(amp|lt|gt|quot|#39);)/g), null);
  assert.match(
    svg,
    /<title>a&#39;\);alert\(1\);\(&#39; \/srv\/&lt;app&gt;&#39;&quot;&amp;\/0\.js:4 \(80 ms, 100%\)<\/title>/,
  );
  const widths = [...svg.matchAll(/<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)"/g)].map(([, width]) => Number(width));
  assert.equal(widths.length, hostileNames.length + 1);
  const [all = 0, first = 0, second = 0] = widths.sort((a, b) => b - a);
  assert.equal(Math.round(all), Math.round(first));
  assert.equal(Math.round((100 * second) / first), 88); // 70 of 80 ms
});

test(
  'svg: Chromium draws it, and a click on a box zooms in',
  { skip: hasChromium ? false : 'chromium is not installed' },
  async (t) => {
    const output = await exported(t, 'svg');
    const svg = `${output}.svg`;
    const click = `<script><![CDATA[
    const boxes = [...document.querySelectorAll('.func_g')];
    const narrow = boxes.reduce((least, box) => (box.getBBox().width < least.getBBox().width ? box : least));
    narrow.dispatchEvent(new Event('click'));
    document.documentElement.setAttribute('data-found', JSON.stringify({
      width: Number(narrow.querySelector('rect').getAttribute('width')),
      label: narrow.querySelector('text').textContent !== '',
      hidden: boxes.filter((box) => box.getAttribute('display') === 'none').length,
    }));]]></script></svg>`;
    writeFileSync(
      svg,
      readFileSync(output, 'utf8').replace(/<\/svg>\s*$/, () => click),
    );
    const drawn = openInChromium(t, svg);
    assert.ok(!drawn.includes('error on line'), drawn.slice(0, 400));
    assert.equal(drawn.match(/<rect /g)?.length, hostileNames.length + 2);
    const found = JSON.parse((/data-found="([^"]*)"/.exec(drawn)?.[1] ?? 'null').replaceAll('&quot;', '"'));
    assert.deepEqual(found, { width: 1180, label: true, hidden: 0 });
  },
);

test(
  'html: one page that needs nothing else, drawn, searched and zoomed in Chromium, whatever the names are',
  {
    skip: hasChromium ? false : 'chromium is not installed',
  },
  async (t) => {
    const page = readFileSync(await exported(t, 'html'), 'utf8');
    assert.deepEqual(page.match(/(?:src|href)=["']?https?:[^"' ]*/g), null);
    const probe = `<script>
const frames = () => [...document.querySelectorAll('#chart g.frame')];
const before = frames().length;
const drawn = frames().every((frame) => Number(frame.querySelector('rect').getAttribute('width')) > 0 && frame.querySelector('div').textContent !== '');
const search = document.querySelector('#search');
search.value = 'ALERT(1);';
search.dispatchEvent(new Event('input'));
const found = document.querySelector('#matched').textContent;
frames().find((frame) => frame.textContent.includes('bold')).dispatchEvent(new MouseEvent('click', { bubbles: true }));
const more = { colours: new Set(frames().map((frame) => frame.querySelector('rect').getAttribute('fill'))).size };
const row = [...document.querySelectorAll('#functions tbody tr')].find((line) => line.textContent.includes('bold'));
row.click();
more.callers = document.querySelectorAll('#callers g.frame').length;
more.callees = document.querySelectorAll('#callees g.frame').length;
setTimeout(() => {
  const zoomed = frames().find((frame) => frame.textContent.includes('bold'));
  const out = document.createElement('pre');
  out.id = 'probe';
  out.textContent = JSON.stringify({ before, drawn, found, width: Math.round(zoomed.getBoundingClientRect().width / document.querySelector('#chart svg').getBoundingClientRect().width * 100), ...more, rows: document.querySelectorAll('#functions tbody tr').length, title: document.title });
  document.body.append(out);
}, 1500);
</script></body>`;
    const file = join(temporaryFolder(t), 'page.html');
    writeFileSync(
      file,
      page.replace('</body>', () => probe),
    );
    const dom = openInChromium(t, file);
    const result = JSON.parse(/<pre id="probe">(.*?)<\/pre>/s.exec(dom)?.[1] ?? dom.slice(-2000));
    assert.deepEqual(result, {
      before: hostileNames.length + 1,
      drawn: true, // at once: on paper, and in a picture of the page, no time passes
      found: 'matched 100.0%',
      width: 100,
      colours: 3, // the application, what was found, and the box of all
      callers: 7,
      callees: 2,
      rows: hostileNames.length,
      title: 'hostile.cpuprofile',
    });
  },
);

/** A timer of Node's calls f of the application, which calls native code; f costs what is given. */
const timerProfile = (ticks: number): object => {
  const at = (functionName: string, url: string) => ({ functionName, url, scriptId: '1', lineNumber: url === '' ? -1 : 3, columnNumber: 0 }); // prettier-ignore
  const nodes = [
    { id: 1, callFrame: at('(root)', ''), children: [2, 5] },
    { id: 2, callFrame: at('listOnTimeout', 'node:internal/timers'), children: [3] },
    { id: 3, callFrame: at('f', 'file:///app/f.js'), children: [4], positionTicks: [{ line: 5, ticks }] },
    { id: 4, callFrame: at('update', '') },
    { id: 5, callFrame: at('(garbage collector)', '') },
  ];
  const samples = [2, ...Array.from({ length: ticks }, () => 3), 4, 4, 5, 5, 5];
  return { nodes, startTime: 0, endTime: 1000 * samples.length, samples, timeDeltas: samples.map(() => 1000) };
};

test(
  'html: each kind of code has its colour; own code alone; callees up; what changed in red and blue',
  { skip: !hasChromium },
  async (t) => {
    const folder = temporaryFolder(t);
    const files = [4, 14].map((ticks) => {
      const file = join(folder, `${ticks}.cpuprofile`);
      writeFileSync(file, JSON.stringify(timerProfile(ticks)));
      return file;
    });
    const pages = [join(folder, 'one.html'), join(folder, 'diff.html')];
    const runs = [
      await memwatch(['export', ...files.slice(0, 1), '--to', 'html', '-o', join(folder, 'one.html')]),
      await memwatch(['diff', ...files, '--to', 'html', '-o', join(folder, 'diff.html')]),
    ];
    assert.deepEqual(runs.map(({ code, stderr }) => [code, stderr]), [[0, ''], [0, `wrote ${pages[1] ?? ''}\n`]]); // prettier-ignore
    const both = join(folder, 'both.html');
    const frames = pages.map((page) => `<iframe width="900" height="600" srcdoc="${readFileSync(page, 'utf8').replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></iframe>`); // prettier-ignore
    const probe = `
    const read = (page) => [...page.querySelectorAll('#chart g.frame')].map((frame) =>
      [frame.getAttribute('name').split(' ')[0], frame.querySelector('rect').getAttribute('fill').replace(/.*?--/, '').replace(/[)].*/, ''), frame.getAttribute('transform').replace(/.*,|[)]/g, '')]);
    const [one, diff] = [...document.querySelectorAll('iframe')].map(({ contentDocument }) => contentDocument);
    const result = { all: read(one), changed: read(diff), lines: diff.querySelector('#lines tbody').textContent };
    one.querySelector('#own').click();
    result.own = read(one);
    one.querySelector('#turn').click();
    result.up = read(one);
    const out = document.createElement('pre');
    out.id = 'probe';
    out.textContent = JSON.stringify(result);
    document.body.append(out);`;
    writeFileSync(
      both,
      `<!doctype html><body>${frames.join('')}<script>addEventListener('load', () => {${probe}})</script></body>`,
    );
    const dom = openInChromium(t, both);
    const result = JSON.parse(/<pre id="probe">(.*?)<\/pre>/s.exec(dom)?.[1] ?? dom.slice(-2000));
    const colours = (boxes: string[][]) => Object.fromEntries(boxes.map(([name, colour]) => [name, colour]));
    assert.deepEqual(colours(result.all), {
      all: 'state',
      listOnTimeout: 'node',
      f: 'application',
      update: 'native',
      '(garbage': 'gc',
    });
    assert.deepEqual(result.own.map(([name]: string[]) => name), ['all', 'f']); // prettier-ignore
    assert.ok(Number(result.own[0][2]) < Number(result.own[1][2]), 'all is above');
    assert.ok(Number(result.up[0][2]) > Number(result.up[1][2]), 'all is below');
    assert.equal(colours(result.changed)['f'], 'grew');
    assert.equal(colours(result.changed)['(garbage'], 'shrank');
    assert.match(result.lines, /^\+[\d.]+ ms\+[\d.]+%.*f\/app\/f\.js:5/);
  },
);

test('md: tables that names cannot break, from a profile and from a --json result', async (t) => {
  const md = readFileSync(await exported(t, 'md'), 'utf8');
  assert.ok(!md.includes('<script') && !md.includes('\u001b'));
  const row = md.split('\n').find((line) => line.includes('pipe'));
  assert.equal(row?.split(/(?<!\\)\|/).length, 7);
  const folder = temporaryFolder(t);
  const profile = join(folder, 'p.cpuprofile');
  writeFileSync(profile, JSON.stringify(hostileProfile()));
  const result = join(folder, 'result.json');
  writeFileSync(result, JSON.stringify(await memwatchJson(['cpu', profile])));
  const again = await memwatch(['export', result, '--to', 'md', '-o', '-']);
  assert.equal(again.stdout.split('\n').slice(1).join('\n').trimEnd(), md.split('\n').slice(1).join('\n').trimEnd());
  const refused = await memwatch(['export', result, '--to', 'svg']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /holds no call tree/);
});

test('no text that is written holds a character that a terminal would obey, or that reorders a line', async (t) => {
  const isHarmless = (text: string): boolean =>
    escapeText(text.replaceAll(/[\n\t]/g, '')) === text.replaceAll(/[\n\t]/g, '');
  const profile = JSON.parse(JSON.stringify(hostileProfile()).replaceAll('/srv/', '/srv/\u202e\u009b\\u001b/'));
  const folder = temporaryFolder(t);
  const file = join(folder, 'a\u202eb.cpuprofile');
  writeFileSync(file, JSON.stringify(profile));
  for (const to of ['collapsed', 'speedscope', 'svg', 'html', 'md']) {
    const output = join(folder, `\u202eout.${to}`);
    const run = await memwatch(['export', file, '--to', to, '-o', output]);
    assert.equal(run.code, 0, run.stderr);
    assert.ok(isHarmless(run.stdout), to);
    assert.ok(isHarmless(readFileSync(output, 'utf8')), to);
  }
  for (const words of [
    ['cpu', file],
    ['cpu', file, '--json'],
    ['cpu', join(folder, '\u202e')],
  ]) {
    const run = await memwatch(words);
    assert.ok(isHarmless(run.stdout + run.stderr), words.join(' '));
  }
  const named = (await memwatchJson(['cpu', file]))['functions'] as { name: string; file: string }[];
  assert.ok(
    named.some(({ name }) => name === hostileNames[3]),
    'a document means what it meant',
  );
  assert.ok(named.every((one) => one.file.includes('\u202e\u009b\u001b')));
});

test('files that are no profile and truncated files get different errors', () => {
  const at = { functionName: 'f', scriptId: '0', url: '', lineNumber: 0, columnNumber: 0 };
  const profile = (children: number[]): string =>
    JSON.stringify({ nodes: [{ id: 1, callFrame: at, children }], startTime: 0, endTime: 1 });
  const cases: [string, string, RegExp][] = [
    [JSON.stringify(hostileProfile()).slice(0, 300), 'broken-file', /JSON is broken at byte 300: it is cut off/],
    ['{"a":1}', 'not-this-format', /not a profile that memwatch can read/],
    [profile([7]), 'broken-file', /refers to node 7, which it does not contain/],
    [profile([1]), 'broken-file', /do not form a tree/],
    ['hello world', 'not-this-format', /not a profile that memwatch can read/],
    ['a;b 12\nc;d\ne;f', 'not-this-format', /line 2 is not a stack/],
    ['\u001f\u008b', 'broken-file', /gzip is damaged or cut off/],
  ];
  for (const [text, code, message] of cases) {
    const told = (error: MemwatchError): boolean => error.code === code && message.test(error.message);
    assert.throws(() => readProfile(Buffer.from(text, 'latin1')), told, text);
  }
});

test('a profile that node --cpu-prof wrote, and one of --heap-prof, are read', async (t) => {
  const folder = temporaryFolder(t);
  const script = join(folder, 'x.cjs');
  writeFileSync(
    script,
    'function hot() { let s = 0; for (let i = 0; i < 5e7; i++) s = Math.sqrt(s + i); return s; }\nconst kept = (globalThis.kept = []);\nfor (let i = 0; i < 2000; i++) kept.push(new Array(1000).fill(i));\nhot();',
  );
  execFileSync(
    process.execPath,
    ['--cpu-prof', '--cpu-prof-name=a.cpuprofile', '--heap-prof', '--heap-prof-name=a.heapprofile', script],
    { cwd: folder },
  );
  const cpu = await memwatchJson(['cpu', join(folder, 'a.cpuprofile')]);
  const [hot] = cpu['functions'] as { name: string; file: string; line: number }[];
  assert.deepEqual(hot && [hot.name, hot.file, hot.line], ['hot', script, 1]);
  const alloc = await memwatchJson(['alloc', join(folder, 'a.heapprofile')]);
  assert.ok(Number(alloc['allocatedBytes']) > 8e6);
});
