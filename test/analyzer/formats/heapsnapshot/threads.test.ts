import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { readHeader } from '#memwatch/analyzer/formats/heapsnapshot/header.js';
import { SnapshotParser } from '#memwatch/analyzer/formats/heapsnapshot/parser.js';
import { rowStart, startRest } from '#memwatch/analyzer/formats/heapsnapshot/rest.js';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import type { HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import { messageOf } from '#memwatch/errors.js';
import { snapshotFixture } from '../../../support/fixtures.js';
import { seeded } from '../../../support/slow.js';
import { temporaryFolder } from '../../../support/targets.js';

/** Everything in a graph, in a form that is quick to compare. */
const digest = (graph: HeapGraph): object => ({
  ...graph,
  strings: Array.from({ length: graph.strings.count }, (_, index) => graph.strings.get(index)).join('\n'),
});

/** The graph, or the error. */
const outcome = async (file: string, twoThreadsFrom: number): Promise<unknown> => {
  try {
    return digest(await readHeapSnapshot(file, { twoThreadsFrom }));
  } catch (error) {
    return messageOf(error);
  }
};

for (const major of [18, 24] as const) {
  test(`two threads read a snapshot of Node ${major} as one does`, async (t) => {
    const file = join(temporaryFolder(t), 'real.heapsnapshot');
    const bytes = gunzipSync(readFileSync(snapshotFixture(major)));
    writeFileSync(file, bytes);
    const text = bytes.toString('latin1');
    const header = readHeader(text.slice(text.indexOf(':') + 1, text.indexOf('},\n"nodes"') + 1), 0);
    const parser = new SnapshotParser(bytes.length);
    parser.push(bytes.subarray(0, 1 << 16));
    assert.ok(parser.edgeMemory);
    const second = startRest(file, Math.floor(bytes.length / 2), header, parser.edgeMemory);
    const startedAt = (await second.startedAt) ?? -1;
    assert.ok(startedAt >= bytes.length / 2 && startedAt < bytes.length / 2 + 1000);
    assert.ok(((await second.rest)?.edges.count ?? 0) > 10_000);
    await second.stop();
    assert.deepEqual(await outcome(file, 0), await outcome(file, Infinity));
    const window = (key: string): number | undefined =>
      rowStart(bytes.subarray(text.indexOf(`"${key}":[`) + 20_000).subarray(0, 20_000), header);
    assert.equal(window('nodes'), undefined);
    assert.equal(window('strings'), undefined);
    assert.equal(typeof window('edges'), 'number');
  });
}

test('40 damaged snapshots come to the same with two threads as with one', async (t) => {
  const file = join(temporaryFolder(t), 'damaged.heapsnapshot');
  const real = gunzipSync(readFileSync(snapshotFixture(18)));
  const random = seeded(11);
  for (let count = 0; count < 40; count++) {
    const place = Math.floor(random() * real.length);
    const cut = count % 4 === 0 ? real.length : place + 1 + Math.floor(random() * 3);
    const middle = ['7', ',', ']', '99999999999', '', '"'][Math.floor(random() * 6)] ?? '';
    writeFileSync(file, Buffer.concat([real.subarray(0, place), Buffer.from(middle), real.subarray(cut)]));
    assert.deepEqual(await outcome(file, 0), await outcome(file, Infinity), `at ${place}`);
  }
});
