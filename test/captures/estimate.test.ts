/** The estimated cost of a snapshot, compared with the memory that it takes; on every Node. Linux only. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { captureSnapshot } from '#memwatch/agent/capture/snapshot.js';
import { evaluate } from '#memwatch/agent/session/evaluate.js';
import { estimateSnapshot } from '#memwatch/captures/estimate.js';
import { followKeptMemory } from '#memwatch/captures/resident.js';
import { takeSnapshot } from '#memwatch/captures/take-snapshot.js';
import { makeCgroup } from '../support/cgroups.js';
import { testedMajors } from '../support/nodes.js';
import { startSource, temporaryFolder } from '../support/targets.js';

const integers = `globalThis.held = [0, 1, 2].map(() => Array.from({ length: 1_000_000 }, (_, i) => i));
  setInterval(() => {}, 50); console.log('ready');`;
/** V8 writes a text of its own about each entry of a WeakMap, three times. */
const references = `void (globalThis.held = Array.from({ length: 50_000 }, (_, i) => ({ i })),
  globalThis.about = new WeakMap(held.map((one) => [one, {}])))`;

const memoryOf = (pid: number, field: string): number =>
  1024 * Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** How far the RSS rises above its value before, while `work` runs. */
const measureExtraBytes = async (pid: number, work: () => Promise<unknown>): Promise<number> => {
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // the peak starts again
  const before = memoryOf(pid, 'VmRSS');
  await work();
  return memoryOf(pid, 'VmHWM') - before;
};

for (const major of testedMajors) {
  test(`Node ${major}: arrays of integers cost next to nothing, references what is estimated`, async (t) => {
    const target = await startSource(t, integers, { node: major });
    const file = join(temporaryFolder(t), 'x.heapsnapshot');
    await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, async (attachment) => {
      const cheap = await estimateSnapshot(attachment);
      assert.ok(cheap.heapUsedBytes > 24e6, String(cheap.heapUsedBytes));
      assert.ok(cheap.extraBytes < 150e6, `integers: at most ${cheap.extraBytes}`);
      await evaluate(attachment.session, references);
      const rough = await estimateSnapshot(attachment, { collected: false });
      const said = await estimateSnapshot(attachment);
      for (const { leastExtraBytes, likelyExtraBytes, extraBytes } of [rough, said]) {
        assert.ok(leastExtraBytes < likelyExtraBytes && likelyExtraBytes < extraBytes);
        assert.ok(likelyExtraBytes > 100e6 && extraBytes < 1e9, `references: about ${likelyExtraBytes}`);
      }
      assert.ok(said.room !== undefined && said.room.availableBytes > 0);
      const taken = await measureExtraBytes(target.pid, () => captureSnapshot(attachment, file));
      assert.ok(taken >= said.leastExtraBytes && taken <= said.extraBytes, `${JSON.stringify(said)}, took ${taken}`);
      assert.ok(said.extraBytes <= 3 * taken, `${JSON.stringify(said)}, took ${taken}`);
    });
  });
}

test('V8 keeps the ids of objects between snapshots that are compared, and forgets them, with their memory, after the last', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready');`, { node: 24 });
  const file = join(temporaryFolder(t), 'x.heapsnapshot');
  const io = { progress: () => {}, warn: () => {}, signal: new AbortController().signal };
  await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, async (attachment) => {
    const { result } = await attachment.session.send('Runtime.evaluate', { expression: 'process' });
    const objectId = String(result.objectId);
    const idOf = async (): Promise<string> =>
      (await attachment.session.send('HeapProfiler.getHeapObjectId', { objectId })).heapSnapshotObjectId;
    const kept = followKeptMemory(attachment.session);
    await takeSnapshot(attachment, file, { more: true, kept }, io);
    const before = kept.bytes();
    // what the program itself takes is not free for a capture
    await attachment.session.send('Runtime.evaluate', { expression: 'globalThis.held = Buffer.alloc(40e6, 1)' });
    const cgroup = makeCgroup(t, target.pid);
    if (cgroup !== undefined) {
      cgroup.leaveRoom(60e6);
      const [strict, said] = [await estimateSnapshot(attachment), await estimateSnapshot(attachment, { kept })];
      assert.ok(Number(said.room?.availableBytes) > Number(strict.room?.availableBytes) + 5e6, 'it is used again');
      assert.match(said.room?.of ?? '', /, with what earlier captures left free,$/);
      cgroup.setLimit(2 ** 40);
    }
    const first = await idOf();
    await takeSnapshot(attachment, file, { more: true, kept, overwrite: true }, io);
    assert.ok(kept.bytes() < before + 20e6, `${before} and ${kept.bytes()} bytes`);
    assert.equal(await idOf(), first);
    await takeSnapshot(attachment, file, { overwrite: true }, io);
    assert.notEqual(await idOf(), first);
  });
});
