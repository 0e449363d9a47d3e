/**
 * Columns of a .heapsnapshot that grow towards the header's counts as rows arrive, so that a header which claims four
 * billion nodes costs nothing. If the file is known to be long enough, they have their final size at once.
 */

export const comma = 0x2c;
export const newline = 0x0a;
export const maxUint32 = 0xffff_ffff;

/** The initial capacity for `claimed` rows of at least two bytes per number, if the file may hold `bytes` bytes. */
export const firstCapacity = (claimed: number, width: number, bytes: number): number =>
  Math.min(claimed, Math.max(1024, Math.floor(bytes / (2 * width)) + 1));

export const grown = (capacity: number, limit: number): number => Math.min(limit, capacity * 2);

export const copied = <T extends Uint8Array | Uint32Array | Float64Array>(from: ArrayLike<number>, to: T): T => {
  to.set(from);
  return to;
};

/** `byte ^ digit0` is at most 9 only for a digit, also for the undefined byte after the end: one comparison per byte. */
export const digit0 = 0x30;
/** Numbers with at most this many digits can be read by integer arithmetic. */
export const maxDigits = 9;
