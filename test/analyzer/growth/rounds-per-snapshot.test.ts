/** How many rounds pass between two snapshots, so that slow growth adds enough to be seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roundsPerSnapshot, type WatchedRounds } from '#memwatch/analyzer/growth/rounds-per-snapshot.js';
import { arrayBuffers } from '#memwatch/analyzer/growth/readings/bounds.js';
import { heapMemory } from '#memwatch/analyzer/growth/readings/counters.js';
import type { ProcessReading } from '#memwatch/analyzer/model/process-reading.js';
import { reading } from '../../support/check-report.js';

const roundMs = 1000;

/** A watch of this many rounds of a second each, with `perRound` readings in each. */
const watched = (values: Partial<WatchedRounds> = {}, rounds = 10, perRound = 4): WatchedRounds => {
  const heapBytes = Array.from({ length: rounds + 1 }, (_, round) => 1e6 * (round + 1));
  const atMs = Array.from({ length: rounds * perRound + 1 }, (_, at) => (at * roundMs) / perRound);
  const heapAt = (at: number): number => (values.heapBytes ?? heapBytes)[Math.floor(at / perRound)] ?? 0;
  const readings = atMs.map((ms, at): ProcessReading => ({
    ...reading(),
    heapUsedBytes: heapAt(at),
    atMs: ms,
    allocatedBytes: 0,
    cpuUs: 0,
    childrenRssBytes: 0,
    workers: [],
    codeBytes: null,
  }));
  const rising = { heap: false, external: false, classes: [], containers: [] };
  const gate = { readings: [], rising, sites: [] };
  return { readings, known: [], heapBytes, allowedMs: 60_000, classes: 1, gate, rounds, end: 'rises', ...values };
};

/** A class that gained this many in the ten seconds of the watch. */
const gained = (count: number): Partial<WatchedRounds> => {
  const census = { classes: [], containers: [], pauseUs: 0 };
  const counts = [0, 10_000].map((atMs) => ({ atMs, heapBytes: 1, externalBytes: 1, census }));
  const rising = { heap: true, external: false, classes: [{ name: 'A', history: [5, 5 + count] }], containers: [] };
  return { gate: { readings: counts, rising, sites: [] } };
};

/** A class that gained so many in each round of the gate. */
const rising = (gains: readonly number[], heap: boolean): Partial<WatchedRounds> => {
  const history = gains.reduce((sizes, gain) => [...sizes, (sizes.at(-1) ?? 0) + gain], [500]);
  const census = { classes: [], containers: [], pauseUs: 0 };
  const readings = history.map((_, at) => ({ atMs: at * roundMs, heapBytes: 1, externalBytes: 1, census }));
  return {
    gate: {
      readings,
      rising: { heap, external: false, classes: [{ name: 'A', history }], containers: [] },
      sites: [],
    },
  };
};

const creeping = (bytesPerSecond: number): Partial<WatchedRounds> => {
  const slope = { estimate: bytesPerSecond, low: 0, high: 2 * bytesPerSecond };
  return { end: 'creeps', known: [{ of: heapMemory, unit: 'bytes', slope, least: 1, state: 'creeps', history: [] }] };
};

test('one round is enough for a heap that rises in each', () => {
  assert.equal(roundsPerSnapshot(watched(), 3), 1);
});

test('what rises every third round is given three rounds, and never more than six', () => {
  const steps = (every: number): number[] => Array.from({ length: 31 }, (_, round) => 1e6 * (1 + Math.floor(round / every))); // prettier-ignore
  assert.equal(roundsPerSnapshot(watched({ heapBytes: steps(3) }, 30), 3), 3);
  assert.equal(roundsPerSnapshot(watched({ heapBytes: steps(15) }, 30), 3), 6);
});

test('Buffers that are kept every third round are given three rounds, though the heap is flat', () => {
  const flat = watched({ heapBytes: Array.from({ length: 31 }, () => 1e6) }, 30);
  const readings = flat.readings.map((one) => ({
    ...one,
    arrayBuffersBytes: 6e4 * Math.floor(one.atMs / (3 * roundMs)),
  }));
  const slope = { estimate: 2e4, low: 1e4, high: 3e4 };
  const known = [{ of: arrayBuffers, unit: 'bytes', slope, least: 1, state: 'grows', history: [] }] as const;
  assert.equal(roundsPerSnapshot({ ...flat, readings, known }, 3), 3);
  assert.equal(roundsPerSnapshot({ ...flat, readings, known, ...rising([80, 75], true) }, 3), 3, 'whatever else grows');
});

test('what is in the heap for a moment is no rise of it', () => {
  const spikes = Array.from({ length: 31 }, (_, round) => 1e6 * (1 + Math.floor(round / 5)) + (round % 2) * 3e6);
  assert.equal(roundsPerSnapshot(watched({ heapBytes: spikes }, 30), 3), 6);
});

test('the shortest watch shows no pauses: the gate has seen it rise in each round', () => {
  const heapBytes = [1e6, 1e6, 1e6, 2e6];
  assert.equal(roundsPerSnapshot(watched({ heapBytes }, 3, 1), 3), 1);
});

test('a class that gains few objects gets time for six of them, within what was allowed', () => {
  assert.equal(roundsPerSnapshot(watched(gained(100)), 3), 1);
  assert.equal(roundsPerSnapshot(watched(gained(20)), 3), 3);
  assert.equal(roundsPerSnapshot(watched({ ...gained(2), allowedMs: 6000 }), 3), 6, 'at most six rounds');
  assert.equal(roundsPerSnapshot(watched({ ...gained(2), allowedMs: 600_000 }), 3), 30, 'or half the time, shared');
});

test('a heap that creeps gets time for four kilobytes; one that was not measured, all the time there is', () => {
  assert.equal(roundsPerSnapshot(watched(creeping(1024)), 3), 4);
  assert.equal(roundsPerSnapshot(watched(creeping(1e6)), 3), 1);
  assert.equal(roundsPerSnapshot(watched(creeping(0)), 3), 10);
  assert.equal(roundsPerSnapshot(watched({ end: 'rises', known: creeping(1024).known ?? [] }), 3), 1);
});

test('half a round is enough for what gains as many entries in each round, and plenty in half of one', () => {
  assert.equal(roundsPerSnapshot(watched(rising([80, 75], true)), 3), 0.5);
  assert.equal(roundsPerSnapshot(watched(rising([80, 40], true)), 3), 1, 'it gains less and less');
  assert.equal(roundsPerSnapshot(watched(rising([50, 55], true)), 3), 1, 'half a round adds few');
  const noisy = { heapBytes: [5e6, 5.01e6, 5e6, 5.2e6, 5.1e6, 5e6, 5.1e6, 5e6, 5e6, 5e6, 5e6] };
  assert.ok(roundsPerSnapshot(watched({ ...noisy, ...rising([4, 4], false) }), 3) > 1);
  assert.equal(roundsPerSnapshot(watched({ ...noisy, ...rising([55, 54], false) }), 3), 1, 'whatever the heap does');
});
