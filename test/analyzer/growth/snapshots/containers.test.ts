/** The container of a cause, the class of its entries, and their number in each snapshot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causesOf } from '#memwatch/analyzer/growth/snapshots/causes.js';
import { findContainer } from '#memwatch/analyzer/growth/snapshots/containers.js';
import { drawGrowth, upTo } from '../../../support/drawn-growth.js';

/** The container of the only cause, with its nodes named by these handles. */
const container = async (draw: (k: number) => string, ...handles: string[]) => {
  const { growth, node } = await drawGrowth(draw);
  const [region] = growth.regions;
  assert.ok(region !== undefined && growth.regions.length === 1, `${growth.regions.length} regions grow`);
  const [cause] = causesOf(region, new Set(), growth.entries, growth.last, growth.classes);
  assert.ok(cause !== undefined);
  const found = findContainer(cause, growth.last, growth.paths, growth.classes);
  const nameOf = (at: number): string => handles.find((handle) => node(handle) === at) ?? `node ${at}`;
  const { chained, history } = found;
  return {
    node: nameOf(found.node),
    entry: nameOf(found.entry),
    alsoHeldBy: found.alsoHeldBy.map(nameOf),
    entries: growth.classes.nameOf(found.entryClass),
    chained,
    history,
  };
};

test('a Map is found through its table; entries that were always there count, and the oldest new one is the example', async () => {
  const draw = (k: number): string =>
    `global -cache-> Map cache\ncache -internal:table-> table${k}:array 100\n` +
    upTo(4 * (k + 1), (i) => `table${k} -internal:${i}-> Session s${i} 100`);
  assert.deepEqual(await container(draw, 'cache', 's5'), {
    node: 'cache',
    entry: 's5',
    alsoHeldBy: [],
    entries: 'Session',
    chained: false,
    history: [4, 8, 12, 16],
  });
});

test('of two fields with the same entries each run names the same, in whatever order V8 keeps them', async () => {
  const draw = (fields: readonly string[]) => (k: number) =>
    `global -metrics-> Metrics metrics\n${fields.map((field) => `metrics -${field}-> List ${field}`).join('\n')}\n` +
    upTo(4 * (k + 1), (i) => fields.map((field) => `${field} -#${i}-> Metric m${i} 100`).join('\n'));
  for (const fields of [
    ['byname', 'order'],
    ['order', 'byname'],
  ] as const)
    assert.equal((await container(draw(fields), ...fields)).node, 'byname', fields.join());
});

test('the example is an entry itself, not an older object of its class that an entry holds', async () => {
  const draw = (k: number): string =>
    upTo(4 * (k + 1), (i) => `r${i} -session-> Session s${i} 10`) +
    `\nglobal -cache-> Map cache\n` +
    upTo(4 * (k + 1), (i) => `cache -#${i}-> Session t${i} 100\nt${i} -request-> Request r${i}`);
  const { entry, entries } = await container(draw, 's5', 't5');
  assert.deepEqual([entries, entry], ['Session', 't5']);
});

test('objects of a class name the entries before strings do, though there are fewer', async () => {
  const draw = (k: number): string =>
    `global -cache-> Map cache\n` +
    upTo(
      4 * (k + 1),
      (i) => `cache -internal:k${i}-> key k${i}:string 30${i % 2 === 0 ? `\ncache -internal:${i}-> User u${i}` : ''}`,
    );
  const { entries, history } = await container(draw);
  assert.deepEqual({ entries, history }, { entries: 'User', history: [2, 4, 6, 8] });
});

test('of two holders of the same entries one is the container, and the other is named with it', async () => {
  const draw = (k: number): string =>
    `global -near-> Array near\nglobal -deep-> Store deep\ndeep -far-> Array far\n` +
    upTo(3 * (k + 1), (i) => `near -#${i}-> Job j${i} 100\nfar -#${i}-> j${i}`);
  const found = await container(draw, 'near', 'far');
  assert.deepEqual([found.node, found.alsoHeldBy], ['near', ['far']]);
});

