import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findGrowth } from '#memwatch/analyzer/growth/snapshots/find-growth.js';
import { findingsOf } from '#memwatch/analyzer/growth/findings.js';
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { drawRound, upTo } from '../../../support/drawn-growth.js';
import { drawHeap } from '../../../support/graph.js';

const nowhere = { locator: createLocator(), sourceOf: () => undefined, packageOf: () => undefined };

/** Findings over heaps drawn for k = 0, 1, 2, 3. */
const findings = async (draw: (k: number) => string): Promise<Finding[]> => {
  const sources = [0, 1, 2, 3].map((k) => ({ name: `${k}`, read: async () => drawRound(draw(k)).graph }));
  return findingsOf(await findGrowth(sources), 'grows', nowhere);
};

test('a Map that gains entries through a table that is replaced is the container', async () => {
  const [finding, ...others] = await findings(
    (k) =>
      `global -sessions-> Map sessions\nsessions -internal:table-> table${k}:array 100\n${upTo(4 * (k + 1), (i) => `table${k} -internal:${i}-> Session s${i} 400`)}`,
  );
  assert.deepEqual(others, []);
  assert.equal(finding.container.name, 'Map');
  assert.deepEqual(finding.history, [4, 8, 12, 16]);
  assert.equal(finding.bytesPerRound, 1600);
  assert.equal(finding.signature, 'global.sessions > Map > Session');
});

test('keys and values of one Map are one finding, and a global is named as such', async () => {
  const [finding, ...others] = await findings(
    (k) =>
      `global -users-> Map users\nusers -internal:table-> table${k}:array 100\n${upTo(4 * (k + 1), (i) => `table${k} -internal:${i}-> key k${i}:string 40\ntable${k} -internal:x${i}-> one n${i}:number 16`)}`,
  );
  assert.deepEqual(others, []);
  assert.match(finding.title, /^Map global\.users gains 4 /);
  assert.deepEqual(
    finding.path.map(({ edge, name }) => `${edge} ${name}`),
    [' global', 'users Map'],
  );
});

test('entries that are made anew all the time: what they hold and what stays is what the collection gains', async () => {
  const page = (k: number, i: number): string =>
    `list -internal:${i}-> Entry e${k}_${i} 64\ne${k}_${i} -run-> Task t${k}_${i} 64\nt${k}_${i} -of-> Page p${i} 200\n` +
    upTo(9, (row) => `p${i} -row${row}-> Row r${i}_${row} 400\nr${i}_${row} -page-> p${i}`);
  const [finding, ...others] = await findings(
    (k) => `global -timers-> TimersList list\n${upTo(4 * (k + 1), (i) => page(k, i))}`,
  );
  assert.deepEqual(others, []);
  assert.match(finding.title, /gain 4 Page a round/);
  assert.equal(finding.signature, 'TimersList > Timeout');
  assert.deepEqual(finding.gains.find(({ name }) => name === 'Row')?.countPerRound, 36);
});

test('functions without a name are entries of the array that holds them, although it is replaced each time', async () => {
  const [finding] = await findings(
    (k) =>
      `global -channel-> Channel channel\nchannel -list-> Array list${k} 100\n${upTo(4 * (k + 1), (i) => `list${k} -#${i}-> (anonymous) fn${i}:closure 64\nfn${i} -internal:context-> system / Context c${i} 32`)}`,
  );
  assert.equal(finding.kind, 'array', finding.title);
  assert.match(finding.title, /Channel\.list gains 4 anonymous functions/);
});

test('a long string is named by its variable, whatever number of parts it is made of', async () => {
  const rope = (k: number): string =>
    Array.from(
      { length: 6 * (k + 1) },
      (_, i) => `part p${i + 2}:concatenated_string 32\np${i + 2} -internal:first-> p${i + 1}`,
    )
      .toReversed()
      .join('\n');
  const [finding] = await findings(
    (k) =>
      `global -f-> iterate f:closure 64\nf -internal:context-> system / Context ctx:object 32\nctx -context:log-> p${6 * (k + 1) + 1}\npart p1:concatenated_string 32\n${rope(k)}`,
  );
  assert.match(finding.title, /^string log gains/);
  assert.deepEqual(finding.path.map(({ edge, name }) => `${edge} ${name}`.trim()).slice(0, 3), [
    'global',
    'f iterate()',
    'log (concatenated string)',
  ]);
  assert.ok(finding.path.length < 8, JSON.stringify(finding.path));
});

