/**
 * The heaps of worker threads: a heap that was seen to grow is searched like any other. In: a watch of the whole
 * process. Out: the report with what was found in the workers, and each worker's verdict.
 */
import { attachToWorker, type Attachment } from '../agent/attach/attach.js';
import type { WorkerThread } from '../agent/session/workers.js';
import { workerHeap } from '../analyzer/growth/readings/bounds.js';
import { verdictOf } from '../analyzer/growth/verdict.js';
import type { Finding, LeakReport } from '../analyzer/model/finding.js';
import type { Watched } from './watch.js';

/** Workers whose heap is proved to grow, by however little. */
const growingWorkers = async (attachment: Attachment, { known }: Watched): Promise<WorkerThread[]> => {
  const grows = (id: string): boolean =>
    known.some(({ of, state }) => of === workerHeap(id) && (state === 'grows' || state === 'creeps'));
  return (await attachment.workers()).filter(({ id }) => grows(id));
};

/** `search` looks for leaks in one worker. */
export const withWorkers = async (
  report: LeakReport,
  attachment: Attachment,
  watched: Watched,
  search: (worker: Attachment) => Promise<LeakReport>,
): Promise<LeakReport> => {
  let all = report;
  for (const worker of await growingWorkers(attachment, watched)) {
    const inside = await attachToWorker(attachment, worker);
    attachment.onDetach(inside.detach); // after what the search registers, which is undone first
    const found = await search(inside);
    all = joined(all, found, worker);
  }
  return all;
};

const joined = (report: LeakReport, found: LeakReport, { id, title }: WorkerThread): LeakReport => {
  const inWorker = found.findings.map((finding): Finding => ({ ...finding, title: `in ${title}: ${finding.title}` }));
  const findings = [...inWorker, ...report.findings].map((finding, i) => ({ ...finding, rank: i + 1 }));
  const undecided = [report, found].filter(({ verdict }) => verdict === 'inconclusive').length;
  const reasons = found.reasons.map((reason) => `in ${title}: ${reason}`);
  return {
    ...report,
    verdict: verdictOf({ findings: findings.length, undecided }),
    reasons: [...reasons, ...(report.verdict === 'clean' ? [] : report.reasons)],
    findings,
    rounds: report.findings.length > 0 ? report.rounds : found.rounds,
    snapshots: report.snapshots + found.snapshots,
    threads: report.threads.map((one) => (one.worker === id ? { ...one, verdict: found.verdict } : one)),
  };
};
