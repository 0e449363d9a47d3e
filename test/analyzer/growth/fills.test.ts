/** A collection that the code itself bounds: by a cap or a timer that has not taken effect yet, until it is passed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedBySlots } from '#memwatch/analyzer/growth/fills.js';
import { findingsOf } from '#memwatch/analyzer/growth/findings.js';
import { createLiveLimits, type LiveLimits } from '#memwatch/analyzer/growth/live-limits.js';
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { drawGrowth, upTo } from '../../support/drawn-growth.js';

const direct = `global -timers-> Timeout t\nt -_onTimeout-> expire:closure\n`;

/**
 * A Map `cache` in a module whose text is `code`; it gains ten sessions a round. `timer` is where the function begins that a
 * timer runs.
 */
const found = async (code: string, watchedMs?: number, timer?: Place, way = direct): Promise<Finding | undefined> => {
  const heap = (k: number): string =>
    `${timer === undefined ? '' : way}` +
    `global -remember-> remember:closure\nremember -internal:context-> system / Context module\n` +
    `module -context:cache-> Map cache\ncache -internal:table-> table:array\n` +
    upTo(10 * (k + 1), (i) => `table -internal:${i}-> Session s${i}`);
  const { growth } = await drawGrowth(heap, { remember: [7, 0, 0], ...(timer && { expire: timer }) });
  const locator = createLocator({ schema: 'memwatch/scripts@1', nodeVersion: 'v22.0.0', scripts: [{ id: 7, url: '/app/cache.js' }] }); // prettier-ignore
  const options = { locator, sourceOf: () => code, packageOf: () => undefined, watchedMs };
  return findingsOf(growth, 'grows', options)[0];
};
const textFor = async (code: string, watchedMs?: number, timer?: Place): Promise<string | undefined> =>
  (await found(code, watchedMs, timer))?.bounded?.text;
type Place = readonly [scriptId: number, line: number, column: number];

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
  const entry = [7, 2, 13] as const;
  assert.match(
    (await textFor(code, undefined, entry)) ?? '',
    /cache\.js:3 deletes each entry after 10 min; look again after that$/,
  );
  assert.match((await textFor(code, 30_000, entry)) ?? '', /when it should hold about 600 and grow no more$/);
  assert.equal(await textFor(code, 1_000_000, entry), undefined, 'the time has passed, and it still grows');
});

const sweep = `${adds} };\nsetInterval(() => { for (const key of cache.keys()) cache.delete(key); }, 5000);`;

test('an interval that sweeps', async () => {
  const text = await textFor(sweep, undefined, [7, 2, 12]);
  assert.match(text ?? '', /cache\.js:3 deletes what has expired by a timer, again and again/);
});

test('a sweep that no timer runs bounds nothing', async () => {
  assert.equal((await found(sweep))?.bounded, undefined, 'no timer at all');
  assert.equal(await textFor(sweep, undefined, [7, 1, 17]), undefined, 'a timer that runs something else');
  assert.equal(await textFor(sweep, undefined, [8, 2, 12]), undefined, 'a timer of another script');
  const later = `${adds} };\nasync function sweep() { cache.clear(); setTimeout(sweep, 99); }`;
  assert.match((await textFor(later)) ?? '', /cache\.js:3 deletes/, 'it sets its next timer when it is done');
  assert.match(
    (await textFor(sweep.replace('setInterval', 'clock.setInterval'))) ?? '',
    /by a timer/,
    'no timer of Node',
  );
});

test('a sweep that a timer runs bound, or in a wrapper', async () => {
  const named = `${adds} };\nfunction sweep() { cache.clear(); }\nsetInterval(sweep.bind(null), 5000);`;
  const bound = `global -timers-> Timeout u\nu -_onTimeout-> native_bind b:closure\nb -internal:bound_function-> expire:closure\n`;
  const wrapped = `global -timers-> Timeout u\nu -_onTimeout-> w:closure\nw -internal:context-> system / Context c\nc -context:run-> expire:closure\n`;
  for (const way of [bound, wrapped]) {
    const finding = await found(named, undefined, [7, 2, 14], way);
    assert.match(finding?.bounded?.text ?? '', /cache\.js:4 deletes/);
  }
});

/** A property `items` of a Cache, with what its properties hold in the running program. */
const inClass = async (code: string, limits?: LiveLimits): Promise<string | undefined> => {
  const heap = (k: number): string =>
    `global -remember-> remember:closure\nremember -internal:context-> system / Context module\n` +
    `module -context:cache-> Cache cache\ncache -__proto__-> proto\nproto -constructor-> make:closure\n` +
    `cache -items-> Map items\nitems -internal:table-> table:array\n` +
    upTo(10 * (k + 1), (i) => `table -internal:${i}-> Session s${i}`);
  const { growth } = await drawGrowth(heap, { remember: [7, 0, 0], make: [7, 0, 6] });
  const locator = createLocator({ schema: 'memwatch/scripts@1', nodeVersion: 'v22.0.0', scripts: [{ id: 7, url: '/app/cache.js' }] }); // prettier-ignore
  const options = { locator, sourceOf: () => code, packageOf: () => undefined, limits };
  return findingsOf(growth, 'grows', options)[0]?.bounded?.text;
};

test('a limit that only the running program knows', async () => {
  const code = `class Cache { items = new Map(); constructor({ max = 0 }) { this.max = max; }
    set(k, v) { this.items.set(k, v);
      if (this.max && this.items.size > this.max) this.items.delete(this.items.keys().next().value); } }`;
  const asked = createLiveLimits();
  assert.match((await inClass(code, asked)) ?? '', /cache\.js:3 compares its size with a limit/);
  assert.deepEqual([...new Set(asked.asked().map(({ path }) => path.join('.')))], ['max']);
  const heapId = asked.asked()[0]?.heapId ?? 0;
  const withValue = (value: number): Promise<string | undefined> =>
    inClass(code, createLiveLimits([{ heapId, path: ['max'], value }]));
  assert.match((await withValue(1000)) ?? '', /cache\.js:3 limits it to 1,000, and it holds 40/);
  assert.equal(await withValue(20), undefined, 'it has been passed');
  for (const none of [0, -1, Infinity]) assert.equal(await withValue(none), undefined, `${none} is no limit`);
});

test('slots: each of a fixed number of objects keeps one thing', () => {
  assert.equal(boundedBySlots(undefined), undefined);
  assert.match(
    boundedBySlots({ filled: 36, all: 1200 })?.text ?? '',
    /each of 1,200 objects keeps one at a time, and 36 of/,
  );
});
