/** The conditions of `memwatch watch`, and when they hold: readings in, alarms out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reading } from '#memwatch/analyzer/model/reading.js';
import { conditionForms, parseCondition, parseConditions } from '#memwatch/commands/watch/conditions.js';
import { createDecider, createRateLimit } from '#memwatch/commands/watch/decide.js';
import { secondReading } from '../support/readings.js';

const mb = 2 ** 20;

test('conditions are read with their units', () => {
  const read = (text: string) => {
    const { quantity, figure, value, isShare, perMs, forMs } = parseCondition(text);
    return [quantity, figure, value, isShare, perMs, forMs];
  };
  assert.deepEqual(read('rss>80%'), ['rss', 'p99', 0.8, true, undefined, 0]);
  assert.deepEqual(read(' RSS > 1.5 GB  for 2m '), ['rss', 'p99', 1.5 * 1024 * mb, false, undefined, 120_000]);
  assert.deepEqual(read('heap +5%/h'), ['heap', 'p99', 0.05, true, 3_600_000, 0]);
  assert.deepEqual(read('external+10MB/min'), ['external', 'p99', 10 * mb, false, 60_000, 0]);
  assert.deepEqual(read('delay p99>200ms for 30s'), ['delay', 'p99', 200_000, false, undefined, 30_000]);
  assert.deepEqual(read('delay max > 1s'), ['delay', 'max', 1e6, false, undefined, 0]);
  assert.deepEqual(read('cpu>150%'), ['cpu', 'p99', 1.5, true, undefined, 0]);
  assert.deepEqual(read('handles>1000'), ['handles', 'p99', 1000, false, undefined, 0]);
  assert.ok(parseConditions([]).length > 2);
});

test('a condition that cannot be read is refused with the list of those that can', () => {
  const wrong = [
    '', 'rss', 'rss>', 'rss>80', 'rss<80%', 'rss>0%', 'rss>80%%', 'memory>80%', 'heap p99>1MB', 'heap +5%', 'heap +5%/y',
    'heap +5%/h for 30s', 'heap>1MB for', 'heap>1MB for 3 apples', 'delay>200', 'delay>80%', 'delay +5ms/h', 'cpu>1', 'gc>5ms',
    'handles>5%', 'handles>1.5', 'toString>5%', 'rss>1..5GB',
  ]; // prettier-ignore
  for (const text of wrong) {
    assert.throws(() => parseCondition(text), (error: { code?: string; hint?: string }) => {
      return error.code === 'bad-argument' && conditionForms.every((form) => error.hint?.includes(form));
    }, text); // prettier-ignore
  }
});

const decider = (text: string, machineBytes?: number) => createDecider([parseCondition(text)], machineBytes);
const holds = (text: string, readings: readonly Reading[], machineBytes?: number): boolean[] => {
  const decide = decider(text, machineBytes);
  return readings.map((reading) => decide(reading).length > 0);
};

test('a level holds above its limit: of the heap, the container, or else the machine', () => {
  const at = (usedMb: number) => secondReading(0, usedMb * mb, 100 * mb);
  assert.deepEqual(holds('heap>80%', [at(80), at(81), at(10)]), [false, true, false]);
  assert.deepEqual(holds('heap>50MB', [at(50), at(51)]), [false, true]);
  const rss = { ...at(1), rssBytes: 90 * mb };
  const inContainer = { ...rss, cgroup: { usedBytes: 95 * mb, limitBytes: 100 * mb } };
  assert.deepEqual(holds('rss>80%', [inContainer], 10_000 * mb), [true]);
  assert.deepEqual(holds('rss>80%', [rss], 10_000 * mb), [false]);
  assert.deepEqual(holds('rss>80%', [rss], 100 * mb), [true]);
  assert.deepEqual(holds('rss>80%', [rss]), [false], 'of a process on another machine no limit is known');
  const [alarm] = decider('heap>80%')(at(81));
  assert.match(alarm?.reason ?? '', /^the used heap is .*, 81\.0% of .*, at which V8 ends the process$/);
});

test('with "for", the level must be exceeded without a break', () => {
  const levels = [9, 1, 9, 9, 9, 9, 1, 9];
  const readings = levels.map((level, second) => secondReading(second, level * mb));
  assert.deepEqual(holds('heap>5MB for 3s', readings), [false, false, false, false, false, true, false, false]);
});

test('delay, CPU, event loop, garbage collection and handles', () => {
  const quiet = secondReading(1, mb);
  const delay = { meanUs: 1000, p99Us: 300_000, maxUs: 900_000 };
  const late: Reading = { ...quiet, loop: { delay, utilization: 0.99 } };
  assert.deepEqual(holds('delay>200ms', [late]), [true]);
  assert.deepEqual(holds('delay mean>200ms', [late]), [false]);
  assert.deepEqual(holds('delay max>800ms', [late]), [true]);
  assert.deepEqual(holds('delay>800ms', [{ ...quiet, intervalUs: 2e6 }]), [true], 'no timer ran for two seconds');
  assert.deepEqual(holds('loop>95%', [late, quiet]), [true, false]);
  assert.deepEqual(holds('cpu>90%', [{ ...quiet, cpu: { userUs: 0, systemUs: 0, cores: 1.2 } }, quiet]), [true, false]);
  const collecting: Reading = { ...quiet, gc: [{ kind: 'major', count: 2, durationUs: 200_000 }] };
  assert.deepEqual(holds('gc>10%', [collecting, quiet, { ...quiet, gc: null }]), [true, false, false]);
  assert.deepEqual(holds('handles>10', [{ ...quiet, handles: [{ type: 'Timeout', count: 11 }] }]), [true]);
});

const collection: Reading['gc'] = [{ kind: 'major', count: 1, durationUs: 1000 }];

/** A reading each ten seconds for so many minutes, with garbage that comes and goes. */
const grown = (minutes: number, bytesPerHour: number): Reading[] =>
  Array.from({ length: minutes * 6 }, (_, i) => ({
    ...secondReading(i * 10, 100 * mb + (bytesPerHour * i * 10) / 3600 + (i % 5) * mb),
    gc: i % 5 === 0 ? collection : [],
  }));

