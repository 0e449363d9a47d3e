/** expectNoLeak, trackGrowth and limitMemory in this process: what they throw, and that they leave no trace. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectNoLeak, LeakError, limitMemory, MemoryLimitError, trackGrowth } from '#memwatch/testing/index.js';
import { findingsNotIgnored } from '#memwatch/testing/track-growth.js';

class Ticket {
  constructor(readonly i: number) {}
}
const tickets = new Set<Ticket>();
const sell = (i: number): void => {
  if (i % 10 === 0) tickets.add(new Ticket(i));
};

test('one small object in ten calls is thrown as one error with rate, line and the place of the call', async () => {
  const error: unknown = await expectNoLeak(sell).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof LeakError, String(error));
  assert.match(error.message, /memory leak in [\d]+ calls\n.*Set tickets gains on average 0\.1 Ticket a call/);
  assert.match(error.message, /at .*assertions\.test\.ts:12:/);
  assert.match(error.stack ?? '', /assertions\.test\./);
  const [finding] = error.report.findings;
  assert.ok(finding);
  assert.ok(Math.abs((finding.countPerIteration ?? 0) - 0.1) < 0.01, String(finding.countPerIteration));
  for (const known of [finding.signature, /Ticket/]) assert.deepEqual(findingsNotIgnored([finding], [known]), []);
  assert.deepEqual(findingsNotIgnored([finding], [finding.signature.slice(1), /Invoice/]), [finding]);
});

test('a body that fills a cache and then holds its size is clean, and nothing stays switched on', async () => {
  const flags = [...process.execArgv];
  const before = { gc: typeof globalThis.gc, resources: process.getActiveResourcesInfo().toSorted() };
  const cache = new Map<number, object>();
  const report = await trackGrowth((i) => cache.set(i % 500, { i }));
  assert.equal(report.verdict, 'clean', report.reasons.join('\n'));
  assert.deepEqual(report.findings, []);
  assert.equal(report.heapBytes.length > 2, true);
  assert.deepEqual(process.execArgv, flags);
  assert.equal(typeof globalThis.gc, before.gc);
  assert.deepEqual(process.getActiveResourcesInfo().toSorted(), before.resources);
});

test('what the body throws comes out as it was thrown', async () => {
  const thrown = new RangeError('mine');
  await assert.rejects(
    expectNoLeak(() => {
      throw thrown;
    }),
    (error) => error === thrown,
  );
});

test('limitMemory bounds what is kept and what is held at once, in the heap and outside', async () => {
  const kept = await limitMemory(() => Buffer.alloc(3_000_000), { kept: '4mb' });
  assert.ok(Math.abs(kept.keptBytes - 3_000_000) < 500_000, String(kept.keptBytes)); // the heap itself varies
  assert.equal(kept.result.length, 3_000_000);
  await assert.rejects(
    limitMemory(() => Buffer.alloc(3_000_000), { kept: '1mb' }),
    MemoryLimitError,
  );
  const passing = (): number => Buffer.alloc(30_000_000).length;
  await assert.rejects(limitMemory(passing, { peak: '10mb' }), /holds .* at its peak, the limit is 10\.0 MB/);
  const { keptBytes } = await limitMemory(passing, { kept: '1mb', peak: '40mb' });
  assert.ok(keptBytes < 2 ** 20);
  const many = (): number => Array.from({ length: 500_000 }, (_, i) => ({ i })).length;
  await assert.rejects(limitMemory(many, { peak: '8mb' }), MemoryLimitError);
});

test('what cannot be used is refused before anything runs', async () => {
  await assert.rejects(
    limitMemory(() => 1, {}),
    /needs a limit/,
  );
  await assert.rejects(
    limitMemory(() => 1, { kept: 'much' }),
    /kept: not a size/,
  );
  await assert.rejects(
    trackGrowth(() => 1, { iterations: 0 }),
    /iterations/,
  );
});
