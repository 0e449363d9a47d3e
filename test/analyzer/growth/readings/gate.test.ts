/** The gate before snapshots: what rose in every round, and what is noise. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  anyRises,
  externalGrowsSteeply,
  findRising,
  findRisingLately,
  type GateReading,
  type Rising,
} from '#memwatch/analyzer/growth/readings/gate.js';
import type { CensusContainer } from '#memwatch/analyzer/model/census.js';

const container = (id: number, size: number): CensusContainer => ({
  id,
  heapId: null,
  kind: 'Map',
  size,
  delta: null,
  holds: '',
});

const reading = (values: {
  readonly atMs?: number;
  readonly heapBytes?: number;
  readonly externalBytes?: number;
  readonly classes?: Readonly<Record<string, number>>;
  readonly containers?: readonly CensusContainer[];
}): GateReading => ({
  atMs: values.atMs ?? 0,
  heapBytes: values.heapBytes ?? 4e6,
  externalBytes: values.externalBytes ?? 1e6,
  census: {
    classes: Object.entries(values.classes ?? {}).map(([name, count]) => ({ name, count, delta: null })),
    containers: values.containers ?? [],
    pauseUs: 0,
  },
});

const rising = (...values: Parameters<typeof reading>[0][]): Rising => findRising(values.map(reading));

test('the heap and external memory rise only if every round adds more than noise', () => {
  const heap = (...kilobytes: number[]): boolean =>
    rising(...kilobytes.map((one) => ({ heapBytes: 4e6 + one * 1024 }))).heap;
  assert.deepEqual([heap(0, 8, 16), heap(0, 8, 15), heap(0, 800, 790)], [true, false, false]);
  const external = (...kilobytes: number[]): boolean =>
    rising(...kilobytes.map((one) => ({ externalBytes: one * 1024 }))).external;
  assert.deepEqual([external(0, 64, 128), external(0, 64, 127)], [true, false]);
});

test('memory outside the heap grows steeply if it gains much, and evenly for its time, in six readings over nine seconds', () => {
  const steep = (megabytes: readonly number[], seconds = megabytes.map((_, i) => 2 * i)): boolean =>
    externalGrowsSteeply(megabytes.map((one, i) => ({ externalBytes: one * 2 ** 20, atMs: 1000 * seconds[i] })));
  assert.ok(steep([100, 160, 250, 330, 400, 480]));
  assert.ok(steep([100, 200, 300, 400, 700, 1000], [0, 2, 4, 6, 12, 18]), 'a round may last longer');
  assert.ok(!steep([100, 160, 250, 330, 400]), 'too few');
  assert.ok(!steep([100, 160, 250, 330, 400, 480], [0, 1, 2, 3, 4, 5]), 'too soon');
  assert.ok(!steep([100, 160, 250, 330, 320, 480]), 'it fell');
  assert.ok(!steep([100, 300, 400, 450, 475, 480]), 'it slows down');
  assert.ok(!steep([100, 101, 102, 103, 104, 105]), 'little');
  assert.ok(!steep([1000, 1010, 1020, 1030, 1040, 1050]), 'little of what there was');
});

test('a class rises from nothing if each round adds two of it; one a round, or a pause, is none', () => {
  const { classes } = rising(
    { classes: { One: 4, Pause: 1 } },
    { classes: { Session: 2, One: 5, Pause: 9 } },
    { classes: { Session: 4, One: 6, Pause: 9 } },
  );
  assert.deepEqual(classes, [{ name: 'Session', history: [0, 2, 4] }]);
});

test('a collection is followed by its id, and one that was not there in the first round is not judged', () => {
  const { containers } = rising(
    { containers: [container(1, 10), container(2, 10)] },
    { containers: [container(2, 10), container(1, 20), container(3, 50)] },
    { containers: [container(3, 90), container(1, 30), container(2, 10)] },
  );
  assert.deepEqual(
    containers.map(({ container: { id }, history }) => [id, history]),
    [[1, [10, 20, 30]]],
  );
});

test('any of the four signs opens the gate', () => {
  const none: Rising = { heap: false, external: false, classes: [], containers: [] };
  assert.equal(anyRises(none), false);
  const signs: Partial<Rising>[] = [
    { heap: true },
    { external: true },
    { classes: [{ name: 'Session', history: [1, 3] }] },
    { containers: [{ container: container(1, 3), history: [1, 3] }] },
  ];
  assert.deepEqual(signs.map((sign) => anyRises({ ...none, ...sign })), [true, true, true, true]); // prettier-ignore
});

test('what grows too slowly for the first rounds is seen in the longer ones, if it grows in proportion to their time', () => {
  const seconds = [0, 5, 10, 40, 80, 150, 300];
  const readings = (count: (second: number) => number): GateReading[] =>
    seconds.map((second) => reading({ atMs: second * 1000, classes: { Session: count(second) } }));
  const namesIn = (count: (second: number) => number): string[] =>
    findRisingLately(readings(count)).rising.classes.map(({ name }) => name);
  assert.deepEqual(
    namesIn((second) => 10 + Math.floor(second / 5)),
    ['Session'],
  );
  assert.deepEqual(
    namesIn((second) => 10 + Math.round(50 * (1 - Math.exp(-second / 20)))),
    [],
  );
  assert.deepEqual(
    namesIn((second) => 30 + (second % 60)),
    [],
  );
});
