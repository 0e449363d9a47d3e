/** Limits as users write them, and what they are compared with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLimits, parseLimits } from '#memwatch/leaks/limits.js';
import { reading } from '../support/check-report.js';

test('limits are read as people write them, into bytes and microseconds', () => {
  assert.deepEqual(parseLimits({ maxGrowth: '512kb', maxHeap: 1000, maxPause: '50ms' }), {
    maxGrowth: 512 * 1024,
    maxHeap: 1000,
    maxPause: 50_000,
    maxWaste: undefined,
  });
});

test('what is no size or duration is refused by the name of the limit', () => {
  for (const bad of ['', 'much', '-1mb', '1 mb 2']) {
    assert.throws(() => parseLimits({ maxGrowth: bad }), /max-growth: not a size/, bad);
    assert.throws(() => parseLimits({ maxPause: bad }), /max-pause: not a duration/, bad);
  }
});

test('growth is given for a round like the first, as the median of all rounds', () => {
  const readings = [5, 6, 7, 15].map((mb) => reading({ heapUsedBytes: mb * 2 ** 20 }));
  const [result] = checkLimits({ maxGrowth: 2 ** 19 }, readings, [100, 100, 800]);
  assert.deepEqual(result, { name: 'max-growth', limit: 2 ** 19, measured: 2 ** 20, exceeded: true });
});

test('heap and pauses are held against their largest, and only limits that are set are checked', () => {
  const readings = [reading({ longestGcPauseUs: 900 }), reading({ heapUsedBytes: 9e6, longestGcPauseUs: 4000 })];
  assert.deepEqual(checkLimits({ maxHeap: 8e6, maxPause: 5000 }, readings, [100]), [
    { name: 'max-heap', limit: 8e6, measured: 9e6, exceeded: true },
    { name: 'max-pause', limit: 5000, measured: 4000, exceeded: false },
  ]);
  assert.equal(checkLimits({ maxWaste: 2 ** 20 }, readings, [100], 2 ** 21)[0]?.exceeded, true);
  assert.deepEqual(checkLimits({}, readings, [100]), []);
});
