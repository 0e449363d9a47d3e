/** The example projects under runners that transform and sandbox code, as users run them: without flags. */
import { test } from 'node:test';
import { samplePasses } from '../support/runners.js';

test('the assertions work under Vitest', (t) => samplePasses(t, 'vitest', 'vitest/vitest.mjs', /3 passed/, 'run'));

test('the assertions work under Jest, in CommonJS', (t) => samplePasses(t, 'jest', 'jest/bin/jest.js', /3 passed/));