test('growth holds if it is proved to be at least that, and not before half of its time', () => {
  const hour = holds('heap +5%/h', grown(60, 10 * mb));
  assert.equal(hour.at(-1), true);
  assert.ok(hour.indexOf(true) >= 30 * 6 - 1, `after ${hour.indexOf(true)} readings`);
  assert.equal(holds('heap +5%/h', grown(60, 0)).includes(true), false, 'garbage is no growth');
  assert.equal(holds('heap +20%/h', grown(60, 10 * mb)).includes(true), false, 'less than that');
  assert.equal(holds('heap +8MB/h', grown(60, 10 * mb)).at(-1), true);
  const levelled = grown(180, 10 * mb).map((reading, i, all) => (i < 360 ? reading : { ...reading, heap: all[360 + (i % 5)]?.heap ?? reading.heap })); // prettier-ignore
  assert.equal(holds('heap +5%/h', levelled).at(-1), false, 'it has levelled off');
  const never = grown(60, 10 * mb).map((reading) => ({ ...reading, gc: [] }));
  assert.equal(holds('heap +5%/h', never).includes(true), false, 'never collected as a whole, it may be garbage');
  const once = never.map((reading, i) => (i === never.length - 1 ? { ...reading, gc: collection } : reading));
  assert.equal(holds('heap +5%/h', once).at(-1), true, 'a collection has left it');
});

test('one capture of a condition and a script in a time, also across runs of memwatch', () => {
  const alarm = { condition: 'rss>80%', reason: '' };
  const other = { condition: 'heap>80%', reason: '' };
  const isDue = createRateLimit(60_000, [{ timeMs: 5000, script: 'a.js', alarms: [alarm] }]);
  assert.deepEqual(isDue('a.js', [alarm, other], 10_000), [other]);
  assert.deepEqual(isDue('a.js', [alarm, other], 64_999), []);
  assert.deepEqual(isDue('b.js', [alarm], 64_999), [alarm]);
  assert.deepEqual(isDue('a.js', [alarm, other], 65_000), [alarm]);
});
