/** Growth that fills properties of objects that were there from the start, and stops when each has one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from '#memwatch/analyzer/growth/findings.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { drawGrowth, upTo } from '../../../support/drawn-growth.js';

const nowhere = { locator: createLocator(), sourceOf: () => undefined, packageOf: () => undefined };

/** 100 feeds in a Map; the first few of them hold what `title` draws. */
const feeds = (k: number, title: (i: number, k: number) => string, filled = 12 * (k + 1)): string =>
  `global -feeds-> Map feeds\nfeeds -internal:table-> table:array\n` +
  `${upTo(100, (i) => `table -internal:${i}-> Feed feed${i}`)}\n${upTo(filled, (i) => `feed${i} -title-> ${title(i, k)}`)}`;

const boundedOf = async (title: (i: number, k: number) => string, filled?: number): Promise<(string | undefined)[]> => {
  const { growth } = await drawGrowth((k) => feeds(k, title, filled));
  return findingsOf(growth, 'grows', nowhere).map(({ bounded }) => bounded?.text);
};

test('one thing for each object that was there from the start is bounded by their number', async () => {
  const [text, ...others] = await boundedOf((i) => `(string) s${i}:string 60`);
  assert.deepEqual(others, []);
  assert.match(text ?? 'none', /each of 100 objects keeps one at a time, and 36 of them got one while/);
});

test('not if the thing is a tree of such objects, or grows itself', async () => {
  assert.deepEqual(await boundedOf((i) => `Feed below${i}`), [undefined]);
  const grows = (i: number, k: number): string => `Log log${i} ${100 * 2 ** k}`;
  assert.deepEqual(await boundedOf(grows), [undefined]);
});
