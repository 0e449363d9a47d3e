/**
 * The largest Maps, Sets, arrays and dictionaries of the program, and how many objects each class has: a census, taken
 * with a sample of what is alive, so that `memwatch why` says which container grew. In: the main thread, how full the memory
 * is. Out: files. A census needs up to a third of the heap for a moment, so it is left out where that could end the program.
 */
import { startCensus, type Census } from '../agent/capture/census.js';
import type { KeptCensus } from '../analyzer/model/why.js';
import type { Evidence } from './evidence.js';
import type { SampledThread } from './main-thread.js';

export interface Containers {
  /** `share`: how full the memory is after a collection; `heapBytes`: of the heap then. `isAsked`: whatever it costs. */
  count(share: number, heapBytes: number, isAsked: boolean): Promise<void>;
}

const mostShare = 0.7;
/** A census takes some 10 ms per megabyte. By size and not by time: on a busy machine all takes longer. */
const mostHeapBytes = 256 * 2 ** 20;
const mostListed = 20;
/** At most this share of the time goes into censuses: usually, and when the memory is half full. */
const mostTime = { usual: 0.01, half: 0.25 };

export const createContainers = (main: SampledThread, evidence: Pick<Evidence, 'census'>): Containers => {
  let census: Census | undefined;
  let last = { endedMs: -Infinity, tookMs: 0 };
  return {
    count: async (share, heapBytes, isAsked) => {
      const startedMs = Date.now();
      const waitMs = last.tookMs / (share >= 0.5 ? mostTime.half : mostTime.usual);
      const isCheap = heapBytes <= mostHeapBytes && startedMs - last.endedMs >= waitMs;
      if (share > mostShare || (!isAsked && !isCheap)) return;
      census ??= await startCensus(main.session);
      const { classes, containers } = await census.count({ idsFor: 0 });
      evidence.census({
        schema: 'memwatch/kept-census@1',
        classes: classes.slice(0, mostListed).map(({ name, count }) => ({ name, count })),
        containers: containers
          .toSorted((a, b) => b.size - a.size)
          .slice(0, mostListed)
          .map(({ id, kind, size, holds, heldBy = '' }) => ({ id, kind, size, holds, heldBy })),
      } satisfies KeptCensus);
      last = { endedMs: Date.now(), tookMs: Date.now() - startedMs };
    },
  };
};