test('a collection that is replaced each time is the container, and not the variable that holds it', async () => {
  const draw = (k: number): string =>
    `global -f-> f:closure\nf -internal:context-> system / Context ctx\nctx -context:jobs-> Array jobs${k + 1}\n` +
    upTo(4 * (k + 1), (i) => `jobs${k + 1} -#${i}-> Job j${i} 100`);
  const found = await container(draw, 'jobs4', 'ctx');
  assert.deepEqual([found.node, found.entries, found.chained, found.history], ['jobs4', 'Job', false, [4, 8, 12, 16]]);
});

test('entries that each hold a hundred of the same class are those of a collection, and no list', async () => {
  const draw = (k: number): string =>
    `global -reports-> Array reports\n` +
    upTo(k + 1, (i) => `reports -#${i}-> Object r${i} 20\nr${i} -rows-> Array list${i}\n${rowsOf(i)}`);
  const rowsOf = (i: number): string => upTo(100, (j) => `list${i} -#${j}-> Object row${i * 1000 + j} 50`);
  const { node, entries, chained, history } = await container(draw, 'reports');
  assert.deepEqual({ node, entries, chained, history }, { node: 'reports', entries: 'Object', chained: false, history: [1, 2, 3, 4] }); // prettier-ignore
});

test('an array that is replaced by a longer one in each round is a collection, though what it gains are arrays, too', async () => {
  const draw = (k: number): string =>
    `global -channel-> Channel ch\nch -subs-> Array subs${k + 1}\n` +
    upTo(4 * (k + 1), (i) => `subs${k + 1} -#${i}-> onQuery q${i}:closure 64\nq${i} -seen-> Array a${i} 100`);
  const found = await container(draw, 'subs4', 'ch');
  assert.deepEqual([found.node, found.entries, found.chained, found.history.at(-1)], ['subs4', 'onQuery()', false, 16]);
});

test('entries that hold one another are a list', async () => {
  const draw = (k: number): string =>
    `global -recent-> Recent recent\nrecent -first-> Entry e1 300\n` +
    upTo(3 * (k + 1), (i) => `e${i} -next-> Entry e${i + 1} 300`);
  const found = await container(draw, 'recent');
  assert.deepEqual([found.node, found.entries, found.chained], ['recent', 'Entry', true]);
  assert.deepEqual(found.history.map((count) => count - (found.history[0] ?? 0)), [0, 3, 6, 9]); // prettier-ignore
});

test('so are the nodes of a tree, though most of them hang on leaves that were there before', async () => {
  const draw = (k: number): string =>
    `global -tree-> Tree tree\ntree -root-> Node n1 300\n` +
    upTo(12 + 8 * k, (i) => `n${Math.ceil(i / 2)} -${i % 2 === 0 ? 'left' : 'right'}-> Node n${i + 1} 300`);
  const found = await container(draw, 'tree');
  assert.deepEqual([found.node, found.entries, found.chained], ['tree', 'Node', true]);
});

test('if many objects of one kind gain a few each, one of them is the container, not what is above all of them', async () => {
  const draw = (k: number): string =>
    `global -timer-> Timeout timer${k}\ntimer${k} -users-> Array users\n${upTo(16, (i) => `users -#${i}-> Object user${i}`)}\n` +
    upTo(4 * (k + 1), (i) => `user${i} -visit-> text v${i}:string 500`);
  const { growth, node } = await drawGrowth(draw);
  const [region] = growth.regions;
  assert.ok(region !== undefined);
  const [cause] = causesOf(region, new Set(), growth.entries, growth.last, growth.classes);
  assert.ok(cause !== undefined);
  assert.equal(findContainer(cause, growth.last, growth.paths, growth.classes).node, region.node);
  assert.notEqual(region.node, node('timer3'));
});
