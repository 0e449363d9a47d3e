import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { temporaryFolder } from '../support/targets.js';

/** A profile of functions with their self time in milliseconds; all are called by `main`, on line 2 of each. */
const cpuProfile = (functions: Record<string, { ms: number; line: number }>): string => {
  const frame = (functionName: string, line: number): object => ({
    functionName,
    scriptId: '5',
    url: functionName === '(root)' ? '' : 'file:///srv/app.js',
    lineNumber: line - 1,
    columnNumber: 0,
  });
  const names = Object.entries(functions);
  const nodes = [
    { id: 1, callFrame: frame('(root)', 0), hitCount: 0, children: [2] },
    { id: 2, callFrame: frame('main', 1), hitCount: 0, children: names.map((_, i) => i + 3) },
    ...names.map(([name, { ms, line }], i) => ({
      id: i + 3,
      callFrame: frame(name, line),
      hitCount: ms,
      children: [],
      positionTicks: [{ line: line + 1, ticks: ms }],
    })),
  ];
  const samples = names.flatMap(([, { ms }], i) => Array.from({ length: ms }, () => i + 3));
  const timeDeltas = [0, ...samples.map(() => 1000)];
  const bounded = [...samples, samples.at(-1)]; // one more, because the last sample lasts no time
  return JSON.stringify({ nodes, startTime: 0, endTime: 1000 * samples.length, samples: bounded, timeDeltas });
};

test('what became more expensive comes first, by function and by line, whatever the length of the profiles', async (t) => {
  const folder = temporaryFolder(t);
  const [a, b] = [join(folder, 'a.cpuprofile'), join(folder, 'b.cpuprofile')];
  writeFileSync(
    a,
    cpuProfile({ parse: { ms: 100, line: 10 }, render: { ms: 300, line: 20 }, gone: { ms: 100, line: 40 } }),
  );
  // twice as long, and `parse` has moved down by 5 lines and takes 30 % instead of 20 %
  writeFileSync(
    b,
    cpuProfile({ parse: { ms: 300, line: 15 }, render: { ms: 600, line: 20 }, fresh: { ms: 100, line: 60 } }),
  );
  const diff = await memwatchJson(['diff', a, b]);
  assert.equal(diff['schema'], 'memwatch/cost-diff@1');
  assert.equal(diff['scale'], 0.5);
  const rows = diff['functions'] as { name: string; line: number; selfDelta: number }[];
  assert.deepEqual(
    rows.filter(({ name }) => name !== 'main').map(({ name, line, selfDelta }) => [name, line, selfDelta]),
    [
      ['parse', 15, 50_000],
      ['fresh', 60, 50_000],
      ['render', 20, 0],
      ['gone', 40, -100_000],
    ],
  );
  const withoutLines = join(folder, 'a.speedscope.json');
  await memwatch(['export', a, '--to', 'speedscope', '-o', withoutLines]);
  const half = await memwatchJson(['diff', a, withoutLines]);
  assert.deepEqual(half['lines'], [], 'its lines are not gone: that format has none');
  const run = await memwatch(['diff', a, b]);
  assert.match(
    run.stdout,
    /own change +before +after +total change +function +file\n +\+50\.0 ms +100 ms +150 ms +\+50\.0 ms {2}parse +\/srv\/app\.js:15/,
  );
  assert.match(run.stdout, /in function +file\n[^]*\+150 ms +0 us +150 ms .* parse +\/srv\/app\.js:16/);
  assert.match(run.stdout, /multiplied by 0\.50/);
});

test('two runs of a program to its end are compared unscaled: longer is more expensive there', async (t) => {
  const folder = temporaryFolder(t);
  const script = join(folder, 'run.cjs');
  writeFileSync(
    script,
    `function same(n) { let s = 0; for (let i = 0; i < n; i++) s += Math.sqrt(i); return s; }
function grows(n) { let s = 0; for (let i = 0; i < n; i++) s += Math.sin(i); return s; }
let x = 0; for (let k = 0; k < 100; k++) x += same(1e5) + grows(1e5 * process.argv[2]);`,
  );
  const files = ['1', '10'].map((factor) => join(folder, `${factor}.cpuprofile`));
  for (const [at, factor] of ['1', '10'].entries())
    await memwatch(['cpu', '--precise', '-o', String(files[at]), '--', process.execPath, script, factor]);
  const diff = await memwatchJson(['diff', ...files]);
  assert.equal(diff['scale'], 1);
  const [first] = diff['functions'] as { name: string; selfBefore: number; selfAfter: number }[];
  assert.equal(first?.name, 'grows');
  assert.ok((first?.selfAfter ?? 0) > (first?.selfBefore ?? 0), JSON.stringify(first));
});

test('profiles of different kinds are refused', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'a.cpuprofile'), cpuProfile({ f: { ms: 3, line: 1 } }));
  const root = { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };
  writeFileSync(
    join(folder, 'b.heapprofile'),
    JSON.stringify({ head: { callFrame: root, selfSize: 5, children: [] } }),
  );
  const run = await memwatch(['diff', join(folder, 'a.cpuprofile'), join(folder, 'b.heapprofile')]);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /microseconds cannot be compared with bytes/);
});

test('--to svg draws what changed as a flame graph: red grew, blue shrank, with a title and figures', async (t) => {
  const folder = temporaryFolder(t);
  const [a, b, svgFile] = ['a.cpuprofile', 'b.cpuprofile', 'diff.svg'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    a,
    cpuProfile({ same: { ms: 100, line: 10 }, '<grew>': { ms: 50, line: 20 }, gone: { ms: 50, line: 40 } }),
  );
  writeFileSync(b, cpuProfile({ same: { ms: 100, line: 12 }, '<grew>': { ms: 100, line: 22 } }));
  const run = await memwatch(['diff', a, b, '--to', 'svg', '-o', svgFile]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /^wrote .*diff\.svg$/m);
  const [svg = ''] = readFileSync(svgFile, 'utf8').split('<script><![CDATA[');
  assert.match(svg, /<title>a\.cpuprofile → b\.cpuprofile: red grew, blue shrank/);
  assert.match(svg, /<text [^>]*>a\.cpuprofile → b\.cpuprofile/, 'the title can be seen');
  assert.deepEqual(svg.match(/&(?!(amp|lt|gt|quot|#39);)/g), null);
  const fillOf = (title: string): string =>
    new RegExp(`<title>${title} [^<]*</title>\\s*<rect [^>]*fill="([^"]*)"`).exec(svg)?.[1] ?? 'no box';
  assert.equal(fillOf('&lt;grew&gt; /srv/app\\.js:20 50\\.0 ms → 100 ms'), 'rgb(255,80,80)');
  assert.equal(fillOf('gone /srv/app\\.js:40 50\\.0 ms → 0 us'), 'rgb(80,80,255)');
  assert.equal(fillOf('same /srv/app\\.js:10 100 ms → 100 ms'), 'rgb(235,235,235)');
  const unnamed = await memwatch(['diff', a, b, '--to', 'svg']);
  assert.equal(unnamed.code, 2);
  assert.match(unnamed.stderr, /add -o/);
});
