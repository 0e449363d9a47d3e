/** What a capture will cost the target, said before it is taken. In: an estimate. Out: a sentence, as progress or as a warning. */
import { formatBytes, formatCount, formatDuration } from '../report/units.js';
import type { Progress } from '../progress.js';
import { unknownLimit, type CaptureEstimate } from './estimate.js';

/** A warning if the user must know it also where no progress is shown. */
export const sayCost = (what: 'snapshot' | 'census', estimate: CaptureEstimate, io: Progress): void => {
  const isExpensive = estimate.pauseUs > 1e6 || !estimate.limitKnown || estimate.hiddenAbove || !estimate.enough;
  const text = costOf(what, estimate);
  if (isExpensive) io.warn(text);
  else io.progress(text);
};

const costOf = (what: string, estimate: CaptureEstimate): string => {
  const { heapUsedBytes, objects, room, limitKnown, hiddenAbove } = estimate;
  const [pause, leastPause, mostPause] = [estimate.pauseUs, estimate.leastPauseUs, estimate.mostPauseUs].map((us) =>
    formatDuration(rounded(us)),
  );
  const [extra, leastExtra, mostExtra] = [estimate.likelyExtraBytes, estimate.leastExtraBytes, estimate.extraBytes].map(
    (bytes) => formatBytes(rounded(bytes)),
  );
  const count = objects === undefined ? '' : ` and about ${formatCount(rounded(objects))} objects`;
  const left = room === undefined ? '' : `; ${room.of} has ${formatBytes(room.availableBytes)}`;
  const danger = dangerOfPause(estimate);
  const unknown = limitKnown && !hiddenAbove ? '' : `; ${unknownLimit(estimate)}`;
  return (
    `${what} of a heap of ${formatBytes(heapUsedBytes)}${count}. Estimate: the target stands still for about ${pause} ` +
    `(${leastPause} to ${mostPause}) and takes about ${extra} more memory (${leastExtra} to ${mostExtra}), ` +
    `most of which its allocator keeps afterwards${left}${unknown}${danger === undefined ? '' : `. ${danger}`}`
  );
};

/** A server of Node closes a connection after this time without a request; so do many load balancers and probes. */
const idleConnectionUs = 5e6;

/** What a long pause can do beside the delay; undefined if the pause is too short for it. */
export const dangerOfPause = ({ mostPauseUs }: CaptureEstimate): string | undefined =>
  mostPauseUs > idleConnectionUs
    ? 'After 5 s without an answer the other side may close connections that the target keeps open, and health checks may fail'
    : undefined;

/** Two digits: an estimate is no more exact than that. */
const rounded = (value: number): number => Number(value.toPrecision(2));
