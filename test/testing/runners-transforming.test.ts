/** The example projects under runners that transform and sandbox code, as users run them: without flags. Each
 * runs the part of its tests that takes little time. */
import { test } from 'node:test';
import { samplePasses } from '../support/runners.js';

test('the assertions work under Vitest', (t) =>
  samplePasses(t, 'vitest', 'vitest/vitest.mjs', /1 passed/, 'run', '-t', 'never closed'));

test('the assertions work under Jest, in CommonJS', (t) =>
  samplePasses(t, 'jest', 'jest/bin/jest.js', /2 passed/, '-t', 'never closed|thousand'));
