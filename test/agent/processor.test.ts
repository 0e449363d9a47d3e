import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { slowdownOf, tryProcessor } from '#memwatch/agent/process/processor.js';
import { startSource } from '../support/targets.js';

test('what waited as long as it ran takes twice as long; the waits of several threads are added up', () => {
  assert.equal(slowdownOf([{ ranNs: 2e6, waitedNs: 2e6 }]), 2);
  const ofMany = slowdownOf([
    { ranNs: 1e6, waitedNs: 8e6 },
    { ranNs: 3e6, waitedNs: 0 },
  ]);
  assert.equal(ofMany, 3);
  assert.equal(slowdownOf([{ ranNs: 0, waitedNs: 0 }]), 1, 'a system that does not say it');
});

test('memwatch sees that it waits for a processor where others are busy', async (t) => {
  const busy = `console.log('ready'); const end = Date.now() + 20_000; while (Date.now() < end);`;
  await tryProcessor(); // the next counts from here
  const others = Array.from({ length: 3 * availableParallelism() }, () => startSource(t, busy));
  await Promise.all(others);
  const waits = await tryProcessor();
  assert.ok(waits.ranNs > 0);
  assert.ok(slowdownOf([waits]) > 1.2, JSON.stringify(waits));
});
