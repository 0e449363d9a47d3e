/** The place of what is opened and never closed, by all that is allocated in one round, on real processes. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { counterFinding } from '#memwatch/analyzer/growth/readings/counters.js';
import { leakReport } from '#memwatch/analyzer/growth/verdict.js';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import { withOpeningCode } from '#memwatch/leaks/opening-code.js';
import { outerMajors } from '../support/nodes.js';
import { startSource } from '../support/targets.js';
import { processReading } from '../support/watched.js';

const opened = { name: 'file descriptors', unit: 'count', title: 'opened', advice: '', history: [], perIteration: 9 } as const; // prettier-ignore
const found = leakReport({
  verdict: 'leak',
  reasons: [],
  findings: [{ ...counterFinding(opened, 1), rank: 1 }],
  evidence: 'snapshots',
  rounds: 3,
  heapBytes: [],
});

const lookAt = async (t: TestContext, source: string, node: (typeof outerMajors)[number]): Promise<LeakReport> => {
  const { pid } = await startSource(t, source, { node, kind: 'cjs' });
  return withAttachment({ kind: 'pid', pid }, {}, (attachment) => {
    const looking = {
      attachment,
      census: { count: async () => assert.fail(), sizes: async () => [], close: async () => {} },
      readings: { lastMs: 1, read: async () => processReading() },
      round: () => sleep(2000),
      io: { signal: new AbortController().signal, progress: () => {}, warn: () => {} },
      collects: true,
    };
    return withOpeningCode(found, looking, 'file /tmp/#');
  });
};

/** Nothing of what opens a file survives. The test's machine has few descriptors, so each is closed. */
const program = (opens: string): string => `const fs = require('node:fs');
  function read() { fs.readFileSync(__filename); fs.stat(__filename, () => {}); }
  function store() {
    ${opens}
  }
  setInterval(() => { for (let i = 0; i < 50; i++) store(); read(); }, 20);
  console.log('ready');`;

for (const node of outerMajors) {
  test(`on Node ${node}, the function that opens files is named, although none of it survives`, async (t) => {
    const { findings } = await lookAt(t, program(`fs.open(__filename, (_, fd) => fs.closeSync(fd));`), node);
    const [finding] = findings;
    assert.match(`${finding?.location?.file}:${finding?.location?.line}`, /target\.cjs:4$/);
    assert.match(
      finding?.reasons.at(-1) ?? '',
      /^in one round, \d+ % of what Node allocated .* for .*\(.*target\.cjs:4\)$/,
    );
  });
}

test('code that only reads files is not said to open them', async (t) => {
  assert.equal(await lookAt(t, program('fs.statSync(__filename);'), 24), found);
});