test('growth is charged to the owner of a list whose old links are permanent', async () => {
  const [finding, ...others] = await findings(
    (k) =>
      `global -recent-> Recent recent\nrecent -newest-> e${3 * (k + 1)}\n${upTo(3 * (k + 1), (i) => `Entry e${i} 300${i === 1 ? '' : `\ne${i} -older-> e${i - 1}\ne${i - 1} -newer-> e${i}`}`)}`,
  );
  assert.deepEqual(others, []);
  assert.equal(finding.container.name, 'Recent');
  assert.equal(finding.kind, 'linked-list');
  assert.equal(finding.countPerRound, 3);
});

test('two causes whose things are shared are two findings, and no byte counts twice', async () => {
  const shared = (k: number, a: string, b: string, name: string): string =>
    `global -${a}-> Array ${a}\nglobal -${b}-> Array ${b}\n${upTo(3 * (k + 1), (i) => `${a} -#${i}-> ${name} ${a}x${i} 500\n${b} -#${i}-> ${a}x${i}`)}`;
  const found = await findings((k) => `${shared(k, 'one', 'two', 'Red')}\n${shared(k, 'three', 'four', 'Blue')}`);
  assert.deepEqual(found.map(({ gains }) => gains[0].name).toSorted(), ['Blue', 'Red']);
  assert.equal(
    found.reduce((sum, { bytesPerRound }) => sum + (bytesPerRound ?? 0), 0),
    3000,
  );
  assert.match(found[0].reasons.join(), /also held by/);
});

test('an object that took over the id of one that died where it was made is another object', async () => {
  // a dictionary's table is replaced by a larger one after the second snapshot, and an unrelated object takes over its id
  const table = (k: number): string => (k < 2 ? 'table' : 'larger');
  const found = await findings(
    (k) =>
      `global -byKey-> Object byKey\nglobal -other-> Object other\nbyKey -internal:properties-> ${table(k)}:array ${k < 2 ? 400 : 800}\n` +
      `${k < 2 ? '' : 'other -internal:elements-> table:array 100\n'}` +
      upTo(5 * (k + 1), (i) => `${table(k)} -internal:${i}-> (key) k${i}:string 40\nbyKey -key${i}-> k${i}`),
  );
  assert.deepEqual(
    found.map(({ history }) => history),
    [[5, 10, 15, 20]],
  );
});

test('bytes that grow where they are, as those of a WebAssembly memory, belong to what holds them', async () => {
  const found = await findings(
    (k) =>
      `global -memory-> Memory memory\nmemory -internal:2-> ArrayBuffer buffer${k}\n` +
      `buffer${k} -internal:backing_store-> system / JSArrayBufferData bytes:native ${65_536 * (k + 1)}`,
  );
  assert.deepEqual(
    found.map(({ kind, bytesPerRound }) => [kind, bytesPerRound]),
    [['buffer', 65_536]],
  );
});

test('what memwatch itself keeps in a target is no finding', async () => {
  const found = await findings(
    (k) =>
      `global -<symbol memwatch>-> Guard guard\nguard -beats-> Array beats\n${upTo(5 * (k + 1), (i) => `beats -#${i}-> Beat b${i} 500`)}`,
  );
  assert.deepEqual(found, []);
});

test('what only the compiler and the stack hold is no finding', async () => {
  const found = await findings(
    (k) =>
      `global -f-> f:closure\nf -internal:code-> c${k}:code 900\nroot -#1-> (Stack_roots) stack:synthetic\n${upTo(5 * (k + 1), (i) => `c${k} -internal:${i}-> Literal l${i} 500\nstack -#${i}-> Local o${i} 500`)}`,
  );
  assert.deepEqual(found, []);
});

test('snapshots of different processes are refused', async () => {
  const other = drawHeap('root -a-> A a\nroot -b-> B b', { ids: { root: 900_001, a: 900_003, b: 900_005 } }).graph;
  const sources = [0, 1, 2].map((k) => ({ name: `${k}`, read: async () => (k === 1 ? other : drawRound('').graph) }));
  await assert.rejects(findGrowth(sources), /not show that they are of one process/);
});

test('two snapshots are refused', async () => {
  const sources = [0, 1].map((k) => ({ name: `${k}`, read: async () => drawRound('').graph }));
  await assert.rejects(findGrowth(sources), /2 snapshots cannot show growth/);
});
