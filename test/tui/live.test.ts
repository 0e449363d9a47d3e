import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryLimit, MemoryOwner } from '#memwatch/analyzer/model/memory.js';
import type { Reading } from '#memwatch/analyzer/model/reading.js';
import { areaChart, bins, niceMax, timeAxis } from '#memwatch/tui/rows/chart.js';
import { copyToClipboard } from '#memwatch/tui/terminal/clipboard.js';
import { figuresOfProcess, findGrowing, type GrowingFigure } from '#memwatch/analyzer/memory/forecast.js';
import { probableCause } from '#memwatch/analyzer/memory/probable-cause.js';
import { frame } from '#memwatch/tui/rows/frame.js';
import { textOf } from '#memwatch/tui/rows/line.js';
import { initialState, type State } from '#memwatch/tui/state/state.js';
import { sparkline } from '#memwatch/tui/rows/table.js';
import { update } from '#memwatch/tui/keys/update.js';
import { secondReading } from '../support/readings.js';

const megabyte = 2 ** 20;

/** One reading per second, with the used heap that the function returns. */
const readings = (count: number, usedAt: (second: number) => number, limitBytes?: number): Reading[] =>
  Array.from({ length: count }, (_, second) => secondReading(second, usedAt(second), limitBytes));

const collection: Reading['gc'] = [{ kind: 'major', count: 1, durationUs: 1000 }];

/** Of a heap that is collected as a whole in each of these seconds. */
const growingOf = (all: readonly Reading[]): GrowingFigure | undefined =>
  findGrowing(figuresOfProcess(all.map((reading) => ({ ...reading, gc: collection }))))[0];

test('a sawtooth whose floor rises is steady growth, with the time to its limit', () => {
  const forecast = growingOf(readings(120, (second) => (100 + second + (second % 10) * 5) * megabyte));
  assert.equal(forecast?.of, 'used heap');
  assert.ok(Math.abs((forecast?.slope.estimate ?? 0) / megabyte - 1) < 0.1);
  assert.ok(Math.abs((forecast?.secondsToLimit ?? 0) - 736) < 80, String(forecast?.secondsToLimit));
});

test('a sawtooth whose floor stays is no growth, however it rises at its end', () => {
  assert.equal(growingOf(readings(120, (second) => (100 + (second % 40) * 5) * megabyte)), undefined);
});

test('what has not been collected as a whole yet is no growth', () => {
  const rising = readings(120, (second) => (100 + second) * megabyte);
  assert.deepEqual(findGrowing(figuresOfProcess(rising)), []);
  const early = rising.map((reading, second) => ({ ...reading, gc: second === 5 ? collection : [] }));
  assert.deepEqual(findGrowing(figuresOfProcess(early)), [], 'too few readings before the collection');
});

test('a heap that grew once and then stayed is no steady growth', () => {
  assert.equal(growingOf(readings(120, (second) => (second < 20 ? 100 : 300) * megabyte)), undefined);
});

test('no forecast is made from a few seconds', () => {
  assert.equal(growingOf(readings(12, (second) => (100 + second) * megabyte)), undefined);
});

test('a chart has its values at the right, which is now, and draws the lower series before the higher', () => {
  const chart = areaChart(
    [
      { values: [1, 2], letter: '#', style: 'heap' },
      { values: [2, 4], letter: '.', style: 'rss' },
    ],
    { width: 9 + 4, height: 4, max: 4, format: (value) => String(value) },
  );
  assert.deepEqual(
    chart.map((line) => textOf(line).slice(-4)),
    ['   .', '   .', '  .#', '  ##'],
  );
  assert.match(textOf(chart[0]), /^ +4 ┤/);
});

test('more values than columns are drawn by the highest of each bin', () => {
  assert.deepEqual(bins([1, 9, 2, 3, 8, 1], 3), [9, 3, 8]);
  assert.deepEqual(bins([5], 3), [0, 0, 5]);
});

test('the axis of time says how far back it goes', () => {
  assert.match(textOf(timeAxis(60, 30, 29)), /29 s ago ─+ now$/);
  assert.equal(textOf(timeAxis(60, 30, 29)).length, 60);
});

test('the top of a chart is a round number not below the highest value', () => {
  assert.equal(niceMax([70 * megabyte], 1024), 80 * megabyte);
  assert.equal(niceMax([0], 1024), 1024);
  assert.equal(niceMax([0.34], 10), 0.4);
});

