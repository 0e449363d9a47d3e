/**
 * How a process ended that kept its own recording, as far as that shows it. In: the recording, and whether the process
 * still runs. Out: words, and how full each limit was.
 */
import type { RecordedReading, RecordedSeries } from '../model/recording.js';
import type { FullLimit, WhyDocument } from '../model/why.js';
import { formatBytes } from '../model/figures.js';

/**
 * A process that died without a word, with a limit as full as this, most likely ran out of memory: V8 gives up before its
 * last byte, and in the last second before the kernel kills it a process can take much more.
 */
const full = 0.75;
const lastReadings = 5;

export const howItEnded = ({ end, readings }: RecordedSeries, runs: boolean): WhyDocument['ended'] => {
  if (end !== null) return { isKnown: true, how: end.how };
  if (runs) return { isKnown: true, how: 'it still runs' };
  const [fullest] = readings
    .slice(-lastReadings)
    .flatMap(limitsOf)
    .toSorted((a, b) => shareOf(b) - shareOf(a));
  const silent = 'it was killed, or crashed: it wrote no end';
  if (fullest === undefined || shareOf(fullest) < full) return { isKnown: false, how: silent };
  const { of, usedBytes, limitBytes } = fullest;
  const sizes = `${formatBytes(usedBytes)} of ${formatBytes(limitBytes)}`;
  const who =
    of === 'heap' ? 'V8 ended it, because its heap was full' : 'the kernel killed it, because its container was full';
  return { isKnown: false, how: `it wrote no end; most likely ${who}: ${sizes} at the last readings` };
};

/** How full each limit that is known was. */
export const limitsOf = (reading: RecordedReading): FullLimit[] => {
  const { heapUsedBytes, heapLimitBytes, cgroupUsedBytes, cgroupLimitBytes } = reading;
  const heap: FullLimit = { of: 'heap', usedBytes: heapUsedBytes, limitBytes: heapLimitBytes };
  if (cgroupUsedBytes === null || cgroupLimitBytes === null) return [heap];
  return [heap, { of: 'container', usedBytes: cgroupUsedBytes, limitBytes: cgroupLimitBytes }];
};

const shareOf = ({ usedBytes, limitBytes }: FullLimit): number => usedBytes / limitBytes;
