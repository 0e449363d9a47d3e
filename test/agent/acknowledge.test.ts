/** While an answer is awaited after a message has come, memwatch sends something, so that the kernel acknowledges at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepAcknowledging } from '#memwatch/agent/session/acknowledge.js';

test('something is sent only between a message that came and an answer that is awaited, and less and less often', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let sent = 0;
  const { during, received } = keepAcknowledging(() => Promise.reject(new Error(`not known: ${++sent}`)));
  const sentAfter = (ms: number): number => {
    const before = sent;
    t.mock.timers.tick(ms);
    return sent - before;
  };
  received();
  assert.equal(sentAfter(100), 0, 'nothing is awaited');
  void during(new Promise(() => {}));
  assert.equal(sentAfter(100), 0, 'the command itself has acknowledged what came before');
  for (const [ms, count] of [
    [1, 1],
    [1, 0],
    [1, 1],
  ] as const) {
    // prettier-ignore
    received();
    assert.equal(sentAfter(ms), count, 'twice as long each time');
  }
  for (let message = 0; message < 10; message++) {
    received();
    sentAfter(100);
  }
  assert.equal(sent, 6, 'at most six times for one command');
});
