/** Samples of drawn memory: words that refer to objects are distinguished from numbers, holes and layouts; arrays are found by their length. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRegions, sampleOf } from '#memwatch/agent/capture/memory-sample.js';
import type { Places } from '#memwatch/agent/capture/memory-words.js';

const page = 2 ** 18;
const heap = 16 * page;
const constants = 8 * page;
const [hole, layoutOfHoles, text, layoutOfTexts, layoutOfLayouts, layoutOfObjects] = [0, 1, 2, 3, 4, 5].map(
  (at) => constants + 256 * at,
) as [number, number, number, number, number, number];

const integer = (value: number): bigint => BigInt(value) << 32n;
const reference = (address: number): bigint => BigInt(address) + 1n;
/** The last bits of an 8-byte number may be those of a reference; it leads nowhere. */
const float = (at: number): bigint => 0x400921fb54442d01n + BigInt(at);

/** Types as V8 gives them: a hole, a string of its own characters, a layout, a program's object. */
const layouts = new Map([
  [layoutOfHoles, 0x83],
  [layoutOfTexts, 0x28],
  [layoutOfLayouts, 0x100],
  [layoutOfObjects, 0x421],
]);
const textLength = 100;

const constantAt = (address: number): bigint => {
  if (address === hole) return reference(layoutOfHoles);
  if (address === text) return reference(layoutOfTexts);
  if (address === text + 8) return integer(textLength);
  if (layouts.has(address)) return reference(layoutOfLayouts);
  return integer(layouts.get(address - 8) ?? 0);
};

const slots = 103_400;

/** A page with an array whose length is at `offset`. */
const arrayAt = (from: number, offset: number, wordAt: (slot: number) => bigint, length = slots) => ({
  from,
  bytes: Math.ceil((offset + 8 + length * 8) / 4096) * 4096,
  wordAt: (address: number): bigint => {
    const at = address - from - offset;
    if (at < 0) return 0n;
    return at === 0 ? integer(length) : wordAt(at / 8 - 1);
  },
});

/** Objects of four words: a layout, a text, another object, an integer. */
const objectAt = (address: number): bigint =>
  [reference(layoutOfObjects), reference(text), reference(objects.from), integer(7)][(address / 8) % 4] ?? 0n;

const objects = { from: heap + 16 * page, bytes: 4 * page };
const regions = [
  { from: constants, bytes: 4096, wordAt: constantAt },
  arrayAt(heap, 0x18, (slot) => integer(slot)),
  arrayAt(heap + 4 * page, 0x1148, () => reference(objects.from)),
  arrayAt(heap + 8 * page, 0x18, (slot) => (slot % 4 === 0 ? reference(text) : reference(hole))),
  arrayAt(heap + 12 * page, 0x1150, float),
  { ...objects, wordAt: objectAt },
].map((region) => ({ ...region, writable: region.from !== constants }));

type Drawn = ReturnType<typeof arrayAt>;

const readFrom = (drawn: readonly Drawn[], places: readonly Places[], bytes: number): Promise<Buffer> => {
  const wordAt = (address: number): bigint =>
    drawn.find((region) => address >= region.from && address < region.from + region.bytes)?.wordAt(address) ?? 0n;
  const words = places.flatMap(({ from, step, count }) =>
    Array.from({ length: (count * bytes) / 8 }, (_, at) => {
      const record = Math.floor((at * 8) / bytes);
      return wordAt(from + record * step + ((at * 8) % bytes));
    }),
  );
  const buffer = Buffer.alloc(words.length * 8);
  for (const [at, word] of words.entries()) buffer.writeBigUInt64LE(word, at * 8);
  return Promise.resolve(buffer);
};

const isNear = (value: number, expected: number): void =>
  assert.ok(Math.abs(value - expected) <= 0.1 * expected, `${value}, expected ${expected}`);

