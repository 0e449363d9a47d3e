/** The place of memory that grows outside the heap: the code that runs while it rises, on real processes. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { chargeGrowth } from '#memwatch/analyzer/growth/memory-growth.js';
import { counterFinding } from '#memwatch/analyzer/growth/readings/counters.js';
import { leakReport } from '#memwatch/analyzer/growth/verdict.js';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import { withMemoryGrowth } from '#memwatch/leaks/memory-growth.js';
import type { Looking } from '#memwatch/leaks/watch-notes.js';
import { drawAttachment, drawSession } from '../support/drawn-session.js';
import { testedMajors } from '../support/nodes.js';
import { startSource } from '../support/targets.js';
import { processReading } from '../support/watched.js';

const mb = 1024 * 1024;

const native = { name: 'native memory', unit: 'bytes', title: 'it grows', advice: '', history: [], perIteration: mb } as const; // prettier-ignore
const found = leakReport({
  verdict: 'leak',
  reasons: [],
  findings: [{ ...counterFinding(native, 1), rank: 1 }],
  evidence: 'snapshots',
  rounds: 3,
  heapBytes: [],
});
const open = leakReport({
  verdict: 'inconclusive',
  reasons: ['native memory grew'],
  evidence: 'snapshots',
  rounds: 3,
  heapBytes: [],
  bounds: [{ of: 'native memory', unit: 'bytes', perSecond: { estimate: 3, low: 1, high: 5 } }],
});

/** Writes each page of what it adds, and does other work that leaves nothing. */
const growing = `const kept = [];
  function other() { JSON.parse(JSON.stringify(Array.from({ length: 5000 }, (_, i) => ({ i })))); }
  function keepPages() {
    kept.push(Buffer.alloc(${8 * mb}, 1));
  }
  setInterval(keepPages, 100);
  setInterval(other, 20);
  console.log('ready');`;

const quiet = `setInterval(() => { let sum = 0; for (let i = 0; i < 1e6; i++) sum += i; }, 5); console.log('ready');`;

/** `tries`: on a busy machine, memwatch does not get its turn often enough to name a function, and names none. */
const lookAt = async (
  t: TestContext,
  source: string,
  node: (typeof testedMajors)[number],
  report: LeakReport,
  tries = 1,
): Promise<{ result: LeakReport; rounds: string[] }> => {
  const rounds: string[] = [];
  const { pid } = await startSource(t, source, { node, kind: 'cjs' });
  const result = await withAttachment({ kind: 'pid', pid }, {}, async (attachment) => {
    const looking: Looking = {
      attachment,
      census: { count: async () => assert.fail(), sizes: async () => [], close: async () => {} },
      readings: { lastMs: 1, read: async () => processReading() },
      round: async (name) => {
        rounds.push(name);
        await sleep(2000);
      },
      io: { signal: new AbortController().signal, progress: () => {}, warn: () => {} },
      collects: true,
    };
    let seen = await withMemoryGrowth(report, looking);
    for (let left = tries - 1; left > 0 && seen === report; left--) seen = await withMemoryGrowth(report, looking);
    return seen;
  });
  return { result, rounds };
};

for (const node of testedMajors)
  test(`on Node ${node}, memory that grows outside the heap gets the line of the function that runs while it rises`, async (t) => {
    const { result } = await lookAt(t, growing, node, found, 3);
    const [finding] = result.findings;
    assert.match(`${finding?.location?.file}:${finding?.location?.line}`, /target\.cjs:[34]$/);
    assert.equal(finding?.allocationSites[0]?.function, 'keepPages');
    assert.match(finding?.reasons.at(-1) ?? '', /^the RSS rose by [\d.]+ MB in \d+ s, \d+ % of that while keepPages /);
  });

test('memory of which it is open whether it leaks: the reasons name the function, and the verdict stays', async (t) => {
  const { result } = await lookAt(t, growing, 22, open, 8);
  assert.equal(result.verdict, 'inconclusive');
  assert.match(result.reasons[1] ?? '', /while keepPages \(.*target\.cjs:[34]\) ran$/);
});

test('where nothing grows outside the heap no round is spent on it, and where memory stands still no code is named', async (t) => {
  const clean = { ...open, verdict: 'clean' } as const;
  assert.deepEqual(await lookAt(t, quiet, 22, clean), { result: clean, rounds: [] });
  const { result, rounds } = await lookAt(t, quiet, 22, found);
  assert.deepEqual([result, rounds.length], [found, 3]);
});

test('a target that is no process of this machine is reported as it was', async () => {
  const report = await withMemoryGrowth(found, {
    attachment: drawAttachment(drawSession().session),
    census: { count: async () => assert.fail(), sizes: async () => [], close: async () => {} },
    readings: { lastMs: 1, read: async () => processReading() },
    round: async () => {},
    io: { signal: new AbortController().signal, progress: () => {}, warn: () => {} },
    collects: true,
  });
  assert.equal(report, found);
});

const nodeOf = (id: number, functionName: string, url: string, children: number[] = []) => ({
  id,
  callFrame: { functionName, url, scriptId: '7', lineNumber: id, columnNumber: 0 },
  children,
});

test('what rose is charged to what ran since the reading before, less what fell while it ran', () => {
  const app = 'file:///app/a.js';
  const profile = {
    nodes: [
      nodeOf(1, '(root)', '', [2, 3, 4, 5]),
      nodeOf(2, '(idle)', ''),
      nodeOf(3, 'leak', app, [6]),
      nodeOf(4, 'churn', app),
      nodeOf(5, '(garbage collector)', ''),
      nodeOf(6, 'addonFunction', ''),
    ],
    startTime: 0,
    endTime: 60,
    samples: [6, 4, 2, 3, 4, 5],
    timeDeltas: [5, 10, 10, 10, 10, 10],
  };
  const bytes = [0, 100, 150, 150, 180, 130, 120];
  const changes = bytes
    .slice(1)
    .map((one, at) => ({ fromUs: at * 10, toUs: at * 10 + 10, bytes: one - (bytes[at] ?? 0) }));
  const { sites } = chargeGrowth(changes, [profile]);
  assert.deepEqual(
    sites.map(({ stack, bytes }) => [stack.map((frame) => frame.function), bytes]),
    [[['addonFunction', 'leak', '(root)'], 130]],
    'churn: 50 more, then 50 less; the collection: not the program',
  );
});

test('a change between two samples is charged to the last one, and what threads ran at once is shared; after a gap nothing is', () => {
  const profileOf = (name: string) => ({
    nodes: [nodeOf(1, '(root)', '', [2]), nodeOf(2, name, `file:///app/${name}.js`)],
    startTime: 0,
    endTime: 100,
    samples: [2],
    timeDeltas: [10],
  });
  const changes = [
    { fromUs: 20, toUs: 30, bytes: 80 },
    { fromUs: 40, toUs: 9040, bytes: 1000 },
  ];
  const { sites } = chargeGrowth(changes, [profileOf('a'), profileOf('b')]);
  assert.deepEqual(sites.map(({ stack, bytes }) => [stack[0]?.function, bytes]), [['a', 40], ['b', 40]]); // prettier-ignore
});
