/** How many calls a round has: enough to prove something, no more than a moment, and no more than memory allows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsOfLongRound, gainPerCall, heldBytes, warmUp } from '#memwatch/leaks/round-size.js';
import { reading } from '../support/check-report.js';
import { simulate, type Program } from '../support/simulated-subject.js';

const callsOf = async (program: Partial<Program>): Promise<number> =>
  (await warmUp(simulate({ entriesAfter: () => 0, ...program }).subject)).calls;

test('fast calls make a round of two thousand, slow ones of a few, and heavy ones of fewer', async () => {
  assert.equal(await callsOf({ msPerCall: 0.001 }), 2000);
  assert.equal(await callsOf({ msPerCall: 1 }), 600);
  assert.equal(await callsOf({ msPerCall: 1000 }), 5);
  assert.equal(await callsOf({ entriesAfter: (calls) => calls, bytesPerEntry: 2 ** 20, msPerCall: 0.001 }), 8);
});

test('declared iterations: a round is a whole number of them, about two hundred calls if there is time', async () => {
  assert.equal(await callsOf({ step: 64, msPerCall: 0.01 }), 256);
  assert.equal(await callsOf({ step: 1000, msPerCall: 0.01 }), 1000);
  assert.equal(await callsOf({ step: 64, msPerCall: 10 }), 64);
});

test('the warm-up makes two rounds of calls before anything counts', async () => {
  const simulated = simulate({ entriesAfter: () => 0, msPerCall: 1 });
  const { calls } = await warmUp(simulated.subject);
  const made = simulated.done.flatMap((one) => (one.startsWith('run ') ? [Number(one.slice(4))] : []));
  assert.ok(made.reduce((sum, one) => sum + one, 0) >= 2 * calls);
});

test('the gain of a call is that from the first reading to the last, on the heap, outside it, and in handles', () => {
  const before = reading({ heapUsedBytes: 1000, externalBytes: 500, resources: { Timeout: 1 }, fileDescriptors: 20 });
  const after = reading({ heapUsedBytes: 3000, externalBytes: 1500, resources: { Timeout: 5 }, fileDescriptors: 40 });
  assert.equal(heldBytes(after), 4500);
  assert.deepEqual(gainPerCall([before, before, after], 10), { bytes: 300, handles: 2 });
  assert.deepEqual(gainPerCall([after, before], 10).handles, 0, 'what is given back is no gain');
  assert.deepEqual(gainPerCall([], 10), { bytes: 0, handles: 0 });
});

test('a long round has at least two normal ones, unless it would add too much to memory or to handles', () => {
  const size = { calls: 200, step: 1 };
  assert.equal(callsOfLongRound(size, 10_000, { bytes: 0, handles: 0 }), 10_000);
  assert.equal(callsOfLongRound(size, 100, { bytes: 0, handles: 0 }), 200);
  assert.equal(callsOfLongRound(size, 10_000, { bytes: 2 ** 14, handles: 0 }), 1200, '16 MB, as whole rounds');
  assert.equal(callsOfLongRound(size, 10_000, { bytes: 2 ** 20, handles: 0 }), 200, 'one, if even that is too much');
  assert.equal(callsOfLongRound(size, 10_000, { bytes: 0, handles: 1 }), 600, '500 handles, as whole rounds');
});
