/**
 * A census for every command that counts: says before the first count what it will cost, and refuses if the target has no
 * room for it. In: an attachment. Out: a Census.
 */
import type { Attachment } from '../agent/attach/attach.js';
import { startCensus, type Census } from '../agent/capture/census.js';
import { MemwatchError } from '../errors.js';
import type { Progress } from '../progress.js';
import { formatBytes } from '../report/units.js';
import { estimateCensus, whyNoRoom, type CaptureEstimate } from './estimate.js';
import { followKeptMemory, type KeptMemory } from './resident.js';
import { sayCost } from './say-cost.js';

export interface CensusOptions {
  /** Counts even if the target could run out of memory. */
  readonly force?: boolean | undefined;
  /** What earlier captures have left for this one. */
  readonly kept?: KeptMemory;
}

/** It is closed with the attachment. Each count throws no-room, with the figures, if the heap has grown too large. */
export const openCensus = async (
  attachment: Attachment,
  io: Progress,
  { force = false, kept = followKeptMemory(attachment.session) }: CensusOptions = {},
): Promise<Census> => {
  const census = await startCensus(attachment.session);
  attachment.onDetach(census.close);
  let counts = 0;
  return {
    count: async (options) => {
      // each count collects garbage, so that little is left for the next
      const isFirst = counts++ === 0;
      if (isFirst || !force) {
        const estimate = await estimateCensus(attachment, { collected: isFirst, kept });
        if (!force) refuseWithoutRoom(estimate);
        if (isFirst) sayCost('census', estimate, io);
      }
      return kept.after(() => census.count(options));
    },
    sizes: census.sizes,
    close: census.close,
  };
};

const refuseWithoutRoom = (estimate: CaptureEstimate): void => {
  if (estimate.enough) return;
  throw new MemwatchError(
    'no-room',
    `a census of a heap of ${formatBytes(estimate.heapUsedBytes)} ${whyNoRoom(estimate)}`,
    { hint: 'memwatch alloc fits, because it only takes samples; --force counts anyway' },
  );
};
