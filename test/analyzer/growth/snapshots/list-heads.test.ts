/** The head of a ring of links, and what the ring gains where its old links hang on other objects too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from '#memwatch/analyzer/growth/findings.js';
import { createListHeads } from '#memwatch/analyzer/growth/snapshots/list-heads.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { drawGrowth, upTo } from '../../../support/drawn-growth.js';

/** Timers in the order in which they fire: old and new ones alternate. The owners of some old ones are in a Map. */
const timers = (k: number): string => {
  const links = [...Array.from({ length: 9 }, (_, i) => `old${i}`), ...Array.from({ length: 20 * k }, (_, i) => `new${i}`)]; // prettier-ignore
  const mixed = links.toSorted((a, b) => a.slice(3).padStart(3, '0').localeCompare(b.slice(3).padStart(3, '0')));
  const ring = ['list', ...mixed].map((link, i) => {
    const after = mixed[i] ?? 'list';
    const named = (one: string): string => (one === 'list' ? 'list' : `Timeout ${one} 60`);
    return `${link} -_idleNext-> ${named(after)}\n${after} -_idlePrev-> ${link}`;
  });
  return [
    'global -lists-> TimersList list',
    ...ring,
    'global -live-> Map live\nlive -internal:table-> table:array',
    upTo(3, (i) => `table -internal:${i}-> Poller p${i}\np${i} -timer-> old${2 * i}`),
  ].join('\n');
};

test('timers of a list are one finding about the list, whatever else holds the old ones among them', async () => {
  const { growth } = await drawGrowth(timers);

  const nowhere = { locator: createLocator(), sourceOf: () => undefined, packageOf: () => undefined };
  const [finding, ...others] = findingsOf(growth, 'grows', nowhere);
  assert.deepEqual(others, []);
  assert.equal(finding?.title, 'timers gain 20 Timeout a round and keep them');
  assert.equal(finding.signature, 'TimersList > Timeout');
});

test('a ring without an object of another class, a list with an end, and links of two lists have no head', async () => {
  const { growth, node } = await drawGrowth(() =>
    [
      'global -ring-> Link a\na -next-> Link b\nb -next-> a',
      'global -open-> List open\nopen -next-> Link c\nc -next-> Link d',
      'global -head-> List head\nhead -next-> Link e\ne -next-> Link f\nf -next-> head',
    ].join('\n'),
  );
  const headOf = createListHeads(growth.last.graph);
  const named = (name: string): number | undefined => headOf(node(name));
  assert.deepEqual(['a', 'b', 'c', 'd'].map(named), [undefined, undefined, undefined, undefined]);
  assert.deepEqual(['e', 'f', 'head'].map(named), [node('head'), node('head'), node('head')]);
});
