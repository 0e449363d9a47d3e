/** The lines of one function, out of a profile of its whole thread: only its own, in its own file, with what was inlined apart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeSampledLines, type FunctionPlace } from '#memwatch/analyzer/cost/sampled-lines.js';
import { drawCalls } from '../../support/drawn-calls.js';

/** Lines 3 to 6 of app.js. */
const hash: FunctionPlace = {
  name: 'hash',
  file: 'app.js',
  firstLine: 3,
  lastLine: 6,
  text: ['function hash(text) {', '  const salted = text + salt;', '  return digest(salted);', '}'],
};

const calls = `
  (root)
    serve app.js:1 10
      hash app.js:3 100
        digest lib.js:4 40`;

test('time is that of the lines of the function; a caller, a callee and another file are left out', () => {
  const profile = drawCalls(calls, {
    sampleCounts: { serve: 1, hash: 10, digest: 4 },
    lines: [
      { of: 'serve', at: 'app.js:2', self: 10 },
      { of: 'hash', at: 'app.js:5', self: 70 },
      { of: 'hash', at: 'app.js:4', self: 30 },
      { of: 'digest', at: 'lib.js:4', self: 40 },
    ],
  });
  const { lines, samples, inlinedUs } = computeSampledLines(hash, profile, undefined);
  assert.deepEqual(lines.lines.map(({ line, timeUs, ticks, source }) => [line, timeUs, ticks, source]), [[4, 30, 3, '  const salted = text + salt;'], [5, 70, 7, '  return digest(salted);']]); // prettier-ignore
  assert.deepEqual([samples, inlinedUs, lines.calls, lines.allocation], [10, 0, undefined, undefined]);
  assert.equal(lines.lines[0]?.hits, undefined, 'samples do not count hits');
});

test('the same line in two nodes of the tree is one row', () => {
  const twice = `
  (root)
    hash app.js:3 20
    serve app.js:1
      again app.js:3 60`;
  const profile = drawCalls(twice, {
    sampleCounts: { hash: 2, again: 6 },
    lines: [
      { of: 'hash', at: 'app.js:5', self: 20 },
      { of: 'again', at: 'app.js:5', self: 60 },
    ],
  });
  const { lines, samples } = computeSampledLines(hash, profile, undefined);
  assert.deepEqual(lines.lines.map(({ line, timeUs, ticks }) => [line, timeUs, ticks]), [[5, 80, 8]]); // prettier-ignore
  assert.equal(samples, 8);
});

test('time of inlined functions belongs to no line, and is given as a sum', () => {
  const profile = drawCalls(calls, {
    sampleCounts: { hash: 10 },
    lines: [
      { of: 'hash', at: 'app.js:3', self: 25, inlined: 1 },
      { of: 'hash', at: 'app.js:5', self: 75, inlined: 2 },
    ],
  });
  const { lines, inlinedUs } = computeSampledLines(hash, profile, undefined);
  assert.deepEqual(lines.lines.map(({ line, timeUs }) => [line, timeUs]), [[5, 75]]); // prettier-ignore
  assert.equal(inlinedUs, 25);
});

test('what it allocated is that of the function and of those nested in it, not of what it called elsewhere', () => {
  const cpu = drawCalls(calls);
  const allocations = drawCalls(
    `
  (root)
    serve app.js:1 1000
      hash app.js:3 200
        nested app.js:5 30
        digest lib.js:4 4000
    after app.js:7 9000`,
    { kind: 'allocations' },
  );
  const { lines, samples } = computeSampledLines(hash, cpu, allocations);
  assert.deepEqual(lines.allocation, { bytes: 230, liveBytes: undefined });
  assert.deepEqual([lines.lines, samples], [[], 0], 'a profile without lines has none to show');
});

test('a node without time of its own has no ticks', () => {
  const profile = drawCalls('\n  (root)\n    hash app.js:3 0', {
    sampleCounts: { hash: 5 },
    lines: [{ of: 'hash', at: 'app.js:4', self: 0 }],
  });
  assert.deepEqual(computeSampledLines(hash, profile, undefined).lines.lines[0]?.ticks, 0);
});
