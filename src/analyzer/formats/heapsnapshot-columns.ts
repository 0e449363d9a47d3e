/**
 * Columns of a .heapsnapshot that grow towards the header's counts as rows come, so that a header which claims four
 * thousand million nodes costs nothing; where the file is known to be long enough they have their final size at once.
 */

export const comma = 0x2c;
export const newline = 0x0a;
export const maxUint32 = 0xffff_ffff;

/** Room to begin with, for `claimed` rows of at least two bytes a number, where `bytes` is what the file may hold. */
export const firstCapacity = (claimed: number, width: number, bytes: number): number =>
  Math.min(claimed, Math.max(1024, Math.floor(bytes / (2 * width)) + 1));

export const grown = (capacity: number, limit: number): number => Math.min(limit, capacity * 2);

export const copied = <T extends Uint8Array | Uint32Array | Float64Array>(from: ArrayLike<number>, to: T): T => {
  to.set(from);
  return to;
};

/** A byte ^ digit0 is at most 9 for a digit alone, also for the undefined byte beyond the end: one comparison a byte. */
export const digit0 = 0x30;
/** Numbers of so many digits can be read by integer arithmetic. */
export const maxDigits = 9;
