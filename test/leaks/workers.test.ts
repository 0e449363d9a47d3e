/** Worker threads whose heap grows are searched, each like a target of its own, and the report names them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heapMemory } from '#memwatch/analyzer/growth/readings/counters.js';
import { workerHeap } from '#memwatch/analyzer/growth/readings/bounds.js';
import { leakReport } from '#memwatch/analyzer/growth/verdict.js';
import type { LeakReport, ThreadVerdict, Verdict } from '#memwatch/analyzer/model/finding.js';
import { withWorkers } from '#memwatch/leaks/workers.js';
import type { Watched } from '#memwatch/leaks/watch.js';
import { finding } from '../support/check-report.js';
import { drawAttachment, drawSession, drawWorker, valueOf } from '../support/drawn-session.js';
import { watchedTarget } from '../support/watched.js';

const reportOf = (verdict: Verdict, values: Partial<LeakReport> = {}): LeakReport => ({
  ...leakReport({ verdict, reasons: [`main is ${verdict}`], evidence: 'snapshots', rounds: 2, heapBytes: [] }),
  snapshots: 3,
  ...values,
});

const createTarget = (workerIds: readonly string[]) => {
  const main = drawSession();
  const entered = () => valueOf({ client: '9', opened: false });
  const sessions = workerIds.map(() => drawSession({ 'Runtime.evaluate': entered }));
  const workers = workerIds.flatMap((id, at) => {
    const one = sessions[at];
    return one === undefined ? [] : [drawWorker(id, one.session)];
  });
  const attachment = drawAttachment(main.session, { workers: async () => workers });
  const after = async (): Promise<void> => {
    for (const undo of attachment.undos) await undo();
  };
  return { attachment, sessions, after };
};

const watched = (states: Readonly<Record<string, Watched['known'][number]['state']>>): Watched => {
  const [like] = watchedTarget().known;
  assert.ok(like !== undefined);
  return watchedTarget(undefined, {
    known: Object.entries(states).map(([of, state]) => ({ ...like, of, state })),
  });
};

test('workers whose heaps do not grow are not touched', async () => {
  const { attachment, sessions } = createTarget(['1', '2']);
  const report = reportOf('clean');
  const known = watched({ [workerHeap('1')]: 'excluded', [workerHeap('2')]: 'open', [heapMemory]: 'grows' });
  const result = await withWorkers(report, attachment, known, () => assert.fail('nothing is to be searched'));
  assert.equal(result, report);
  assert.deepEqual(sessions.map(({ sent }) => sent), [[], []]); // prettier-ignore
});

test('what grows in a worker comes first, under the name of the worker, and makes the verdict', async (t) => {
  const { attachment, after } = createTarget(['1', '2']);
  t.after(after);
  const threads: ThreadVerdict[] = [{ worker: '1', verdict: 'clean' }, { worker: '2', verdict: 'clean' }]; // prettier-ignore
  const searched: string[] = [];
  const known = watched({ [workerHeap('1')]: 'excluded', [workerHeap('2')]: 'creeps' });
  const result = await withWorkers(reportOf('clean', { threads }), attachment, known, async ({ worker, session }) => {
    searched.push(worker?.id ?? '');
    assert.equal(session, worker?.session);
    return reportOf('leak', { findings: [finding({ title: 'Map jobs' })], reasons: ['jobs stay'], rounds: 5 });
  });
  assert.deepEqual(searched, ['2']);
  assert.equal(result.verdict, 'leak');
  assert.deepEqual(result.findings.map(({ rank, title }) => [rank, title]), [[1, 'in [worker 2] queue: Map jobs']]); // prettier-ignore
  assert.deepEqual(result.reasons, ['in [worker 2] queue: jobs stay']);
  assert.deepEqual(result.threads, [{ worker: '1', verdict: 'clean' }, { worker: '2', verdict: 'leak' }]); // prettier-ignore
  assert.deepEqual([result.rounds, result.snapshots], [5, 6]);
});

test('findings of the main thread keep their order after those of the worker, and its rounds count', async (t) => {
  const { attachment, after } = createTarget(['7']);
  t.after(after);
  const main = reportOf('leak', { findings: [finding({ title: 'a' }), finding({ rank: 2, title: 'b' })] });
  const result = await withWorkers(main, attachment, watched({ [workerHeap('7')]: 'grows' }), async () =>
    reportOf('leak', { findings: [finding({ title: 'c' })], rounds: 5 }),
  );
  assert.deepEqual(result.findings.map(({ rank, title }) => `${rank} ${title}`), ['1 in [worker 7] queue: c', '2 a', '3 b']); // prettier-ignore
  assert.equal(result.reasons.at(-1), 'main is leak');
  assert.equal(result.rounds, 2);
});

test('a worker that stays open makes a clean report inconclusive, and a leak elsewhere is still a leak', async (t) => {
  const { attachment, after } = createTarget(['7']);
  t.after(after);
  const known = watched({ [workerHeap('7')]: 'grows' });
  const open = async (): Promise<LeakReport> => reportOf('inconclusive');
  assert.equal((await withWorkers(reportOf('clean'), attachment, known, open)).verdict, 'inconclusive');
  const leak = reportOf('leak', { findings: [finding()] });
  assert.equal((await withWorkers(leak, attachment, known, open)).verdict, 'leak');
});

test('the guard of each searched worker is left when memwatch detaches', async () => {
  const { attachment, sessions, after } = createTarget(['1', '2']);
  const known = watched({ [workerHeap('1')]: 'grows', [workerHeap('2')]: 'grows' });
  await withWorkers(reportOf('clean'), attachment, known, async () => reportOf('clean'));
  assert.equal(attachment.undos.length, 2);
  const before = sessions.map(({ sent }) => sent.length);
  await after();
  assert.ok(sessions.every(({ sent }, at) => sent.length > (before[at] ?? 0)));
});
