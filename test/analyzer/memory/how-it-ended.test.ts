/** How a process ended, concluded from what it recorded of itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { howItEnded, limitsOf } from '#memwatch/analyzer/memory/how-it-ended.js';
import type { RecordedReading, RecordedSeries } from '#memwatch/analyzer/model/recording.js';
import { recordedReading } from '../../support/readings.js';

const mb = 2 ** 20;
const series = (readings: readonly RecordedReading[], end: RecordedSeries['end'] = null): RecordedSeries =>
  ({ readings, end }) as unknown as RecordedSeries; // the fields that the analysis reads
const heap = (usedMb: number) => recordedReading({ heapUsedBytes: usedMb * mb, heapLimitBytes: 1000 * mb });

test('its own word comes first, even if its heap was full', () => {
  const end = { kind: 'end', series: 1, timeMs: 5, how: 'exit code 3' } as unknown as RecordedSeries['end'];
  assert.deepEqual(howItEnded(series([heap(990)], end), false), { isKnown: true, how: 'exit code 3' });
});

test('what still runs has not ended', () => {
  assert.deepEqual(howItEnded(series([heap(990)]), true), { isKnown: true, how: 'it still runs' });
});

test('a full heap at the last readings is the likely end; the fullest of them is named', () => {
  const { isKnown, how } = howItEnded(series([heap(100), heap(960), heap(940)]), false);
  assert.equal(isKnown, false);
  assert.equal(
    how,
    'it wrote no end; most likely V8 ended it, because its heap was full: 960 MB of 0.98 GB at the last readings',
  );
});

test('a container that was fuller than the heap is the likely end', () => {
  const container = { cgroupUsedBytes: 500 * mb, cgroupLimitBytes: 512 * mb };
  const { how } = howItEnded(series([{ ...heap(800), ...container }]), false);
  assert.match(how, /^it wrote no end; most likely the kernel killed it, because its container was full: 500 MB of 512 MB/); // prettier-ignore
});

test('below three quarters nothing is concluded', () => {
  const silent = { isKnown: false, how: 'it was killed, or crashed: it wrote no end' };
  assert.deepEqual(howItEnded(series([heap(749)]), false), silent);
  assert.match(howItEnded(series([heap(750)]), false).how, /V8 ended it/);
  assert.deepEqual(howItEnded(series([]), false), silent);
});

test('only the last five readings count: what was full long before had been freed', () => {
  const later = [100, 110, 120, 130, 140].map(heap);
  assert.match(howItEnded(series([heap(990), ...later]), false).how, /^it was killed, or crashed/);
});

test('a container without a limit is no limit', () => {
  assert.deepEqual(limitsOf(heap(5)).map(({ of }) => of), ['heap']); // prettier-ignore
  const limited = recordedReading({ cgroupUsedBytes: 1, cgroupLimitBytes: 2 });
  assert.deepEqual(limitsOf(limited).map(({ of, usedBytes, limitBytes }) => [of, usedBytes, limitBytes]), [['heap', 1e7, 4e9], ['container', 1, 2]]); // prettier-ignore
});
