/** The analysis of one judgement over drawn captures, in this thread and in one of its own: what grows with the calls, and where. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Script } from '#memwatch/analyzer/model/scripts.js';
import { createAnalysis, isMemwatchFile } from '#memwatch/leaks/capture-analysis.js';
import { createThreadAnalysis } from '#memwatch/leaks/capture-analysis-thread.js';
import { drawRound, upTo } from '../support/drawn-growth.js';
import { repository } from '../support/paths.js';
import { temporaryFolder } from '../support/targets.js';

const heapOf = (entries: number): string =>
  `global -cache-> Map cache 32\ncache -internal:table-> table:array 4000\n${upTo(entries, (i) => `table -#${i}-> Session s${i} 100`)}`;

/** Captures in which a Map has so many entries; the newest comes with the given scripts. */
const capture = (t: TestContext, entries: readonly number[], scripts: readonly Script[] = []): string[] => {
  const folder = temporaryFolder(t);
  return entries.map((count, at) => {
    const file = join(folder, `${at}.heapsnapshot`);
    writeFileSync(file, drawRound(heapOf(count)).bytes);
    writeFileSync(`${file}.scripts.json`, JSON.stringify({ schema: 'memwatch/scripts@1', nodeVersion: 'v22.0.0', scripts })); // prettier-ignore
    return file;
  });
};

const body = { scriptId: 5, line: 11, column: 2 };
const script = { id: 5, url: 'file:///srv/app/leaks/cart.mjs' };

test('what grows in proportion to the calls grows; nothing but the body is known to make it, so that is its place', async (t) => {
  const analysis = createAnalysis();
  capture(t, [10, 20, 120], [script]).forEach(analysis.add);
  const { growing, slowing, place } = await analysis.growth([100, 1000], body);
  assert.deepEqual(place, { file: '/srv/app/leaks/cart.mjs', line: 12, column: 3 });
  assert.deepEqual(slowing, []);
  const [finding, ...more] = growing;
  assert.deepEqual([finding?.kind, more.length], ['map', 0]);
  assert.deepEqual(finding?.history, [10, 20, 120]);
  assert.deepEqual([finding?.location, finding?.owner], [place, { kind: 'application' }]);
});

test('what gains less for each call slows down, and is named; next to nothing for a call is nobody’s growth', async (t) => {
  const growthOf = async (entries: readonly number[], work: readonly number[]) => {
    const analysis = createAnalysis();
    capture(t, entries, [script]).forEach(analysis.add);
    return analysis.growth(work, body);
  };
  const slows = await growthOf([10, 110, 150], [100, 400]);
  assert.equal(slows.growing.length, 0);
  assert.match(slows.slowing[0] ?? '', /Map/);
  // 40 entries in 10,000 calls
  const settles = await growthOf([10, 110, 150], [100, 10_000]);
  assert.deepEqual([settles.growing, settles.slowing], [[], []]);
});

test('without a scripts table nothing can be placed, so nothing is reported', async (t) => {
  const analysis = createAnalysis();
  for (const file of capture(t, [10, 20, 30], [script])) {
    rmSync(`${file}.scripts.json`);
    analysis.add(file);
  }
  assert.deepEqual(await analysis.growth([100, 100], body), { growing: [], slowing: [], place: null });
});

test('the same answer comes from a thread of its own, as often as it is asked', async (t) => {
  const files = capture(t, [10, 20, 30], [script]);
  const here = createAnalysis();
  files.forEach(here.add);
  const there = createThreadAnalysis();
  files.forEach(there.add);
  const expected = await here.growth([100, 100], body);
  assert.equal(expected.growing.length, 1);
  assert.deepEqual(await there.growth([100, 100], body), expected);
  assert.deepEqual(await there.growth([100, 100], body), expected);
});

test('what the thread throws is thrown here, with its code', async (t) => {
  const analysis = createThreadAnalysis();
  capture(t, [10, 20], [script]).forEach(analysis.add);
  await assert.rejects(analysis.growth([100], body), { code: 'bad-argument' });
  const stopped = createThreadAnalysis(AbortSignal.timeout(1));
  capture(t, [10, 20, 30], [script]).forEach(stopped.add);
  await assert.rejects(stopped.growth([100, 100], body), { code: 'interrupted' });
});

test('memwatch’s own files are never the place, a user’s files in a folder called dist are', () => {
  assert.ok(isMemwatchFile(repository('dist/leaks/judge.js')));
  assert.ok(isMemwatchFile(repository('src/leaks/judge.ts')));
  assert.ok(!isMemwatchFile(repository('samples/dist/growing-cache.js')));
  assert.ok(!isMemwatchFile('/srv/app/dist/server.js'));
  assert.ok(!isMemwatchFile(pathToFileURL('/srv/app/src/server.js').href));
});
