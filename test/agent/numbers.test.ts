/** Numbers in properties of live objects, by V8's own inspector. */
import assert from 'node:assert/strict';
import { Session as Inspector } from 'node:inspector/promises';
import { test } from 'node:test';
import { readNumbers } from '#memwatch/agent/capture/numbers.js';
import type { Session } from '#memwatch/agent/session/protocol.js';
import { drawSession } from '../support/drawn-session.js';

test('numbers of own, inherited and private properties are read, and no getter runs', async (t) => {
  const inspector = new Inspector();
  inspector.connect();
  t.after(() => inspector.disconnect());
  const send = (method: string, params?: object): Promise<unknown> => inspector.post(method as 'Runtime.enable', params as undefined); // prettier-ignore
  const session = { ...drawSession({}).session, send } as unknown as Session;
  const expression = `new (class { #max = 500; size = 3; options = { max: -1 }; none = undefined; all = Infinity; name = 'x';
    get ran() { throw new Error(); } })()`;
  const { result } = await inspector.post('Runtime.evaluate', { expression });
  await inspector.post('HeapProfiler.takeHeapSnapshot'); // gives objects their ids
  const { heapSnapshotObjectId } = await inspector.post('HeapProfiler.getHeapObjectId', { objectId: result.objectId ?? '' }); // prettier-ignore
  const heapId = Number(heapSnapshotObjectId);
  const read = async (...path: string[]): Promise<number | undefined> =>
    (await readNumbers(session, [{ heapId, path }]))[0];
  assert.equal(await read('#max'), 500);
  assert.equal(await read('options', 'max'), -1);
  assert.equal(await read('all'), Infinity);
  assert.equal(await read('none'), 0);
  assert.equal(await read('missing'), 0);
  assert.equal(await read('name'), undefined, 'no number');
  assert.equal(await read('ran'), undefined, 'a getter');
  assert.deepEqual(await readNumbers(session, [{ heapId: 1, path: ['max'] }]), [undefined], 'no such object');
});
