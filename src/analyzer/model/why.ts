/** `memwatch/why@1`: what the evidence of the agent inside says about a process and its end. */

/** A function, and a line of it. */
export interface CodePlace {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

/** The program's own function nearest to the allocation, and where it begins: V8's sampler names no line within it. */
export interface KeptSite extends CodePlace {
  /** Allocated there and alive at the last sample. */
  readonly liveBytes: number;
  /** Since the first sample; equal to `liveBytes` if there is only one. */
  readonly grewBytes: number;
  readonly calledFrom: CodePlace | null;
  /**
   * The lines of this function, or of the nearest caller that has such lines, that add to something that was there before, or
   * else where it waits: by the source text, so one of them keeps the memory.
   */
  readonly addsIn: readonly CodePlace[];
}

/** A census that the agent inside kept: the most frequent classes and the largest containers. */
export interface KeptCensus {
  readonly schema: 'memwatch/kept-census@1';
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  readonly containers: readonly (KeptContainer & { readonly id: number })[];
}

export interface KeptContainer {
  readonly kind: 'Map' | 'Set' | 'Array' | 'Object';
  readonly size: number;
  /** The class of one of its entries; '' if it is not known. */
  readonly holds: string;
  /** `SessionStore.sessions`; '' if it is a variable, or was not found. */
  readonly heldBy: string;
}

export interface FullLimit {
  readonly of: 'heap' | 'container';
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** What the samples and censuses of one thread show. */
export interface KeptInThread {
  /** How many samples of what was alive there are. */
  readonly samples: number;
  /** What grew most, first. */
  readonly sites: readonly KeptSite[];
  /** How many censuses there are. */
  readonly censuses: number;
  /** The containers that gained most entries from the first census to the last; if there is only one, all that they have. */
  readonly containers: readonly (KeptContainer & { readonly grew: number })[];
}

/** The samples, sites, censuses and containers are those of the main thread. */
export interface WhyDocument extends KeptInThread {
  readonly schema: 'memwatch/why@1';
  readonly folder: string;
  readonly pid: number | null;
  readonly script: string;
  readonly nodeVersion: string;
  readonly startedMs: number;
  /** Of the last reading, mark or end. */
  readonly lastMs: number;
  readonly ended: {
    /** It wrote its own end, or it still runs; otherwise `how` is concluded from the last readings. */
    readonly isKnown: boolean;
    readonly how: string;
  };
  /** As of the last reading. */
  readonly limits: readonly FullLimit[];
  /** The figures of the first and the last reading that are kept. */
  readonly memory: {
    readonly overUs: number;
    readonly rssBytes: readonly [number, number];
    readonly heapUsedBytes: readonly [number, number];
    readonly externalBytes: readonly [number, number];
  } | null;
  /** Worker threads that were sampled, by their threadId. */
  readonly workers: readonly (KeptInThread & { readonly worker: number })[];
  readonly marks: readonly { readonly timeMs: number; readonly text: string }[];
  /** Captures in the folder, for `memwatch alloc` and `memwatch cpu`. */
  readonly files: readonly string[];
}
