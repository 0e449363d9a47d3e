/** The charts of recordings: peaks and gaps on the grid of time, stacks that add up, several processes and several runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecording } from '#memwatch/analyzer/formats/documents/recording.js';
import { findDifferent } from '#memwatch/analyzer/memory/different.js';
import { computeCharts } from '#memwatch/analyzer/memory/recording-panels.js';
import { summarizeRecording } from '#memwatch/analyzer/memory/recording-summary.js';
import { computeGrid, onGrid } from '#memwatch/analyzer/memory/time-grid.js';
import type { Panel } from '#memwatch/analyzer/model/panel.js';
import { drawRecording, mb } from '../../support/drawn-recording.js';

const drawn = (...args: Parameters<typeof drawRecording>) => readRecording(drawRecording(...args), 'drawn');
const run = (...args: Parameters<typeof drawRecording>) => ({ name: 'drawn', recording: drawn(...args) });

test('on the grid no peak is lost, a silent time is a gap, and a thinned reading fills its time', () => {
  const { series } = drawn([{ pid: 7, silent: [10, 15] }], 30);
  const readings = series[0]?.readings ?? [];
  const delay = ({ delayMaxUs }: { delayMaxUs: number | null }) => delayMaxUs;
  const fine = onGrid(computeGrid(series, 1000), readings, delay);
  assert.equal(fine.length, 30);
  assert.deepEqual(fine.flatMap((value, at) => (value === null ? [at] : [])), [10, 11, 12, 13]); // 15 covers 14, too
  const coarse = onGrid({ startMs: readings[0]?.timeMs ?? 0, stepMs: 5000, steps: 6 }, readings, delay);
  assert.deepEqual(coarse, [2000, 90_000, null, 2000, 2000, 2000]);
  const thinned = { ...readings[20], timeMs: (readings[0]?.timeMs ?? 0) + 29_000, intervalUs: 16e6 } as (typeof readings)[number];
  assert.equal(onGrid(computeGrid(series, 1000), [thinned], delay).filter((value) => value !== null).length >= 16, true);
}); // prettier-ignore

const named = (panels: readonly Panel[], title: string): Panel =>
  panels.find((one) => one.title === title) ?? assert.fail(`no panel ${title}`);

test('the memory of a process is stacked by part, adds up to its RSS, and has its limits as lines', () => {
  for (const withParts of [true, false]) {
    const { groups } = computeCharts([run([{ pid: 7, withParts, workers: ['worker 1'], silent: [10, 15] }], 30)]);
    const memory = named(groups[0]?.panels ?? [], 'Memory by part');
    const areas = memory.layers.filter(({ kind }) => kind === 'area');
    const rss = memory.layers.find(({ name }) => name === 'RSS');
    assert.deepEqual(areas.map(({ name }) => name), withParts ? ['V8 heap', 'mapped files'] : ['used heap', 'free in the heap', 'external memory', 'everything else']);
    const sumAt = (at: number): number => areas.reduce((sum, { values }) => sum + (values[at] ?? 0), 0);
    assert.equal(sumAt(0), rss?.values[0]);
    assert.ok(areas.every(({ values }) => values[12] === null), 'nothing is shown of a silent time');
    assert.deepEqual(memory.limits, [{ name: 'limit of the cgroup', value: 300 * mb }]);
    assert.deepEqual(named(groups[0]?.panels ?? [], 'Used heap').layers.map(({ name }) => name), ['main thread', 'worker 1']);
  }
}); // prettier-ignore

test('several processes are summed and compared, and the one that differs is named', () => {
  const workers = [1, 2, 3, 4].map((pid) => ({ pid, bytesPerSecond: pid === 3 ? 500_000 : 1000 }));
  const { recording } = run(workers, 60);
  const { groups } = computeCharts([{ name: 'a', recording }]);
  assert.deepEqual(groups.map(({ title }) => title), ['All 4 processes', ...workers.map(({ pid }) => `server.js (${pid})`)]); // prettier-ignore
  assert.deepEqual(groups[0]?.members, [0, 1, 2, 3]);
  assert.deepEqual(named(groups[0]?.panels ?? [], 'RSS, summed').layers.map(({ kind }) => kind), ['area', 'area', 'area', 'area']); // prettier-ignore
  const { differences } = summarizeRecording(recording, 'a');
  assert.deepEqual(differences.map(({ series, of }) => [series, of]), [[2, 'peak RSS'], [2, 'growth of the heap']]); // prettier-ignore
});

test('runs are laid over each other from their starts', () => {
  const [one, two] = [run([{ pid: 1 }], 30, ['deploy']), run([{ pid: 2 }], 20)];
  const { isRelative, groups, marks } = computeCharts([one, { ...two, name: 'later' }]);
  const [panel] = groups[0]?.panels ?? [];
  assert.deepEqual([isRelative, panel?.times[0], panel?.times.length], [true, 0, 30]);
  assert.deepEqual(panel?.layers.map(({ name, values }) => [name, values.filter((value) => value !== null).length]), [['drawn', 30], ['later', 20]]); // prettier-ignore
  assert.deepEqual(marks, [{ seconds: 2, text: 'drawn: deploy' }]);
});

test('the one that differs: never of two, nor among figures that differ anyway', () => {
  assert.equal(findDifferent([1, 100]), undefined);
  assert.deepEqual(findDifferent([100, 101, 99, 300]), { at: 3, usual: 100.5 });
  assert.equal(findDifferent([100, 150, 60, 200]), undefined);
  assert.equal(findDifferent([100, 100, 100, 101]), undefined, 'a hundredth more is no difference');
  assert.deepEqual(findDifferent([0, 0, 0, 5]), { at: 3, usual: 0 });
});
