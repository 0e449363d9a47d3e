/** Functions of a bundle of one line are distinguished by their columns: in the tables of functions and of lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeLines } from '#memwatch/analyzer/cost/lines.js';
import { columnsOfFrames } from '#memwatch/analyzer/cost/shared-lines.js';
import type { Frame, Profile } from '#memwatch/analyzer/model/profile.js';
import { cutPlace, showPlace } from '#memwatch/report/place.js';

const frame = (name: string, file: string, line: number, column: number): Frame => ({
  name,
  location: { file, line, column },
});
const bundle = '/app/bundle.js';
const frames: Frame[] = [
  { name: '(root)', location: undefined },
  frame('walk', bundle, 1, 119),
  frame('price', bundle, 1, 190),
  frame('serve', '/app/server.js', 9, 3),
];

test('the column stands only where functions begin on one line', () => {
  assert.deepEqual(columnsOfFrames(frames), [undefined, 119, 190, undefined]);
  assert.deepEqual(columnsOfFrames([frames[1], frames[1]]), [undefined, undefined], 'one function, twice');
  const module = frame('(anonymous)', '/app/server.js', 1, 1);
  assert.deepEqual(columnsOfFrames([module, frame('leaf', '/app/server.js', 1, 14)]), [undefined, undefined]);
});

test('the cost of a line that several functions share is divided by function', () => {
  const locations = [
    { file: bundle, line: 1, column: 0 },
    { file: '/app/server.js', line: 10, column: 0 },
  ];
  const lines = { node: [1, 2, 3], location: [0, 0, 1], self: [30, 10, 5], inlined: [0, 0, 0], locations };
  const profile = { frames, nodeFrame: [0, 1, 2, 3], lines } as unknown as Profile; // the fields that the pass reads
  const rows = computeLines(profile).map(({ file, line, column, self }) => [file, line, column, self]);
  assert.deepEqual(rows, [
    [bundle, 1, 119, 30],
    [bundle, 1, 190, 10],
    ['/app/server.js', 10, undefined, 5],
  ]);
});

test('a place with a column', () => {
  assert.equal(showPlace({ file: bundle, line: 1, column: 119 }, '/app'), 'bundle.js:1:119');
  assert.equal(showPlace({ file: bundle, line: 1 }, '/app'), 'bundle.js:1');
  assert.equal(cutPlace(bundle, 1, 40, 119), '/app/bundle.js:1:119');
});
