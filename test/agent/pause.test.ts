/** How long a target stands still is measured by its own clock: what memwatch waits for meanwhile is no part of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { watchPause, type Pause, type Span } from '#memwatch/agent/attach/pause.js';
import { evaluate } from '#memwatch/agent/session/evaluate.js';
import { msBetween } from '#memwatch/leaks/search-captures.js';
import { startSource } from '../support/targets.js';

const waitMs = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
};

test('how long a target worked between two pauses is known exactly, however late memwatch gets to them', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 1000); console.log('ready');`);
  await withAttachment({ kind: 'pid', pid: target.pid }, {}, async (attachment) => {
    /** Blocks the target for 400 ms; returns when, by its own clock. */
    const block = (): Promise<Span> =>
      evaluate(attachment.session, () => {
        const startMs = performance.now();
        while (performance.now() < startMs + 400);
        return { startMs, endMs: performance.now() };
      });
    const blocks: Span[] = [];
    const pauses: Pause[] = [];
    for (const lateMs of [300, 1500])
      pauses.push(
        await watchPause(attachment, async () => {
          waitMs(lateMs);
          blocks.push(await block());
        }),
      );
    const [first, second] = blocks;
    const worked = second.startMs - first.endMs;
    assert.ok(worked > 1400, String(worked));
    const measured = msBetween(pauses[0], pauses[1]);
    assert.ok(Math.abs(measured - worked) < 700, `${measured} of ${worked}`);
    for (const { seen } of pauses) assert.ok(seen.endMs - seen.startMs >= 390);
  });
});
