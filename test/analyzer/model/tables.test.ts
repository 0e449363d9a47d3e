/** The tables of a model: strings in pages, frames and call trees that are stored once, and threads that become one profile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMarked, twiceAsLong } from '#memwatch/analyzer/model/columns.js';
import { mergeProfiles } from '#memwatch/analyzer/model/merge-profiles.js';
import { createCallTree, createFrameTable, createLocationTable } from '#memwatch/analyzer/model/profile-builder.js';
import { receiveGraph, sendGraph, stringTable } from '#memwatch/analyzer/model/string-table.js';
import { drawCalls } from '../../support/drawn-calls.js';
import { drawHeap } from '../../support/graph.js';

/** Strings as they are in a file, with their quotes, on pages of two strings each. */
const pagesOf = (written: readonly string[]) => {
  const pages: Buffer[] = [];
  const firstOfPage: number[] = [];
  const starts = new Uint32Array(written.length);
  for (let first = 0; first < written.length; first += 2) {
    firstOfPage.push(first);
    const strings = written.slice(first, first + 2);
    starts[first + 1] = Buffer.byteLength(strings[0] ?? '');
    pages.push(Buffer.from(strings.join('')));
  }
  return stringTable({ pages, firstOfPage, starts, count: written.length });
};

const strings = pagesOf([
  '"<dummy>"',
  '"Map"',
  '"caf\\u00E9"',
  '"a \\"quoted\\" word"',
  '"漢字"',
  '"bad \\q"',
  '"Map of Maps"',
]);

test('a string is decoded when it is asked for, with its escapes, from the page that it is in', () => {
  assert.deepEqual([0, 1, 2, 3, 4].map((index) => strings.get(index)), ['<dummy>', 'Map', 'café', 'a "quoted" word', '漢字']); // prettier-ignore
  assert.equal(strings.get(5), 'bad \\q', 'an escape that JSON does not know is shown as it is');
  assert.deepEqual([strings.get(6), strings.get(7), strings.get(-1)], ['Map of Maps', '', '']);
});

test('a string is found whole, in whatever way it is written', () => {
  assert.deepEqual(['Map', 'café', '漢字', 'a "quoted" word', 'Map of Maps'].map((text) => strings.indexOf(text)), [1, 2, 4, 3, 6]); // prettier-ignore
  assert.deepEqual([strings.indexOf('Ma'), strings.indexOf('quoted'), strings.indexOf('')], [-1, -1, -1]);
});

test('all strings that contain a text are found once each', () => {
  assert.deepEqual(strings.containing('Map'), [1, 6]);
  assert.deepEqual([strings.containing('quoted'), strings.containing('Set')], [[3], []]);
});

test('a graph that was sent to another thread has the same strings', () => {
  const { graph } = drawHeap('root -shortcut:global-> global\nglobal -name-> Session s');
  const received = receiveGraph(structuredClone(sendGraph(graph)));
  assert.equal(received.strings.count, graph.strings.count);
  for (let index = 0; index < graph.strings.count; index++)
    assert.equal(received.strings.get(index), graph.strings.get(index));
  assert.deepEqual([...received.nodeName], [...graph.nodeName]);
});

test('a frame is its name and its place; a location its file, line and column', () => {
  const frames = createFrameTable();
  const at = (line: number) => ({ file: 'a.js', line, column: 1 });
  assert.deepEqual([frames.add('f', at(1)), frames.add('f', at(2)), frames.add('f', undefined), frames.add('f', at(1))], [0, 1, 2, 0]); // prettier-ignore
  assert.equal(frames.frames.length, 3);
  const locations = createLocationTable();
  assert.deepEqual([locations.add(at(1)), locations.add({ ...at(1), column: 2 }), locations.add(at(1))], [0, 1, 0]);
});

test('a call tree has one node for a function under each caller', () => {
  const tree = createCallTree();
  const main = tree.child(-1, 7);
  const inner = tree.child(main, 8);
  assert.deepEqual([tree.child(-1, 7), tree.child(main, 8), tree.child(inner, 8)], [main, inner, 2]);
  assert.deepEqual([tree.nodeFrame, tree.nodeParent], [[7, 8, 8], [-1, 0, 1]]); // prettier-ignore
});

test('threads stand side by side under their names; a function of both is one frame', () => {
  const text = '\n  (root)\n    work app.js:3 30';
  const first = drawCalls(text, { lines: [{ of: 'work', at: 'app.js:4', self: 30 }] });
  const second = drawCalls('\n  (root)\n    work app.js:3 5\n    rest app.js:9 7', { lines: [{ of: 'work', at: 'app.js:4', self: 5 }] }); // prettier-ignore
  const counted = { ...first, calls: Float64Array.from([Number.NaN, 4]), durationUs: 100 };
  const alsoCounted = { ...second, calls: Float64Array.from([Number.NaN, 6, 2]), durationUs: 90, warnings: ['lost'] };
  const merged = mergeProfiles([
    { name: 'main thread', profile: counted },
    { name: 'worker 1', profile: alsoCounted },
  ]);
  const names = [...merged.nodeFrame].map((frame) => merged.frames[frame]?.name);
  assert.deepEqual(names, ['main thread', '(root)', 'work', 'worker 1', '(root)', 'work', 'rest']);
  assert.deepEqual([...merged.nodeParent], [-1, 0, 1, -1, 3, 4, 4]);
  assert.deepEqual([...merged.values[0].self], [0, 0, 30, 0, 0, 5, 7]);
  const work = merged.frames.findIndex(({ name }) => name === 'work');
  assert.deepEqual([merged.calls?.[work], merged.durationUs, merged.warnings], [10, 100, ['lost']]);
  assert.deepEqual([[...(merged.lines?.node ?? [])], merged.lines?.locations.length], [[2, 5], 1]);
  assert.equal(mergeProfiles([{ name: 'alone', profile: first }]), first, 'one thread stays as it is');
});

test('a column of bits has 32 in a word, and a list that is too short is copied', () => {
  const bits = new Uint32Array(2);
  bits[1] = 1 << 3;
  assert.deepEqual([isMarked(bits, 35), isMarked(bits, 34), isMarked(bits, 3)], [true, false, false]);
  const longer = twiceAsLong(Uint32Array.from([1, 2, 3]));
  assert.deepEqual([longer.length, ...longer.subarray(0, 3)], [6, 1, 2, 3]);
});
