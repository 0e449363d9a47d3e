/** Thinning keeps what a reader of the recording relies on: peaks, sums, the newest time, marks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordLine } from '#memwatch/agent/capture/own-documents.js';
import { peakRssOf, thinRecording } from '#memwatch/analyzer/memory/thin-recording.js';
import type { RecordedReading, RecordEvent } from '#memwatch/analyzer/model/recording.js';
import { recordedReading } from '../../support/readings.js';

const reading = (at: number): RecordedReading => recordedReading({ timeMs: at * 1000, rssBytes: at === 7 ? 9e9 : 1e8 });

test('older readings are thinned; their sums and the peak stay, and so do the newest and the marks', () => {
  const readings = Array.from({ length: 400 }, (_, at) => reading(at));
  const start = {
    kind: 'start',
    series: 1,
    timeMs: 0,
    pid: 1,
    thread: 'main thread',
    script: '',
    nodeVersion: '',
  } as const;
  const events: RecordEvent[] = [start, ...readings, { kind: 'mark', timeMs: 5000, text: 'deploy' }];
  const bytesOf = (event: RecordEvent): number => recordLine(event).length;
  const bytes = (some: readonly RecordEvent[]): number => some.reduce((sum, one) => sum + bytesOf(one), 0);
  const most = bytes(events) / 3;
  const thinned = thinRecording(events, most, bytesOf);
  assert.ok(bytes(thinned) <= most);
  const left = thinned.filter((event) => event.kind === 'reading');
  const sum = (of: (one: RecordedReading) => number): number => left.reduce((total, one) => total + of(one), 0);
  assert.equal(sum(({ cpuUs }) => cpuUs), 400_000); // prettier-ignore
  assert.equal(sum(({ intervalUs }) => intervalUs), 400e6); // prettier-ignore
  assert.equal(Math.max(...left.map(peakRssOf)), 9e9);
  assert.deepEqual(left.slice(-20), readings.slice(-20));
  assert.equal(thinned[0]?.kind, 'start');
  assert.equal(thinned.filter(({ kind }) => kind === 'mark').length, 1);
});
