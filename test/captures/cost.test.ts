/** What captures are estimated to cost: ranges that keep their order, grow with the heap, and know what makes them expensive. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeapObjects } from '#memwatch/agent/capture/heap-objects.js';
import { censusCost, censusCostByBytes, snapshotCost, snapshotCostByBytes, snapshotFileBytes, type CaptureCost } from '#memwatch/captures/cost.js'; // prettier-ignore
import { reportKeptMemory } from '#memwatch/captures/resident.js';
import { drawAttachment, drawSession, valueOf } from '../support/drawn-session.js';

const exactly = (value: number) => ({ least: value, likely: value, most: value });
const heapOf = (values: Partial<HeapObjects> = {}): HeapObjects => ({
  objects: 1_000_000,
  jsObjects: 600_000,
  strings: 300_000,
  names: 8_000,
  textBytes: 10_000_000,
  references: exactly(3_000_000),
  indexes: exactly(10_000),
  slots: 0,
  tableReferences: 0,
  weakEntries: exactly(0),
  slowdown: exactly(1),
  collectionUs: undefined,
  ...values,
});
const mb = 2 ** 20;

const isOrdered = ({ extraBytes, pauseUs }: CaptureCost): boolean =>
  [extraBytes, pauseUs].every(({ least, likely, most }) => 0 <= least && least <= likely && likely <= most);

test('every estimate is a range: at least, likely, at most', () => {
  for (const objects of [0, 1000, 1_000_000, 30_000_000]) {
    const heap = heapOf({ objects, jsObjects: objects / 2, references: exactly(objects * 3) });
    assert.ok(isOrdered(snapshotCost(heap, 22)) && isOrdered(snapshotCost(heap, 24)) && isOrdered(censusCost(heap)), `${objects}`); // prettier-ignore
  }
  for (const usedBytes of [5 * mb, 500 * mb, 4000 * mb])
    for (const largeBytes of [0, usedBytes / 2, usedBytes]) {
      const heap = { usedBytes, largeBytes };
      assert.ok(isOrdered(snapshotCostByBytes(heap, 22)) && isOrdered(censusCostByBytes(heap)), `${usedBytes}`);
    }
});

test('each thing that V8 writes text about makes a snapshot more expensive; an index costs more than a reference', () => {
  const more = (values: Partial<HeapObjects>): number =>
    snapshotCost(heapOf(values), 24).extraBytes.likely - snapshotCost(heapOf(), 24).extraBytes.likely;
  const [object, reference, index, entry, letter] = [
    { objects: 1_000_100 },
    { references: exactly(3_000_100) },
    { indexes: exactly(10_100) },
    { weakEntries: exactly(100) },
    { textBytes: 10_000_100 },
  ].map(more);
  assert.ok([object, reference, index, entry, letter].every((bytes) => (bytes ?? 0) > 0));
  assert.ok((index ?? 0) > 5 * (reference ?? 0), 'its text is kept in a buffer of a kilobyte');
  assert.ok((entry ?? 0) > (index ?? 0), 'an entry of a WeakMap has several such texts');
});

test('a busy machine makes the pause longer, not the memory; Node before 24 is slower', () => {
  const idle = snapshotCost(heapOf(), 24);
  const busy = snapshotCost(heapOf({ slowdown: { least: 1.5, likely: 2, most: 2.2 } }), 24);
  assert.equal(busy.pauseUs.likely, 2 * idle.pauseUs.likely);
  assert.deepEqual(busy.extraBytes, idle.extraBytes);
  assert.ok(Math.abs(snapshotCost(heapOf(), 22).pauseUs.likely / idle.pauseUs.likely - 1.4) < 1e-9);
});

test('a census needs less than a snapshot, and part of it in V8’s own heap', () => {
  const census = censusCost(heapOf());
  assert.ok(census.extraBytes.most < snapshotCost(heapOf(), 24).extraBytes.likely);
  assert.equal(census.heapBytes, 600_000 * 24);
  assert.equal(snapshotCost(heapOf(), 24).heapBytes, 0);
  const named = heapOf({ names: 500_000 });
  assert.ok(censusCost(named).pauseUs.likely > census.pauseUs.likely + 1e6, 'names take microseconds each');
  assert.ok(snapshotCost(named, 24).pauseUs.likely > snapshotCost(heapOf(), 24).pauseUs.likely + 2e6);
  const keys = censusCost(heapOf({ tableReferences: 1_000_000 }));
  assert.ok(keys.extraBytes.most > census.extraBytes.most + 20e6, 'the keys of a dictionary are listed');
});

test('a census of a heap that took long to collect takes long, and the range is closer than without that time', () => {
  const quick = censusCost(heapOf({ collectionUs: 50_000 })).pauseUs;
  const slow = censusCost(heapOf({ collectionUs: 500_000 })).pauseUs;
  const unknown = censusCost(heapOf()).pauseUs;
  assert.ok(slow.likely > quick.likely + 1e6);
  assert.ok(slow.most / slow.likely < unknown.most / unknown.likely);
  assert.ok(isOrdered(censusCost(heapOf({ collectionUs: 500_000 }))));
});

test('the file grows with objects, references and text, each byte of which is in it', () => {
  const bytes = snapshotFileBytes(heapOf());
  assert.equal(snapshotFileBytes(heapOf({ textBytes: 10_000_500 })) - bytes, 500);
  assert.ok(snapshotFileBytes(heapOf({ objects: 2_000_000 })) > bytes);
  assert.ok(snapshotFileBytes(heapOf({ references: exactly(4_000_000) })) > bytes);
});

test('by bytes alone the range is wide: it could be one large array of numbers, or of references', () => {
  const { extraBytes } = snapshotCostByBytes({ usedBytes: 100 * mb, largeBytes: 90 * mb }, 24);
  assert.ok(extraBytes.most > 100 * extraBytes.least);
});

const io = () => {
  const warnings: string[] = [];
  return { warnings, signal: new AbortController().signal, progress: () => {}, warn: (text: string) => void warnings.push(text) }; // prettier-ignore
};

test('memory that stays after a capture is reported from 16 MB on, by who holds it; V8 forgets its ids before', async () => {
  const readings = [{ rssBytes: 100 * mb, heapBytes: 60 * mb }, { rssBytes: 150 * mb, heapBytes: 70 * mb }]; // prettier-ignore
  const { session, sent } = drawSession({ 'Runtime.evaluate': () => valueOf(readings.shift()) });
  const heard = io();
  assert.equal(await reportKeptMemory(drawAttachment(session), heard, async () => 'done'), 'done');
  assert.deepEqual(heard.warnings, ["the target's RSS is 50.0 MB higher than before: 10.0 MB of that is in V8's heap and Buffers, 40.0 MB is free memory that its allocator keeps for later use"]); // prettier-ignore
  assert.deepEqual(sent, ['Runtime.evaluate', 'HeapProfiler.disable', 'Runtime.evaluate']);
});

test('what a program that works meanwhile has taken is told from what the captures left', async () => {
  const warningsFor = async (left: number): Promise<string[]> => {
    const readings = [{ rssBytes: 100 * mb, heapBytes: 60 * mb }, { rssBytes: 200 * mb, heapBytes: 70 * mb }]; // prettier-ignore
    const { session } = drawSession({ 'Runtime.evaluate': () => valueOf(readings.shift()) });
    const heard = io();
    const captures = { left: () => left, bytes: () => left, after: <T>(work: () => Promise<T>) => work() };
    await reportKeptMemory(drawAttachment(session), heard, async () => 'done', captures);
    return heard.warnings;
  };
  assert.match(
    (await warningsFor(30 * mb)).join(),
    /30\.0 MB is free memory .* and by 60\.0 MB it grew itself meanwhile$/,
  );
  assert.match((await warningsFor(200 * mb)).join(), /90\.0 MB is free memory that its allocator keeps for later use$/);
  assert.deepEqual(await warningsFor(0), [], 'no capture: nothing that memwatch did');
});

test('less memory is not worth a sentence, and an error of the work is passed on', async () => {
  const readings = [1, 2, 3].map(() => ({ rssBytes: 100 * mb, heapBytes: 60 * mb }));
  const { session } = drawSession({ 'Runtime.evaluate': () => valueOf(readings.shift()) });
  const heard = io();
  await reportKeptMemory(drawAttachment(session), heard, async () => {});
  assert.deepEqual(heard.warnings, []);
  const mine = new Error('mine');
  await assert.rejects(
    reportKeptMemory(drawAttachment(session), heard, () => Promise.reject(mine)),
    (error) => error === mine,
  );
});
