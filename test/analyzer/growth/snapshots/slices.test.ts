/** Slices of strings that keep the long strings that they were cut from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from '#memwatch/analyzer/growth/findings.js';
import { findSlices } from '#memwatch/analyzer/growth/snapshots/slices.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { drawGrowth, upTo, type DrawnGrowth } from '../../../support/drawn-growth.js';

const nowhere = { locator: createLocator(), sourceOf: () => undefined, packageOf: () => undefined };
const slice = (i: number): string => `(sliced string) s${i}:sliced_string 32`;

/** 40 feeds in a Map; the first few of them have a title, which is a slice of their page. */
const feeds = (k: number, titles = 4 * (k + 1), page = 50_000): string =>
  `global -f-> f:closure\nf -internal:context-> system / Context ctx\nctx -context:feeds-> Map feeds\n` +
  `feeds -internal:table-> table:array\n${upTo(40, (i) => `table -internal:${i}-> Object feed${i}`)}\n` +
  upTo(titles, (i) => `feed${i} -title-> ${slice(i)}\ns${i} -internal:parent-> page p${i}:string ${page}`);

const slicesOf = ({ growth }: DrawnGrowth) =>
  growth.regions.map((region) => findSlices(region, growth.last)).find((found) => found !== undefined);

test('a short slice that alone keeps a long string is counted with what it keeps', async () => {
  const found = slicesOf(await drawGrowth((k) => feeds(k)));
  assert.deepEqual(found && [found.count, found.keptBytes], [12, 50_000]);
});

test('a slice is no cause if its string is short, or held by something else too', async () => {
  assert.equal(slicesOf(await drawGrowth((k) => feeds(k, 4 * (k + 1), 30))), undefined);
  const alsoHeld = (k: number): string => `${feeds(k)}\n${upTo(4 * (k + 1), (i) => `feed${i} -page-> p${i}`)}`;
  assert.equal(slicesOf(await drawGrowth(alsoHeld)), undefined);
});

test('the title names the collection, however many objects of it hold slices, and the advice is to copy', async () => {
  const { growth } = await drawGrowth((k) => feeds(k));
  const [finding, ...others] = findingsOf(growth, 'grows', nowhere);
  assert.deepEqual(others, []);
  assert.match(
    finding.title,
    /^Map feeds gains 4 slices of strings a round, and each keeps a whole string of 48\.8 KB$/,
  );
  assert.equal(finding.kind, 'string');
  assert.match(finding.advice ?? '', /slice of a long one.*copy/);
  assert.equal(finding.signature, 'system / Context.feeds > Map.[] > Object > (string)');
});

test('slices that are themselves the entries of a Map are named with it', async () => {
  const { growth } = await drawGrowth(
    (k) =>
      `global -titles-> Map titles\ntitles -internal:table-> table:array\n${upTo(4 * (k + 1), (i) => `table -internal:${i}-> ${slice(i)}\ns${i} -internal:parent-> page p${i}:string 9000`)}`,
  );
  assert.match(findingsOf(growth, 'grows', nowhere)[0]?.title ?? '', /^Map global\.titles gains 4 slices/);
});
