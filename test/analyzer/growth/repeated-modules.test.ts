/** Modules that are imported again and again, each time with another query. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from '#memwatch/analyzer/growth/findings.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { drawGrowth, upTo } from '../../support/drawn-growth.js';

const nowhere = { locator: createLocator(), sourceOf: () => undefined, packageOf: () => undefined };

const titleOf = async (table: string, url: (i: number) => string): Promise<string> => {
  const { growth } = await drawGrowth(
    (k) =>
      `global -cache-> ${table} cache\ncache -internal:table-> table:array\n` +
      upTo(8 * (k + 1), (i) => `table -internal:${2 * i}-> ${url(i)} k${i}:string 80\ntable -internal:${2 * i + 1}-> Job j${i}`), // prettier-ignore
  );
  return findingsOf(growth, 'grows', nowhere)[0]?.title ?? '';
};

test("Node's table of modules is named with the module that repeats, without its query", async () => {
  const title = await titleOf('LoadCache', (i) => `file:/app/config.mjs?t=${i}`);
  assert.match(title, /LoadCache gains .* Job a round and keeps them: most are \/app\/config\.mjs, imported again/);
});

test('not if each is another module, or it is a Map of the program', async () => {
  assert.doesNotMatch(await titleOf('LoadCache', (i) => `file:/app/page${i}.mjs`), /imported/);
  assert.doesNotMatch(await titleOf('Map', (i) => `file:/app/config.mjs?t=${i}`), /imported/);
});
