import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { functionNamed, functionsOf } from '../support/cost.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { nodeBinary, outerMajors } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { startScript, startSource, temporaryFolder } from '../support/targets.js';

const flags = ['--inspect-port=0'];
const near = (measured: number, known: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(measured - known) <= tolerance * known, `${what}: ${measured} of ${known}`);

for (const node of outerMajors) {
  test(`on Node ${node}, a program's allocations of known size are measured, by function`, async (t) => {
    const script = join(temporaryFolder(t), 'sizes.cjs');
    // an array of 1280 doubles or pointers is 10 KiB and a header
    writeFileSync(
      script,
      `function dear() { return new Array(1280).fill({}); }
function cheap() { return new Array(1280).fill({}); }
let n = 0;
for (let i = 0; i < 1000; i++) { for (let k = 0; k < 3; k++) n += dear().length; n += cheap().length; }`,
    );
    const run = await memwatch(['alloc', '--json', '--precise', '--interval', '16K', '--', nodeBinary(node), script]);
    assert.equal(run.code, 0, run.stderr);
    const alloc = JSON.parse(run.stdout);
    assert.equal(alloc.schema, 'memwatch/alloc@1');
    near(functionNamed(alloc, 'dear').selfBytes, 3000 * 10_280, 0.15, 'dear');
    near(functionNamed(alloc, 'cheap').selfBytes, 1000 * 10_280, 0.25, 'cheap');
    assert.equal(functionNamed(alloc, 'dear').liveBytes, null);
  });

  test(`on Node ${node}, churn and survivors of a running process are two columns, and external memory is said`, async (t) => {
    const source = `const kept = [];
function churn() { let n = 0; for (let i = 0; i < 20; i++) n += new Array(1280).fill({}).length; return n; }
function keep() { for (let i = 0; i < 5; i++) kept.push(new Array(1280).fill({})); }
const buffers = Array.from({ length: 32 }, () => Buffer.alloc(1 << 20, 1));
setInterval(() => { churn(); keep(); if (buffers.length === 0) throw new Error(); }, 5); console.log('ready');`;
    const target = await startSource(t, source, { node, flags, kind: 'cjs' });
    const saved = join(temporaryFolder(t), 'a.heapprofile');
    const alloc = await memwatchJson([
      'alloc',
      String(target.pid),
      '-d',
      '1s',
      '--interval',
      '32K',
      '--precise',
      '-o',
      saved,
    ]);
    const [churn, keep] = ['churn', 'keep'].map((name) => functionNamed(alloc, name));
    near((churn?.selfBytes ?? 0) / (keep?.selfBytes ?? 1), 4, 0.4, 'churn to keep');
    // the two phases are one after the other: a busy machine may run one of them five times as fast
    assert.ok((keep?.liveBytes ?? 0) > 0.2 * (keep?.selfBytes ?? 0), 'what keep allocates is alive');
    assert.ok((churn?.liveBytes ?? 0) < 0.05 * (churn?.selfBytes ?? 0), 'what churn allocates is dead');
    const { externalBytes } = alloc['memory'] as { externalBytes: number[] };
    assert.ok((externalBytes[0] ?? 0) > 32 * 2 ** 20 && (externalBytes[0] ?? 0) < 40 * 2 ** 20, String(externalBytes));
    assert.ok('head' in JSON.parse(readFileSync(saved, 'utf8')));
    assert.equal(target.child.exitCode, null);
  });
}

test('sample: the function that allocates most and the one whose allocations stay are found', async (t) => {
  const target = await startScript(t, repository('samples/dist/allocation-happy.js'), { flags });
  const args = [
    'alloc',
    String(target.pid),
    '-d',
    '1s',
    '--interval',
    '64K',
    '--precise',
    '--filter',
    'allocation-happy',
  ];
  const alloc = await memwatchJson(args);
  const own = functionsOf(alloc);
  const source = readFileSync(repository('samples/src/allocation-happy.ts'), 'utf8').split('\n');
  const toRows = 1 + source.findIndex((line) => line.startsWith('function toRows'));
  assert.ok(Math.abs((own[0]?.line ?? 0) - toRows) <= 1, JSON.stringify(own.slice(0, 3)));
  const alive = [...own].sort((a, b) => (b.liveBytes ?? 0) - (a.liveBytes ?? 0))[0];
  const remember = 1 + source.findIndex((line) => line.startsWith('function remember'));
  assert.ok(Math.abs((alive?.line ?? 0) - remember) <= 1, JSON.stringify(alive));
});

test('without --interval, a function that keeps little of what a quiet process allocates is sampled', async (t) => {
  const source = `const kept = [];
function keep() { for (let i = 0; i < 4; i++) kept.push(new Array(640).fill(i)); }
setInterval(keep, 20); console.log('ready');`;
  const { pid } = await startSource(t, source, { flags, kind: 'cjs' });
  const run = await memwatch(['alloc', String(pid), '-d', '700ms', '--precise', '--own']);
  assert.match(
    run.stdout,
    /\(sampled, one in 64\.0 KB\); [\d.]+ KB of what .* is still alive \(one sample in 8\.00 KB\)/,
  );
  assert.match(run.stdout, /^ .*[1-9][\d.]* KB .*own +keep/m, run.stdout);
});

test('the table says what it shows, and a saved profile shows the same again', async (t) => {
  const saved = join(temporaryFolder(t), 'a.heapprofile');
  const target = await startScript(t, repository('samples/dist/allocation-happy.js'), { flags });
  const run = await memwatch(['alloc', String(target.pid), '-d', '500ms', '--interval', '64K', '-o', saved]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /allocated +% of all +still alive +total +% of all +package +function +file\n/);
  assert.match(run.stdout, /outside the heap [\d.]+ [KM]B/);
  const again = await memwatch(['alloc', saved]);
  const tableOf = (text: string): string => text.slice(text.indexOf('allocated  '), text.indexOf('\n\nsaved'));
  assert.equal(again.stdout.trimEnd().endsWith(tableOf(run.stdout)), true, `${again.stdout}\n---\n${run.stdout}`);
});
