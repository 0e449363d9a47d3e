/**
 * A worker thread of a target that is attached to already. In: the attachment and the worker. Out: an attachment to the
 * worker, which is left with the one that it came from.
 */
import { enterGuard } from '../session/guard.js';
import type { WorkerThread } from '../session/workers.js';
import type { Attachment } from './attach.js';

/** Throws no-answer where the worker waits in Atomics.wait, or runs native code. */
export const attachToWorker = async (attachment: Attachment, worker: WorkerThread): Promise<Attachment> => {
  const guard = await enterGuard(worker.session, false);
  attachment.onDetach(async () => void (await guard.leave()));
  return {
    ...attachment,
    session: worker.session,
    worker,
    client: guard.client,
    ending: AbortSignal.any([attachment.ending, worker.session.closed]),
  };
};
