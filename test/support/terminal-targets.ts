/** Processes for the tests in a terminal. Each opens its inspector at a different port. */
import type { TestContext } from 'node:test';
import { repository } from './paths.js';
import { startScript, startSource, type StartedTarget } from './targets.js';

const flags = ['--inspect-port=0'];

export const idleTarget = (t: TestContext): Promise<StartedTarget> =>
  startSource(t, `setInterval(() => {}, 50); console.log('ready')`, { flags });

export const leakingTarget = (t: TestContext, perSecond = 2000): Promise<StartedTarget> =>
  startScript(t, repository('samples/dist/growing-cache.js'), { flags, args: [String(perSecond)] });

/** `hot` uses nearly all of the time, in line 3. */
export const busyTarget = (t: TestContext): Promise<StartedTarget> =>
  startSource(
    t,
    [
      'function hot(n) {',
      '  let sum = 0;',
      '  for (let i = 0; i < n; i++) sum += Math.sqrt(i) % 7;',
      '  return sum;',
      '}',
      'function serve() { return hot(4e6); }',
      "console.log('ready');",
      'setInterval(serve, 20);',
    ].join('\n'),
    { flags },
  );
