/** Collections of garbage while a capture goes on: none if the target has too little memory left for one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleSurvivors } from '#memwatch/agent/capture/survivors.js';
import { stillRoomToCollect } from '#memwatch/agent/capture/room.js';
import { drawAttachment, drawSession, valueOf } from '../support/drawn-session.js';

const [small, larger] = [1e6, 1e18];
const heapOf = (usedSize: number) =>
  drawSession({
    'Runtime.getHeapUsage': () => ({ usedSize }),
    'Runtime.evaluate': () => valueOf(true),
    'HeapProfiler.stopSampling': () => ({ profile: { head: { callFrame: {}, selfSize: 0, children: [] } } }),
  });

test('a heap that no longer fits beside a copy of a third of it is not collected; where nothing limits it, it is', async () => {
  assert.equal(await stillRoomToCollect(heapOf(small).session, process.pid), true);
  assert.equal(await stillRoomToCollect(heapOf(larger).session, process.pid), false);
  assert.equal(await stillRoomToCollect(heapOf(larger).session, undefined), true);
});

test('sampling of what stays alive ends without a collection if memory has run short meanwhile', async () => {
  for (const [usedSize, collections] of [
    [small, 1],
    [larger, 0],
  ] as const) {
    const { session, sent } = heapOf(usedSize);
    const attachment = drawAttachment(session, { pid: process.pid });
    const finish = await sampleSurvivors(attachment, 1e6);
    assert.deepEqual(await finish(), []);
    assert.equal(sent.filter((method) => method === 'HeapProfiler.collectGarbage').length, collections);
    assert.ok(sent.includes('HeapProfiler.stopSampling'));
  }
});
