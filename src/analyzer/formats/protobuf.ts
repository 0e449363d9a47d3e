/**
 * The top-level fields of a message in protobuf's encoding, to check whether it is complete. In: bytes. Out: how far the
 * fields reach.
 */

export interface FieldWalk {
  /** The number of complete fields. */
  readonly fields: number;
  /** The position of the first field that is incomplete, or unknown in this message. */
  readonly brokenAt: number | undefined;
}

export const walkFields = (
  bytes: Uint8Array,
  most: number,
  isKnown: (field: number, wire: number) => boolean,
): FieldWalk => {
  let at = 0;
  let fields = 0;
  for (; at < bytes.length && fields < most; fields++) {
    const tag = readVarint(bytes, at);
    if (tag === undefined || !isKnown(Math.floor(tag.value / 8), tag.value % 8)) return { fields, brokenAt: at };
    const value = readVarint(bytes, tag.end);
    const end = value === undefined ? Infinity : value.end + (tag.value % 8 === 2 ? value.value : 0);
    if (end > bytes.length) return { fields, brokenAt: at };
    at = end;
  }
  return { fields, brokenAt: undefined };
};

const readVarint = (bytes: Uint8Array, from: number): { value: number; end: number } | undefined => {
  let value = 0;
  for (let at = from; at < bytes.length && at < from + 10; at++) {
    value += (bytes[at] & 0x7f) * 2 ** (7 * (at - from));
    if (bytes[at] < 0x80) return { value, end: at + 1 };
  }
  return undefined;
};
