/**
 * Attaches to a worker thread of a target that is already attached to. In: the attachment and the worker. Out: an
 * attachment to the worker; it ends with the attachment that it came from.
 */
import { enterGuard } from '../session/guard.js';
import type { WorkerThread } from '../session/workers.js';
import type { Attachment } from './attach.js';

/** Throws no-answer if the worker waits in Atomics.wait, or runs native code. */
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
