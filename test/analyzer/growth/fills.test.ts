/** A collection that the code itself bounds: by a cap or a timer that has not taken effect yet, until it is passed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedBySlots } from '#memwatch/analyzer/growth/fills.js';
import { findingsOf } from '#memwatch/analyzer/growth/findings.js';
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { drawGrowth, upTo } from '../../support/drawn-growth.js';

/** A Map `cache` in a module whose text is `code`; it gains ten sessions a round. */
const found = async (code: string, watchedMs?: number): Promise<Finding | undefined> => {
  const heap = (k: number): string =>
    `global -remember-> remember:closure\nremember -internal:context-> system / Context module\n` +
    `module -context:cache-> Map cache\ncache -internal:table-> table:array\n` +
    upTo(10 * (k + 1), (i) => `table -internal:${i}-> Session s${i}`);
  const { growth } = await drawGrowth(heap, { remember: [7, 0, 0] });
  const locator = createLocator({ schema: 'memwatch/scripts@1', nodeVersion: 'v22.0.0', scripts: [{ id: 7, url: '/app/cache.js' }] }); // prettier-ignore
  const options = { locator, sourceOf: () => code, packageOf: () => undefined, watchedMs };
  return findingsOf(growth, 'grows', options)[0];
};
const textFor = async (code: string, watchedMs?: number): Promise<string | undefined> =>
  (await found(code, watchedMs))?.bounded?.text;

const adds = 'const cache = new Map();\nconst remember = (key, value) => { cache.set(key, value);';

test('code that only adds bounds nothing', async () => {
  const finding = await found(`${adds} };`);
  assert.match(finding?.title ?? '', /^Map cache gains 10 Session a round/);
  assert.equal(finding?.bounded, undefined);
});

test('a cap that is not reached: the line, the limit, and when it should be reached', async () => {
  const code = `${adds}\n  if (cache.size > 1000) cache.delete(cache.keys().next().value); };`;
  const finding = await found(code);
  assert.match(finding?.bounded?.text ?? '', /cache\.js:3 limits it to 1,000, and it holds 40; look again when/);
  assert.deepEqual(finding?.bounded?.location, { file: '/app/cache.js', line: 3, column: 3 });
  assert.match((await textFor(code, 30_000)) ?? '', /more than the limit, in about 16 min$/);
});

test('a cap that has been passed bounds nothing', async () => {
  assert.equal(await textFor(`${adds}\n  if (cache.size > 30) cache.delete(key); };`), undefined);
});

test('a cap that is no constant is reported without a number', async () => {
  const text = await textFor(`${adds}\n  if (cache.size > options.max) cache.delete(key); };`);
  assert.match(text ?? '', /cache\.js:3 compares its size with a limit, which was not reached/);
});

test('a timer for each entry: how long it keeps one, and how many that makes', async () => {
  const code = `${adds}\n  setTimeout(() => cache.delete(key), 600_000); };`;
  assert.match((await textFor(code)) ?? '', /cache\.js:3 deletes each entry after 10 min; look again after that$/);
  assert.match((await textFor(code, 30_000)) ?? '', /when it should hold about 600 and grow no more$/);
  assert.equal(await textFor(code, 1_000_000), undefined, 'the time has passed, and it still grows');
});

test('an interval that sweeps', async () => {
  const text = await textFor(
    `${adds} };\nsetInterval(() => { for (const key of cache.keys()) cache.delete(key); }, 5000);`,
  );
  assert.match(text ?? '', /cache\.js:3 deletes what has expired by a timer, again and again/);
});

test('slots: each of a fixed number of objects keeps one thing', () => {
  assert.equal(boundedBySlots(undefined), undefined);
  assert.match(
    boundedBySlots({ filled: 36, all: 1200 })?.text ?? '',
    /each of 1,200 objects keeps one at a time, and 36 of/,
  );
});
