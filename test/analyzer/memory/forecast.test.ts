/** The one forecast: growth of the floor of figures that contain garbage, and the limit that is reached first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeForecast, computeGrowth, figuresOfProcess, findGrowing } from '#memwatch/analyzer/memory/forecast.js';
import { summarizeRecording } from '#memwatch/analyzer/memory/recording-summary.js';
import { addReading, forecastOf, type Watched } from '#memwatch/analyzer/memory/watched.js';
import type { Point } from '#memwatch/analyzer/growth/readings/slope.js';
import { headlineOf, processWords } from '#memwatch/report/recording/words.js';
import { memoryReading, recordedReading, secondReading } from '../../support/readings.js';

const mb = 2 ** 20;

/** One point a second. */
const points = (count: number, of: (second: number) => number): Point[] =>
  Array.from({ length: count }, (_, x) => ({ x, y: of(x) * mb }));

/** Used memory as V8 shows it: garbage gathers for some seconds, and is gone at once. */
const saw = (second: number, period: number): number => (second % period) * 2;

test('garbage that comes and goes is no growth, and does not hide growth', () => {
  for (const period of [3, 11, 25, 45]) {
    const flat = computeGrowth(points(120, (second) => 100 + saw(second, period)));
    assert.ok(flat.low <= 0 && flat.high >= 0, `${period}: ${flat.low} to ${flat.high}`);
    const grows = computeGrowth(points(300, (second) => 100 + second + saw(second, period)));
    assert.ok(grows.low > 0 && Math.abs(grows.estimate / mb - 1) < 0.2, `${period}: ${grows.estimate / mb}`);
  }
});

test('few readings give no forecast', () => {
  const growth = computeGrowth(points(13, (second) => second));
  assert.deepEqual([growth.low, growth.high], [-Infinity, Infinity]);
  assert.ok(computeGrowth(points(14, (second) => second)).low > 0);
});

test('what reaches its limit first comes first; what has no limit comes last, and has no forecast', () => {
  const figure = (of: string, rate: number, leftBytes: number | undefined) => ({ of, points: points(60, (second) => second * rate), leftBytes }); // prettier-ignore
  const growing = findGrowing([figure('endless', 9, undefined), figure('slow', 1, 100 * mb), figure('fast', 5, 100 * mb), figure('still', 0, 1)]); // prettier-ignore
  assert.deepEqual(growing.map(({ of }) => of), ['fast', 'slow', 'endless']); // prettier-ignore
  const forecast = computeForecast([figure('endless', 9, undefined), figure('slow', 1, 100 * mb)]);
  assert.equal(forecast?.of, 'slow');
  assert.ok(Math.abs((forecast?.seconds ?? 0) - 100) < 1);
  assert.ok((forecast?.lowSeconds ?? 0) <= (forecast?.seconds ?? 0));
  assert.ok((forecast?.seconds ?? 0) <= (forecast?.highSeconds ?? 0));
  assert.equal(computeForecast([figure('endless', 9, undefined)]), null);
});

test('a limit that has been passed is reached at once, never in the past', () => {
  assert.equal(computeForecast([{ of: 'heap', points: points(60, (second) => second), leftBytes: -mb }])?.seconds, 0);
});

test('a heap that rises without a collection of the whole heap, or after the last one, is not forecast', () => {
  const rising = (majorGcCount: (second: number) => number | undefined) => {
    const readings = Array.from({ length: 60 }, (_, second) =>
      recordedReading({
        timeMs: second * 1000,
        heapUsedBytes: (20 + second / 4 - saw(second, 3) / 8) * mb,
        rssBytes: (90 + second / 4) * mb,
        cgroupUsedBytes: (90 + second / 4) * mb,
        cgroupLimitBytes: 500 * mb,
        majorGcCount: majorGcCount(second),
      }),
    );
    const start = { kind: 'start', series: 1, timeMs: 0, pid: 1, thread: 'main thread', script: 'a.js', nodeVersion: '' } as const; // prettier-ignore
    const series = [{ start, readings, parts: [], end: null }];
    const header = { schema: 'memwatch/record@1', startedMs: 0, intervalMs: 1000 } as const;
    return summarizeRecording({ header, series, marks: [], cutOff: false }, 'file');
  };
  for (const never of [rising(() => 0), rising((second) => (second === 5 ? 1 : 0))]) {
    assert.equal(never.series[0]?.forecast, null);
    assert.doesNotMatch(headlineOf([never]), /reaches/);
    assert.doesNotMatch(processWords(never.series).join('\n'), /heap grows/);
  }
  assert.match(processWords(rising(() => 0).series).join('\n'), /never collected as a whole[^]*too short to forecast a limit/); // prettier-ignore
  for (const growing of [rising((second) => (second % 10 === 0 ? 1 : 0)), rising(() => undefined)]) {
    assert.ok(Math.abs((growing.series[0]?.heapPerSecond.estimate ?? 0) / mb - 0.25) < 0.05);
    assert.match(headlineOf([growing]), /a\.js reaches the memory cgroup in about/);
  }
});

test('a recording, memory --watch and the live screen state the same growth of the same heap', () => {
  const used = (second: number): number => Math.round((100 + second / 2 + saw(second, 7)) * mb);
  const seconds = Array.from({ length: 120 }, (_, second) => second);
  const readings = seconds.map((second) => recordedReading({ timeMs: second * 1000, heapUsedBytes: used(second) }));
  const start = { kind: 'start', series: 1, timeMs: 0, pid: 1, thread: 'main', script: '', nodeVersion: '' } as const;
  const recording = { header: { startedMs: 0, intervalMs: 1000 }, series: [{ start, readings, parts: [] }], marks: [] };
  const [series] = summarizeRecording({ ...recording, cutOff: false } as never, 'file').series;
  const limits = (second: number) => [{ of: 'V8', kind: 'heap' as const, limitBytes: 4000 * mb, usedBytes: used(second) }]; // prettier-ignore
  let watched: Watched | undefined;
  for (const at of seconds) watched = addReading(watched, memoryReading({ timeMs: at * 1000, limits: limits(at) }));
  const gc = [{ kind: 'major', count: 1, durationUs: 1000 }] as const;
  const live = seconds.map((second) => ({ ...secondReading(second, used(second)), gc }));
  const rates = [
    series?.heapPerSecond.estimate,
    series?.forecast?.bytesPerSecond,
    watched === undefined ? 0 : forecastOf(watched)?.bytesPerSecond,
    findGrowing(figuresOfProcess(live))[0]?.slope.estimate,
  ];
  assert.ok(Math.abs((rates[0] ?? 0) / mb - 0.5) < 0.1, String(rates));
  assert.deepEqual(rates, rates.map(() => rates[0])); // prettier-ignore
});
