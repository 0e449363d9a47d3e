/** A collection during a line is seen when the line ends, whatever the line has allocated. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import { end, read, settleBuffers, type Seen } from '#memwatch/agent/lines/line-readings.js';

setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as (options: { type: 'minor' }) => void;
const kept: unknown[] = [];

/** What the counters see when a line has done this. */
const seenAfter = (line: () => void): Seen => {
  const garbage = Array.from({ length: 10_000 }, (_, at) => ({ at }));
  assert.equal(garbage.length, 10_000);
  read(end);
  settleBuffers();
  const until = performance.now() + 1; // shorter lines are not looked at
  while (performance.now() < until);
  line();
  read(end);
  return settleBuffers();
};

test('a collection during a line that allocates more than was freed is seen, and none where there was none', () => {
  const seen = seenAfter(() => {
    collect({ type: 'minor' });
    kept.push(Array.from({ length: 131_072 }, () => 0));
  });
  assert.equal(seen, 'during');
  assert.notEqual(
    seenAfter(() => kept.push(1)),
    'during',
  );
});
