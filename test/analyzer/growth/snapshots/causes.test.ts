/** Who holds what grows in one region: one cause, several, or none of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causesOf } from '#memwatch/analyzer/growth/snapshots/causes.js';
import { nodeName } from '#memwatch/analyzer/model/heap-graph.js';
import { drawGrowth, upTo } from '../../../support/drawn-growth.js';

interface ShownCause {
  readonly holders: string[];
  readonly classes: string[];
  readonly share: number;
  readonly reachedBytes: number;
}

/** The causes in the region at that node. */
const causes = async (draw: (k: number) => string, at: string): Promise<ShownCause[]> => {
  const { growth, node } = await drawGrowth(draw);
  const region = growth.regions.find((one) => one.node === node(at));
  assert.ok(region !== undefined, `no region grows at ${at}`);
  const others = growth.regions.filter((one) => one !== region).flatMap(({ members }) => members);
  const { graph } = growth.last;
  return causesOf(region, new Set(others), growth.entries, growth.last, growth.classes).map((cause) => ({
    holders: [...new Set(cause.growing.map(({ holder }) => nodeName(graph, holder)))].toSorted(),
    classes: region.classes
      .filter(({ classNumber }) => cause.has(classNumber))
      .map(({ classNumber }) => growth.classes.nameOf(classNumber)),
    share: cause.share,
    reachedBytes: cause.reachedBytes,
  }));
};

/** Two collections under `global` that gain the same three things a round. */
const pair = (k: number, [one, two]: readonly [string, string], name: string, bytes: number): string => {
  const [a, b] = [one.toLowerCase(), two.toLowerCase()];
  const things = (i: number): string => `${a} -#${i}-> ${name} ${a}x${i} ${bytes}\n${b} -#${i}-> ${a}x${i}`;
  return `global -${a}-> ${one} ${a}\nglobal -${b}-> ${two} ${b}\n${upTo(3 * (k + 1), things)}`;
};

test('one holder is the only cause of all', async () => {
  const found = await causes(
    (k) => `global -cache-> Map cache\n${upTo(4 * (k + 1), (i) => `cache -internal:${i}-> Session s${i} 100`)}`,
    'cache',
  );
  assert.deepEqual(found, [{ holders: ['Map'], classes: ['Session'], share: 1, reachedBytes: 1200 }]);
});

test('holders of the same things are one cause; each of two causes has its share of the bytes', async () => {
  const found = await causes(
    (k) => `${pair(k, ['One', 'Two'], 'Red', 300)}\n${pair(k, ['Three', 'Four'], 'Blue', 100)}`,
    'global',
  );
  assert.deepEqual(found, [
    { holders: ['One', 'Two'], classes: ['Red'], share: 0.75, reachedBytes: 9 * 300 },
    { holders: ['Four', 'Three'], classes: ['Blue'], share: 0.25, reachedBytes: 9 * 100 },
  ]);
});

test('a byte that two causes reach counts half for each', async () => {
  const found = await causes(
    (k) =>
      `${pair(k, ['One', 'Two'], 'Red', 300)}\n${pair(k, ['Three', 'Four'], 'Blue', 300)}\n` +
      upTo(3 * (k + 1), (i) => `onex${i} -own-> Common c${i} 200\nthreex${i} -own-> c${i}`),
    'global',
  );
  assert.deepEqual(
    found.map(({ share, reachedBytes }) => [share, reachedBytes]),
    [
      [0.5, 9 * 500],
      [0.5, 9 * 500],
    ],
  );
});

test('what growing things of other regions hold together is no cause by itself', async () => {
  const draw = (k: number): string =>
    `global -jobs-> Array jobs\nglobal -runs-> Array runs\n` +
    upTo(
      3 * (k + 1),
      (i) =>
        `jobs -#${i}-> Job j${i} 40\nruns -#${i}-> Run r${i} 40\nj${i} -state-> State s${i} 90\nr${i} -state-> s${i}`,
    );
  assert.deepEqual(await causes(draw, 'global'), []);
  assert.deepEqual((await causes(draw, 'jobs')).map(({ holders }) => holders), [['Array']]); // prettier-ignore
});

test('nor is it one if those things retain one another more often than they are retained from there', async () => {
  const things = (i: number): string =>
    `ready -#${i}-> Wrapper w${i} 50\nw${i} -on-> Promise p${i} 100\nerror -#${i}-> Wrapper e${i} 50\ne${i} -on-> p${i}\n` +
    `p${i} -a-> Reaction r${i} 40\nr${i} -b-> Context c${i} 40\nc${i} -c-> p${i}\nr${i} -d-> p${i}\nc${i} -e-> r${i}`;
  const draw = (k: number): string =>
    `global -bus-> Object bus\nbus -ready-> Array ready\nbus -error-> Array error\n${upTo(3 * (k + 1), things)}`;
  assert.deepEqual(await causes(draw, 'bus'), []);
  assert.equal((await causes(draw, 'ready')).length, 1);
});

test('a list without a collection is a cause without holders', async () => {
  const found = await causes(
    (k) =>
      `global -recent-> Recent recent\nrecent -first-> e1\nEntry e1 300\n` +
      upTo(3 * (k + 1), (i) => `e${i} -next-> Entry e${i + 1} 300\ne${i + 1} -previous-> e${i}`),
    'recent',
  );
  assert.deepEqual(found, [{ holders: [], classes: ['Entry'], share: 1, reachedBytes: 9 * 300 }]);
});
