/** The stack that a thread has most of the time, out of a short profile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeCommonStack, computeStackOf, isState } from '#memwatch/analyzer/cost/stacks.js';
import { drawCalls, type DrawOptions } from '../../support/drawn-calls.js';

const calls = `
  (root)
    (idle)
    (program)
    main app.js:1
      hash app.js:9
      wait app.js:20`;

const drawn = (samples: readonly string[], options: DrawOptions = {}) => drawCalls(calls, { samples, ...options });
const names = (samples: readonly string[]) => computeCommonStack(drawn(samples)).stack.map((frame) => frame.function);

test('the most frequent leaf gives the stack, innermost first, without V8’s own states', () => {
  const profile = drawn(['wait', 'hash', 'hash', 'hash', 'wait', 'hash']);
  const { stack, samples, samplesTaken, idleSamples } = computeCommonStack(profile);
  assert.deepEqual(stack, [
    { function: 'hash', file: 'app.js', line: 9 },
    { function: 'main', file: 'app.js', line: 1 },
  ]);
  // the first half is code that was compiled before the profile began
  assert.deepEqual([samples, samplesTaken, idleSamples], [2, 3, 0]);
});

test('the first half of the samples counts only if the second half has no function', () => {
  assert.deepEqual(names(['wait', 'wait', 'wait', 'hash', 'hash', '(idle)']), ['hash', 'main']);
  assert.deepEqual(names(['wait', 'wait', '(program)', '(idle)', '(idle)', '(idle)']), ['wait', 'main']);
});

test('a thread that only waits for events has no stack, and all of its samples are idle', () => {
  const { stack, samples, samplesTaken, idleSamples } = computeCommonStack(drawn(['(idle)', '(idle)', '(program)', '(idle)'])); // prettier-ignore
  assert.deepEqual([stack, samples, samplesTaken, idleSamples], [[], 0, 4, 3]);
  assert.equal(computeCommonStack(drawCalls(calls)).samplesTaken, 0, 'a profile without samples');
});

test('the innermost line is the one that ran most, not the one where the function begins', () => {
  const lines = [
    { of: 'hash', at: 'app.js:11', self: 1 },
    { of: 'hash', at: 'app.js:12', self: 5 },
    { of: 'wait', at: 'app.js:21', self: 90 },
  ];
  const [first, second] = computeCommonStack(drawn(['hash', 'hash'], { lines })).stack;
  assert.deepEqual([first?.line, second?.line], [12, 1]);
});

test('where V8 had inlined a function the line is not known, so the start of the function stays', () => {
  const lines = [{ of: 'hash', at: 'app.js:9', self: 9, inlined: 1 as const }];
  const { stack, mayBeInlined } = computeCommonStack(drawn(['hash', 'hash'], { lines }));
  assert.deepEqual([stack[0]?.line, mayBeInlined], [9, true]);
});

test('only a precise profile excludes inlining', () => {
  const scripts = { schema: 'memwatch/scripts@1', nodeVersion: 'v22.0.0', scripts: [] } as const;
  const notes = { scripts, thread: 'main thread', precise: true, gc: null, loop: null };
  const lines = [{ of: 'hash', at: 'app.js:10', self: 9 }];
  const precise = computeCommonStack(drawn(['hash'], { lines, values: { notes } }));
  const usual = computeCommonStack(drawn(['hash'], { lines }));
  assert.deepEqual([precise.mayBeInlined, usual.mayBeInlined], [false, true]);
});

test('native code has no file and no line', () => {
  const profile = drawCalls('\n  (root)\n    main app.js:1\n      write', { samples: ['write'] });
  assert.deepEqual(computeStackOf(profile, 2), [
    { function: 'write', file: '', line: 0 },
    { function: 'main', file: 'app.js', line: 1 },
  ]);
  assert.deepEqual([isState(profile, 0), isState(profile, 2)], [true, false]);
});
