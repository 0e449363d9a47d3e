/** How long the CPU profiles of the agent inside are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCpuWindows } from '#memwatch/inside/cpu-windows.js';

test('the first CPU profile is short, the others as long as they are meant to be', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const startedMs: number[] = [];
  const lengthsMs: number[] = [];
  const windows = createCpuWindows(
    {
      startCpu: async () => void startedMs.push(Date.now()),
      stopCpu: async () => ({}),
    },
    { cpu: () => void lengthsMs.push(Date.now() - (startedMs.at(-1) ?? NaN)) },
  );
  for (let second = 0; second < 40; second++) {
    await windows.pass();
    t.mock.timers.tick(1000);
  }
  assert.equal(startedMs[0], 1_001_000); // not while the program starts
  assert.deepEqual(lengthsMs, [2000, 10_000, 10_000, 10_000]);
});