test('a sparkline goes from the smallest figure to the biggest, with a blank where there is none', () => {
  assert.equal(sparkline([0, 50, null, 100]), '▁▅ █');
  assert.equal(sparkline([7, 7]), '▁▁');
});

test('the cause of a crash is reported if the last readings show it', () => {
  const full = readings(10, () => 960 * megabyte);
  assert.match(probableCause(full), /heap was at 96\.0% of its limit: it probably ran out of memory/);
  assert.equal(probableCause(readings(10, () => 500 * megabyte)), '');
  const gc = [{ kind: 'major', count: 30, durationUs: 300_000 }] as const;
  const vain = readings(10, () => 500 * megabyte).map((reading) => ({ ...reading, gc }));
  assert.match(probableCause(vain), /again and again/);
  const cgroup = { usedBytes: 99, limitBytes: 100 };
  const held = readings(10, () => 1).map((reading) => ({ ...reading, cgroup }));
  assert.match(probableCause(held), /container was at 99\.0%/);
});

test('no trend is shown from what memwatch itself did to the process', () => {
  const rising = readings(60, (second) => (100 + second) * megabyte);
  const events = rising.map((reading) => ({ type: 'reading', reading: { ...reading, gc: collection } }) as const);
  const shown = (state: State): string => frame(state).map(textOf).join('\n');
  const calm = events.reduce((state, event) => update(state, event).state, initialState('pid 1', true, 80, 24));
  assert.match(shown(calm), /used heap grows/);
  // garbage that nothing has collected yet rises as well, and some of it comes from the readings
  const uncollected = rising.reduce(
    (state, reading) => update(state, { type: 'reading', reading }).state,
    initialState('pid 1', true, 80, 24),
  );
  assert.match(shown(uncollected), /Trend +needs a collection of the whole heap: F forces one/);
  const working: State = { ...initialState('pid 1', true, 80, 24), work: { text: 'a snapshot', action: true } };
  const busy = events.reduce((state, event) => update(state, event).state, working);
  assert.match(shown(busy), /Trend +paused while memwatch works/);
  const after = update(busy, { type: 'done', text: 'kept', endsWork: true }).state;
  assert.match(shown(after), /Trend +needs 20 s of readings/);
});

test('a blocked loop names the key that shows by what', () => {
  const start = initialState('pid 1', true, 80, 24);
  const state = update(start, { type: 'reading', reading: secondReading(1, megabyte) }).state;
  assert.match(frame(state).map(textOf).join('\n'), /^Delay +blocked: no timer ran; D shows where/m);
});

test('what the RSS consists of, and the limits on the way, stand on the live screen', () => {
  const limit = (kind: MemoryLimit['kind'], share: number): MemoryLimit => ({ of: kind, kind, limitBytes: 1000 * megabyte, usedBytes: share * 1000 * megabyte }); // prettier-ignore
  const part = (owner: MemoryOwner, size: number) => ({ owner, rssBytes: size * megabyte });
  const memory = {
    parts: [part('malloc: main heap', 60), part('V8 heap', 30), part('malloc: arenas', 9), part('thread stacks', 0.1)],
    limits: [limit('host', 0.5), limit('cgroup-high', 0.8), limit('cgroup', 0.1)],
    pressure: { of: 'its cgroup', some10s: 0.3, some60s: 0, full10s: 0 },
    oomKills: 2,
  } as const;
  const events = [
    { type: 'reading', reading: secondReading(1, 400 * megabyte) },
    { type: 'memory', memory },
  ] as const;
  const shown = (columns: number): string => {
    const state = events.reduce((at, event) => update(at, event).state, initialState('pid 1', true, columns, 24));
    return frame(state).map(textOf).join('\n');
  };
  assert.match(shown(80), /^RSS is {2}V8 30\.0 MB {3}malloc 69\.0 MB *$/m);
  assert.match(shown(80), /^Limits {2}heap 40\.0% of 0\.98 GB {3}memory\.high 80\.0% ! of 0\.98 GB *$/m);
  assert.match(
    shown(200),
    /host 50\.0% of 0\.98 GB {3}waits for memory 30\.0% of the time {3}the kernel has killed 2 here/,
  );
});

test('a text for the clipboard is sent to the terminal as OSC 52', () => {
  const before = process.env['TMUX'];
  delete process.env['TMUX'];
  let written = '';
  copyToClipboard('/srv/größe.js:1', (bytes) => (written += bytes));
  if (before !== undefined) process.env['TMUX'] = before;
  assert.equal(written, `\x1b]52;c;${Buffer.from('/srv/größe.js:1').toString('base64')}\x07`);
});
