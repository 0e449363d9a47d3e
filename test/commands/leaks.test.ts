import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import { analyseSnapshots } from '#memwatch/leaks/snapshot-files.js';
import { memwatch } from '../support/memwatch.js';
import { nodeBinary, testedMajors, type NodeMajor } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { temporaryFolder } from '../support/targets.js';

const run = promisify(execFile);

/** Runs a fixture that writes snapshots of itself; returns their names, oldest first. */
const capture = async (
  t: TestContext,
  fixture: string,
  rounds: readonly number[],
  node: NodeMajor,
): Promise<string[]> => {
  const folder = temporaryFolder(t);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  await run(nodeBinary(node), ['--expose-gc', repository(fixture), folder], { env, timeout: 120_000 });
  return rounds.map((round) => `${folder}/${round}.heapsnapshot`);
};

const leaking = 'test/fixtures/growth/leaks-of-every-kind.mjs';
const clean = 'test/fixtures/growth/clean-of-every-kind.cjs';

/** `line kind` for each mark `// kind` of the fixture. */
const marks = readFileSync(repository(leaking), 'utf8')
  .split('\n')
  .flatMap((line, i) => {
    const kind = /\S.*\/\/ ([a-z-]+)$/.exec(line)?.[1];
    return kind === undefined ? [] : [`${i + 1} ${kind}`];
  })
  .toSorted();

for (const node of testedMajors) {
  test(`a leak of each kind is found on Node ${node}, with its kind and its line, and nothing else`, async (t) => {
    const report = await analyseSnapshots(await capture(t, leaking, [2, 3, 4, 5], node));
    assert.equal(report.verdict, 'leak');
    assert.deepEqual(report.findings.map(({ location, kind }) => `${location?.line} ${kind}`).toSorted(), marks);
    for (const { owner } of report.findings) assert.deepEqual(owner, { kind: 'application' });
  });

  test(`nothing is found on Node ${node} in what only looks like leaks`, async (t) => {
    const report = await analyseSnapshots(await capture(t, clean, [5, 6, 7, 8], node));
    assert.deepEqual({ verdict: report.verdict, findings: report.findings }, { verdict: 'clean', findings: [] });
  });
}

test('what the code bounds, and has not reached its bound, is no leak; a bound that was passed is none', async (t) => {
  const fixture = 'test/fixtures/growth/filling-caches.mjs';
  const source = readFileSync(repository(fixture), 'utf8').split('\n');
  const files = await capture(t, fixture, [1, 2, 3, 4], 24);
  const report = await analyseSnapshots(files);
  assert.deepEqual(
    report.findings.map(({ title }) => title),
    ['Map passed gains 100 Item a round and keeps them'],
  );
  const bounded = (report.bounded ?? []).map((finding) => {
    const line = source[(finding.bounded?.location?.line ?? 0) - 1] ?? '';
    return `${/(Map|object) [\w.]+/.exec(finding.title)?.[0]}: ${line.trim().slice(0, 18)}`;
  });
  const expected = [
    'Map capped: if (capped.size > ',
    'Map timed: setTimeout(() => t',
    'object Store.sessions: timer = setInterva',
  ];
  assert.deepEqual(bounded.toSorted(), expected);
  assert.match(report.reasons.join('\n'), /limits it to 20,000, and it holds 1,000/);

  const inOrder = `name the oldest first: memwatch leaks ${files.join(' ')}`;
  await assert.rejects(analyseSnapshots(files.toReversed()), { code: 'bad-argument', hint: inOrder });
});

test('a leak has the same signature in every run and on every Node version', async (t) => {
  const signatures = async (node: NodeMajor): Promise<string[]> => {
    const { findings } = await analyseSnapshots(await capture(t, leaking, [2, 3, 4, 5], node));
    return findings
      .filter(({ kind }) => kind !== 'timers' && kind !== 'listeners')
      .map(({ signature }) => signature)
      .toSorted();
  };
  const first = await signatures(20);
  assert.deepEqual(await signatures(20), first);
  assert.deepEqual(await signatures(24), first);
});

test('leaks from files prints the verdict and the line first, and fails on a leak if asked to', async (t) => {
  const files = await capture(t, leaking, [2, 3, 4, 5], 20);
  const text = await memwatch(['leaks', ...files, '--fail-on', 'leak']);
  assert.equal(text.code, 1);
  const lines = text.stdout.split('\n');
  assert.match(lines[0], /^LEAK at .*leaks-of-every-kind\.mjs:\d+$/);
  const second = lines.findIndex((line) => line.startsWith('2. '));
  assert.ok(second > 0 && second <= 24, `the first finding takes ${second} lines`);
  const json = await memwatch(['leaks', ...files, '--json']);
  assert.equal(json.code, 0);
  const report = JSON.parse(json.stdout) as LeakReport;
  assert.equal(report.schema, 'memwatch/leaks@1');
  assert.deepEqual(
    report.findings.map(({ rank }) => rank),
    report.findings.map((_, i) => i + 1),
  );
  for (const finding of report.findings) assert.equal(finding.history.length, 4);
});

test('very many alike collections, slices and links of a list take no longer for each of them', async (t) => {
  const folder = temporaryFolder(t);
  const source = `
    class Visit {}
    class Link { items = []; constructor(next) { this.next = next; } }
    const users = Array.from({ length: 10_000 }, () => []);
    const rarely = Array.from({ length: 30_000 }, () => []);
    const texts = new Map();
    let list;
    for (let i = 0; i < 30_000; i++) list = new Link(list);
    for (let k = 0; k < 4; k++) {
      for (const history of users) history.push(new Visit());
      for (let link = list; link !== undefined; link = link.next) link.items.push({ k });
      rarely.forEach((calls, i) => (i + k) % 2 === 0 && calls.push(/call/));
      const text = Array.from({ length: 30_000 }, (_, i) => 'line ' + i + ' of text ' + k + ' is long enough').join('\\n');
      texts.set(k, text.split('\\n'));
      require('node:v8').writeHeapSnapshot(k + '.heapsnapshot');
    }`;
  await run(process.execPath, ['-e', source], { cwd: folder, timeout: 120_000 });
  const files = [0, 1, 2, 3].map((k) => `${k}.heapsnapshot`);
  const { stdout } = await memwatch(['leaks', ...files], { cwd: folder }); // ended after a minute
  const found = stdout.replaceAll(/\s+/g, ' ');
  assert.match(found, /Map texts gains 1 Array a round/);
  assert.match(found, /array users\[\d+\] gains 1 Visit a round and keeps them, as do 9,999 more/);
  assert.match(found, /array Link\.items gains 1 Object a round and keeps them, as do 29,999 more/);
  assert.match(found, /array rarely\[\d+\] \(30,000 of them\) gains 15,000 RegExp a round/);
});
