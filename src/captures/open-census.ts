/** A census for every command that counts; refuses if the target has no room for it. In: an attachment. Out: a Census. */
import type { Attachment } from '../agent/attach/attach.js';
import { startCensus, type Census } from '../agent/capture/census.js';
import { MemwatchError } from '../errors.js';
import { formatBytes } from '../report/units.js';
import { estimateCensus, whyNoRoom, type EstimateOptions } from './estimate.js';
import { followKeptMemory } from './resident.js';

/** It is closed with the attachment. Each count throws no-room, with the figures, if the heap has grown too large. */
export const openCensus = async (
  attachment: Attachment,
  force = false,
  kept = followKeptMemory(attachment.session),
): Promise<Census> => {
  const census = await startCensus(attachment.session);
  attachment.onDetach(census.close);
  let counts = 0;
  return {
    count: async (options) => {
      // each count collects garbage, so that little is left for the next
      if (!force) await refuseWithoutRoom(attachment, { collected: counts++ === 0, kept });
      return kept.after(() => census.count(options));
    },
    sizes: census.sizes,
    close: census.close,
  };
};

const refuseWithoutRoom = async (attachment: Attachment, options: EstimateOptions): Promise<void> => {
  const estimate = await estimateCensus(attachment, options);
  if (estimate.enough) return;
  throw new MemwatchError(
    'no-room',
    `a census of a heap of ${formatBytes(estimate.heapUsedBytes)} ${whyNoRoom(estimate)}`,
    { hint: 'memwatch alloc fits, because it only takes samples; --force counts anyway' },
  );
};
