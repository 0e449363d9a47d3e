/** What `memory --watch` says of many readings: the forecast, what grew and since when, in a bounded number of points. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportOfMemory } from '#memwatch/analyzer/memory/report.js';
import { addReading, type Watched } from '#memwatch/analyzer/memory/watched.js';
import type { MemoryLimit, MemoryReport } from '#memwatch/analyzer/model/memory.js';
import { watchLines } from '#memwatch/report/memory-text.js';
import { mapping, memoryReading } from '../../support/readings.js';

const mb = 2 ** 20;
const stepMs = 2000;
const node = mapping('/usr/bin/node', 30 * mb, 'r-xp');
const heap = mapping('[heap]', mb);
const mapped = mapping('/data/file', mb, 'r--s');

/** After so many readings, of which each has this much malloc memory, and uses this much of each limit. */
const watch = (count: number, mallocMb: (at: number) => number, limits: (at: number) => readonly MemoryLimit[]) => {
  let watched: Watched | undefined;
  for (let at = 0; at < count; at++) {
    const mappings = [{ ...heap, rssBytes: mallocMb(at) * mb }, node];
    watched = addReading(watched, memoryReading({ timeMs: at * stepMs, mappings, limits: limits(at) }));
  }
  assert.ok(watched !== undefined);
  return watched;
};

const cgroup = (usedMb: number, of = 'cgroup'): MemoryLimit => ({
  of,
  kind: 'cgroup',
  limitBytes: 4000 * mb,
  usedBytes: usedMb * mb,
});

const reportAfter = (count: number, usedMb: (at: number) => number): MemoryReport =>
  reportOfMemory(
    1,
    watch(count, usedMb, (at) => [cgroup(usedMb(at))]),
  );

const near = (actual: number | undefined, expected: number): void =>
  assert.ok(Math.abs((actual ?? 0) / expected - 1) < 0.1, `${actual} is not about ${expected}`);

test('the limit that is reached first is forecast, and none that is not proved to be neared', () => {
  const limits = (at: number): MemoryLimit[] => [
    { of: 'host', kind: 'host', limitBytes: 40_000 * mb, usedBytes: (1000 + at) * mb },
    cgroup(100 + at),
    { of: 'heap', kind: 'heap', limitBytes: 300 * mb, usedBytes: (at % 2 === 0 ? 200 : 100) * mb },
  ];
  const { forecast } = reportOfMemory(1, watch(30, () => 9, limits)); // prettier-ignore
  assert.equal(forecast?.of, 'cgroup');
  near(forecast?.bytesPerSecond, mb / 2);
  near(forecast?.seconds, 2 * (4000 - 129));
  assert.equal(reportOfMemory(1, watch(30, () => 9, (at) => limits(at).slice(2))).forecast, null); // prettier-ignore
});

test('a process that grows is seen though others use the same limit, but not the pages of files that it maps', () => {
  const noise = (at: number): number => 500 + 300 * Math.sin(at * at);
  const limits = (at: number): MemoryLimit[] => [cgroup(noise(at))];
  const { forecast } = reportOfMemory(1, watch(30, (at) => 9 + at, limits)); // prettier-ignore
  assert.deepEqual([forecast?.of, forecast?.grows], ['cgroup', 'the process']);
  near(forecast?.bytesPerSecond, mb / 2);
  let files: Watched | undefined;
  for (let at = 0; at < 30; at++) {
    const mappings = [{ ...mapped, rssBytes: (9 + at) * mb }, node];
    files = addReading(files, memoryReading({ timeMs: at * stepMs, mappings, limits: limits(at) }));
  }
  assert.ok(files !== undefined);
  assert.equal(reportOfMemory(1, files).forecast, null);
});

test('slow growth below garbage is seen in a long watch, and growth that began lately is, too', () => {
  const garbage = (at: number): number => (at % 90) * 5; // a collection each three minutes
  const slow = reportAfter(3000, (at) => 100 + at / 30 + garbage(at));
  near(slow.forecast?.bytesPerSecond, mb / 60);
  assert.equal(reportAfter(3000, (at) => 100 + garbage(at)).forecast, null);
  const late = reportAfter(3000, (at) => 100 + Math.max(0, at - 2900));
  near(late.forecast?.bytesPerSecond, mb / 2);
});

test('each part says since when it has grown; what gained next to nothing does not', () => {
  const report = reportAfter(1000, (at) => (at < 700 ? 10 : 10 + (at - 700)));
  const [grown, still] = report.parts;
  assert.equal(grown?.owner, 'malloc: main heap');
  assert.equal(grown.delta, 299 * mb);
  assert.ok(Math.abs((grown.growsSinceMs ?? 0) / stepMs - 729) < 5, String(grown.growsSinceMs));
  assert.deepEqual([still?.delta, still?.growsSinceMs], [0, null]);
});

test('what is remembered has a bound', () => {
  const { points, recent, perPoint } = watch(5000, () => 9, () => []); // prettier-ignore
  assert.ok(points.length <= 480 && recent.length <= 60);
  assert.equal(Math.ceil(5000 / perPoint), points.length);
});

test('a watch without a forecast says why', () => {
  const said = (count: number, usedMb: (at: number) => number): string =>
    watchLines(reportAfter(count, usedMb)).join('\n');
  assert.equal(said(1, () => 9), ''); // prettier-ignore
  assert.match(said(5, (at) => 9 + at), /^RSS grew by 4\.00 MB in 8\.00 s \(5 readings since \d\d:\d\d:\d\d\)\nno forecast yet: it takes 14 readings$/); // prettier-ignore
  assert.match(said(20, () => 9), /^RSS grew by 0 B .*\nno forecast: nothing that has a limit is proved to grow$/); // prettier-ignore
  assert.match(said(20, (at) => 9 + at), /\ncgroup is reached in about 2 h 12 min \(95 %: .*\), if its use goes on growing by 512 KB\/s$/); // prettier-ignore
});