test('objects, references to them and to read-only strings count; integers, holes and numbers do not', async () => {
  const sample = await sampleOf(regions, (places, bytes) => readFrom(regions, places, bytes));
  const count = objects.bytes / 32;
  isNear(sample.objects, count);
  isNear(sample.jsObjects, count);
  isNear(sample.references, 2 * count + 1.25 * slots);
  assert.deepEqual([sample.strings, sample.names, sample.textBytes], [0, 0, 0]);
  assert.deepEqual(
    sample.arrays.map((array) => array.slots),
    [slots, slots, slots, slots],
  );
  const found = sample.arrays.map(({ references }) => references).toSorted((a, b) => a - b);
  assert.deepEqual(found.slice(0, 2), [0, 0]);
  isNear(found[2] ?? 0, slots / 4);
  isNear(found[3] ?? 0, slots);
});

test('the entries of WeakMaps are counted, in a table with pages of its own and in small ones', async () => {
  const room = 2 ** 15;
  const head = [3 + 2 * room, 30_000, 12, room];
  const large = arrayAt(heap, 0x18, (slot) => (slot < 3 ? integer(head[slot + 1] ?? 0) : reference(heap)), head[0]);
  /** A layout, the four words of the head, and room for 8 keys and values. */
  const small = { from: heap + 8 * page, bytes: 4 * page };
  const words = [reference(layoutOfObjects), integer(19), integer(5), integer(1), integer(8)];
  const tableAt = (address: number): bigint => words[((address - small.from) / 8) % 21] ?? reference(heap);
  const drawn = [large, { ...small, wordAt: tableAt }];
  const weak = drawn.map((region) => ({ ...region, writable: true }));
  const { arrays, weakEntries } = await sampleOf(weak, (places, bytes) => readFrom(drawn, places, bytes));
  assert.deepEqual(
    arrays.map((array) => array.weakEntries),
    [30_000],
  );
  const expected = (5 * small.bytes) / (21 * 8);
  assert.ok(Math.abs(weakEntries - expected) < 0.3 * expected, `${weakEntries}, expected ${expected}`);
});

test('a single small table of a WeakMap, which may be one of Node, does not stand for others', async () => {
  const region = { from: heap, bytes: 16 * page, writable: true };
  const head = [reference(layoutOfObjects), integer(3 + 2 * 256), integer(200), integer(0), integer(256)];
  let met = 0;
  const sample = await sampleOf([region], (places, bytes) => {
    const [first] = places;
    const wordAt = (address: number): bigint => {
      const word = head[(address - (first?.from ?? 0)) / 8];
      if (word !== undefined && bytes > 16) met++;
      return word ?? integer(7);
    };
    return readFrom([{ ...region, wordAt }], places, bytes);
  });
  assert.ok(met >= head.length, 'the table was read');
  assert.equal(sample.weakEntries, 0);
});

test('entries of a table are met evenly, however long they are', async () => {
  for (const period of [2, 3, 5, 6, 7]) {
    const table = arrayAt(heap, 0x18, (slot) => (slot % period === 0 ? reference(heap) : integer(slot)));
    const readTable = (places: readonly Places[], bytes: number): Promise<Buffer> => readFrom([table], places, bytes);
    const { arrays } = await sampleOf([{ ...table, writable: true }], readTable);
    isNear(arrays[0]?.references ?? 0, slots / period);
  }
});

test('only private mappings without a file are regions', () => {
  const maps = `7f0000000000-7f0000040000 rw-p 00000000 00:00 0
7f0000040000-7f0000041000 r--p 00000000 00:00 0
7f0000050000-7f0000060000 rw-p 00000000 fe:00 26 /usr/bin/node
7f0000060000-7f0000070000 rw-p 00000000 00:00 0 [heap]
7f0000070000-7f0000080000 ---p 00000000 00:00 0
`;
  assert.deepEqual(readRegions(maps), [
    { from: 0x7f0000000000, bytes: page, writable: true },
    { from: 0x7f0000040000, bytes: 4096, writable: false },
  ]);
});
