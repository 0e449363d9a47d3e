/**
 * The fields of a message in protobuf's encoding: to check whether it is complete, and to leave out fields that its reader
 * does not know. In: bytes. Out: how far the fields reach, or the bytes without the unknown ones.
 */

/** The fields of a message: for each number, a number or text (`{}`), or a message with fields of its own. */
export interface MessageShape {
  readonly [field: number]: MessageShape;
}

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
    const field = readField(bytes, at);
    if (field === undefined || !isKnown(field.number, field.wire)) return { fields, brokenAt: at };
    at = field.end;
  }
  return { fields, brokenAt: undefined };
};

/** The message and the messages inside it without unknown fields, and how many those were. */
export const withoutUnknown = (bytes: Uint8Array, shape: MessageShape): { bytes: Uint8Array; skipped: number } => {
  if (isKnownThroughout(bytes, shape)) return { bytes, skipped: 0 };
  const parts: Uint8Array[] = [];
  let skipped = 0;
  for (let at = 0, end = 0; at < bytes.length; at = end) {
    const field = readField(bytes, at);
    end = field?.end ?? bytes.length;
    const inner = field === undefined ? undefined : shapeOf(field, shape);
    if (field === undefined || inner === undefined) skipped++;
    else if (!isMessage(field, inner)) parts.push(bytes.subarray(at, end));
    else {
      const clean = withoutUnknown(bytes.subarray(field.content, end), inner);
      skipped += clean.skipped;
      parts.push(bytes.subarray(at, field.tagEnd), varint(clean.bytes.length), clean.bytes);
    }
  }
  return { bytes: Buffer.concat(parts), skipped };
};

const isKnownThroughout = (bytes: Uint8Array, shape: MessageShape): boolean => {
  for (let at = 0; at < bytes.length;) {
    const field = readField(bytes, at);
    const inner = field === undefined ? undefined : shapeOf(field, shape);
    if (field === undefined || inner === undefined) return false;
    if (isMessage(field, inner) && !isKnownThroughout(bytes.subarray(field.content, field.end), inner)) return false;
    at = field.end;
  }
  return true;
};

interface Field {
  readonly number: number;
  readonly wire: number;
  readonly tagEnd: number;
  /** Where the content begins, after its length. */
  readonly content: number;
  readonly end: number;
}

/** Numbers and lengths; fixed 64 and 32 bits are in no shape. */
const shapeOf = ({ number, wire }: Field, shape: MessageShape): MessageShape | undefined =>
  wire === 0 || wire === 2 ? shape[number] : undefined;
const isMessage = ({ wire }: Field, shape: MessageShape): boolean => wire === 2 && Object.keys(shape).length > 0;

/** undefined if it does not end within the bytes. */
const readField = (bytes: Uint8Array, at: number): Field | undefined => {
  const tag = readVarint(bytes, at);
  if (tag === undefined || tag.value < 8) return undefined;
  const [number, wire] = [Math.floor(tag.value / 8), tag.value % 8];
  const place = (content: number, end: number): Field | undefined =>
    end > bytes.length ? undefined : { number, wire, tagEnd: tag.end, content, end };
  if (wire === 1 || wire === 5) return place(tag.end, tag.end + (wire === 1 ? 8 : 4));
  const value = readVarint(bytes, tag.end);
  if (value === undefined || (wire !== 0 && wire !== 2)) return undefined;
  return wire === 0 ? place(tag.end, value.end) : place(value.end, value.end + value.value);
};

const readVarint = (bytes: Uint8Array, from: number): { value: number; end: number } | undefined => {
  let value = 0;
  for (let at = from; at < bytes.length && at < from + 10; at++) {
    value += (bytes[at] & 0x7f) * 2 ** (7 * (at - from));
    if (bytes[at] < 0x80) return { value, end: at + 1 };
  }
  return undefined;
};

const varint = (value: number): Uint8Array =>
  value < 0x80 ? Uint8Array.of(value) : Uint8Array.of((value & 0x7f) | 0x80, ...varint(Math.floor(value / 0x80)));
