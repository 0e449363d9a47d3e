/**
 * Memory for columns: shared, so that a second thread can read it, and released at once, since waiting for the garbage
 * collector would raise the peak.
 */

export const sharedBytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
export const sharedWords = (length: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(length * 4));
export const sharedFloats = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));

/** Frees columns that only this thread uses, by sending them to a closed port, which drops them. They are empty afterwards. */
export const release = (columns: readonly (Uint8Array | Uint32Array)[]): void => {
  const { port1 } = new MessageChannel();
  port1.close();
  const buffers = columns.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer);
  port1.postMessage(undefined, [...new Set(buffers)]);
};

/** Whether the bit of that node or edge is set, in a column of one bit each. */
export const isMarked = (marks: Uint32Array, at: number): boolean => ((marks[at >>> 5] >>> (at & 31)) & 1) === 1;

/** A copy of a stack or a list that has become too short, twice as long. */
export const twiceAsLong = (stack: Uint32Array): Uint32Array<ArrayBuffer> => {
  const longer = new Uint32Array(stack.length * 2);
  longer.set(stack);
  return longer;
};
