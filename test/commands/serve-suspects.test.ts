/** What `memwatch serve --allow-captures` says of a process whose heap grows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { createCaptureTurn } from '#memwatch/commands/serve/capture-turn.js';
import { metricsOf } from '#memwatch/commands/serve/metrics.js';
import type { ServedProcess } from '#memwatch/commands/serve/served.js';
import { searchForSuspects } from '#memwatch/commands/serve/suspects.js';
import { renderPrometheus } from '#memwatch/report/prometheus.js';
import { secondReading } from '../support/readings.js';
import { sessionKeeper, startSource } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

test('where growth is proved the leak is searched for once, and is a metric with its signature and line', async (t) => {
  const target = await startSource(t, sessionKeeper);
  await withAttachment({ kind: 'pid', pid: target.pid }, {}, async (attachment) => {
    const labels = { pid: String(target.pid), script: 'target.mjs' };
    const figures = { last: secondReading(1, 1e7), counts: undefined, userSeconds: 0, systemSeconds: 0, gc: new Map() };
    const [low, high] = [100, 300];
    const grows: ServedProcess = { attachment, labels, nodeVersion: 'v22', ...figures, growth: () => ({ estimate: 200, low, high }) }; // prettier-ignore
    const steady: ServedProcess = { ...grows, growth: () => ({ estimate: 0, low: -1, high: 1 }) };
    const stopping = new AbortController();
    t.after(() => stopping.abort());
    const said: string[] = [];
    const io = { signal: stopping.signal, warn: (text: string) => void said.push(text), progress: () => {} };
    const suspects = searchForSuspects(() => [steady, grows], createCaptureTurn(), io);
    await eventually('the leak is found', () => suspects.of(grows).length > 0, 120_000);
    const text = renderPrometheus(metricsOf([grows, steady], suspects.of));
    assert.match(text, /^memwatch_suspected_leak\{pid="\d+",script="target\.mjs",signature="[^"]*Map[^"]*",kind="map",location="[^"]*target\.mjs:4"\} 1$/m); // prettier-ignore
    assert.equal(text.match(/^memwatch_suspected_leak\{/gm)?.length, 1, 'what the Map holds is no leak of its own');
    assert.deepEqual(suspects.of(steady), []);
    stopping.abort();
    await suspects.ended;
    assert.deepEqual(said, []);
  });
  await noPortOpen(target.pid);
});
