/** A finding is put together of one cause: amounts, title, reasons, functions that are kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonsOf, renderDeclared } from '#memwatch/analyzer/growth/finding-reasons.js';
import { findingsOf, type FindingOptions } from '#memwatch/analyzer/growth/findings.js';
import { findContainer } from '#memwatch/analyzer/growth/snapshots/containers.js';
import { causesOf } from '#memwatch/analyzer/growth/snapshots/causes.js';
import { totalGain } from '#memwatch/analyzer/growth/readings/evidence.js';
import type { Growth } from '#memwatch/analyzer/growth/snapshots/find-growth.js';
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { drawGrowth, upTo } from '../../support/drawn-growth.js';

const nowhere: FindingOptions = { locator: createLocator(), sourceOf: () => undefined, packageOf: () => undefined };
const sessions = (k: number, entry = (i: number) => `Session s${i} 100`): string =>
  `global -sessions-> Map sessions\nsessions -internal:table-> table:array\n` +
  upTo(10 * (k + 1), (i) => `table -internal:${i}-> ${entry(i)}`);

const only = (growth: Growth, options = nowhere): Finding => {
  const [finding, ...others] = findingsOf(growth, 'grows', options);
  assert.ok(finding !== undefined);
  assert.deepEqual(others, []);
  return finding;
};

test('amounts are those of an average round, and the history has one figure a snapshot', async () => {
  const { growth, node } = await drawGrowth((k) => sessions(k));
  const finding = only(growth);
  assert.deepEqual([finding.countPerRound, finding.bytesPerRound, finding.history], [10, 1000, [10, 20, 30, 40]]);
  assert.deepEqual([finding.rank, finding.kind], [1, 'map']);
  assert.deepEqual(finding.container, { id: growth.last.graph.nodeId[node('sessions')], name: 'Map', type: 'object' });
  assert.deepEqual(finding.gains, [{ name: 'Session', countPerRound: 10, selfBytesPerRound: 1000 }]);
  assert.equal(finding.path.at(-1)?.label, 'sessions');
});

test('the title is by the round, or by the call if it is known how many calls a round has', async () => {
  const { growth } = await drawGrowth((k) => sessions(k));
  assert.equal(only(growth).title, 'Map global.sessions gains 10 Session a round and keeps them');
  assert.equal(
    only(growth, { ...nowhere, callsPerRound: 40 }).title,
    'Map global.sessions gains on average 0.25 Session a call and keeps them',
  );
});

test('a signature names classes and edges only: ids and texts of a run are not in it', async () => {
  const { growth } = await drawGrowth((k) => sessions(k));
  assert.equal(only(growth).signature, 'global.sessions > Map > Session');
});

test('the signature of timers names the timers, also if they were set again meanwhile and what they hold is counted', async () => {
  const list = (k: number): string => `global -list-> TimersList list\nlist -internal:table-> table:array\n${upTo(10 * (k + 1), (i) => `table -internal:${i}-> Window w${i} 100`)}`; // prettier-ignore
  const { growth } = await drawGrowth(list);
  const finding = only(growth);
  assert.deepEqual([finding.kind, finding.title], ['timers', 'timers gain 10 Window a round and keep them']);
  assert.equal(finding.signature, 'TimersList > Timeout');
});

test('reasons: the gains, what stayed, and who else holds the same', async () => {
  const { growth } = await drawGrowth((k) => sessions(k));
  assert.deepEqual(only(growth).reasons, [
    'gained 10, 10, 10 Session in 3 rounds in a row',
    '20 of the 20 Session gained before the last round were still there at the end',
  ]);
});

test('realms are named among what it gains, however small their share is', async () => {
  const pageOf = (i: number): string =>
    `Page p${i} 100\np${i} -internal:native_context-> system / NativeContext c${i}:hidden 10\n` +
    upTo(9, (n) => `c${i} -internal:${n}-> Builtin${n} b${n}x${i} 50`);
  const { growth } = await drawGrowth((k) => sessions(k, pageOf));
  const { gains } = only(growth);
  assert.ok(gains.length > 1);
  assert.deepEqual(gains.at(-1), { name: 'system / NativeContext', countPerRound: 10, selfBytesPerRound: 100 });
});

test('what grows in each of very many collections is one finding, with the figures of all of them', async () => {
  const users = 40;
  const histories = (k: number): string =>
    `global -users-> Array users\n` +
    upTo(users, (u) => `users -internal:${u}-> Array history${u}\nhistory${u} -internal:0-> Visit first${u} 100`) +
    `\n${upTo(users * (k + 1), (i) => `history${(i % users) + 1} -internal:${i}-> Visit v${i + users} 100`)}`;
  const { growth } = await drawGrowth(histories);
  const finding = only(growth);
  assert.match(finding.title, /gains 1 Visit a round and keeps them, as do 39 more$/);
  assert.deepEqual(finding.history, [80, 120, 160, 200]);
  assert.deepEqual([finding.countPerRound, finding.bytesPerRound], [40, 4000]);
});

test('what grows without entries is described by its bytes', async () => {
  const { growth } = await drawGrowth((k) => sessions(k));
  const [region] = growth.regions;
  assert.ok(region !== undefined);
  const [cause] = causesOf(region, new Set(), growth.entries, growth.last, growth.classes);
  assert.ok(cause !== undefined);
  const container = { ...findContainer(cause, growth.last, growth.paths, growth.classes), history: [1, 1, 1, 1] };
  assert.deepEqual(reasonsOf(region, container, growth, 'Session'), [
    'it rose by 0.98 KB, 0.98 KB, 0.98 KB in 3 rounds in a row',
  ]);
  const alsoHeldBy = [0, 0, 0, 0];
  assert.match(reasonsOf({ ...region, trend: 'slows' }, { ...container, alsoHeldBy }, growth, '').join('\n'), /also held by (\S+ @\d+(, )?){3}\neach round added less/); // prettier-ignore
});

test('places that have to do with it: lines that add, what declares it, what the application holds it by', () => {
  const at = (line: number) => ({ file: '/app/a.js', line, column: 1 });
  const additions = [1, 2, 3, 4, 5].map((line) => ({ location: at(line), function: null }));
  const lines = renderDeclared({ location: at(1), additions, declared: at(9), heldBy: at(10) });
  assert.equal(lines.length, 6, 'four lines that add are enough');
  assert.equal(lines[0], 'one of the lines that add to it is /app/a.js:1');
  assert.deepEqual(lines.slice(-2), [
    'what holds it is declared at /app/a.js:9',
    'the application holds it at /app/a.js:10',
  ]);
  assert.deepEqual(renderDeclared(undefined), []);
});

test('functions that are kept again and again are named with their lines, most first; rare and foreign ones are not', async () => {
  const heap = (k: number): string => {
    const closures = (name: string, count: number): string =>
      upTo(count, (i) => `table -internal:${name}${i}-> ${name}() ${name}${i}:closure 64\n${name}${i} -internal:shared-> code_${name}:code`); // prettier-ignore
    return `global -handlers-> Set handlers\nhandlers -internal:table-> table:array\n${closures('often', 12 * (k + 1))}\n${closures('rare', 2 * (k + 1))}`;
  };
  const positions = { often12: [3, 6, 2], rare2: [3, 20, 0] } as const;
  const { growth } = await drawGrowth(heap, Object.fromEntries(upTo(48, String).split('\n').map((i) => [`often${i}`, positions.often12]))); // prettier-ignore
  const locator = createLocator({
    schema: 'memwatch/scripts@1',
    nodeVersion: '',
    scripts: [{ id: 3, url: '/app/h.js' }],
  });
  const kept = findingsOf(growth, 'grows', { ...nowhere, locator })[0]?.keptFunctions;
  assert.deepEqual(kept?.map(({ file, line, countPerRound }) => [file, line, countPerRound]), [['/app/h.js', 7, 12]]); // prettier-ignore
  const foreign = findingsOf(growth, 'grows', { ...nowhere, locator, isForeign: () => true })[0]?.keptFunctions;
  assert.deepEqual(foreign, []);
});

test('what slows down is no finding of what grows', async () => {
  const { growth } = await drawGrowth((k) => sessions([1, 5, 7, 7.5][k] ?? 0));
  assert.deepEqual(findingsOf(growth, 'grows', nowhere), []);
  assert.match(findingsOf(growth, 'slows', nowhere)[0]?.title ?? '', /^Map global.sessions gains/);
});

test('the gain of a history is from its first figure to its last', () => {
  assert.deepEqual([totalGain([3, 9, 7]), totalGain([5]), totalGain([])], [4, 0, 0]);
});
