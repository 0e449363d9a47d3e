/**
 * Finds out what sampled words of V8's heap refer to. In: the addresses in the words, and a way to read memory. Out: for
 * each address the kind of object that is there. V8 objects of 64-bit builds without pointer compression begin with a reference to their
 * layout (V8's Map), and a layout says of what type its objects are.
 */

/** Records to read: `count` of them, `step` bytes apart. */
export interface Places {
  readonly from: number;
  readonly step: number;
  readonly count: number;
}

/** Reads a record of this many bytes at each place; bytes that cannot be read are 0. */
export type ReadRecords = (places: readonly Places[], bytes: number) => Promise<Buffer>;

export type Word =
  /** Every object begins with a reference to its layout, so these are counted as objects. */
  | { readonly kind: 'layout'; readonly of: Described }
  /** `copiedBytes`: what a snapshot copies of its text; 0 for a string that refers to others. */
  | { readonly kind: 'string'; readonly copiedBytes: number }
  | { readonly kind: 'other' };

/** `text`: a string with characters of its own; `name`: one that V8 keeps in its table of names. */
export type Described = 'object' | 'text' | 'name' | 'string' | 'other';

export const wordBytes = 8;
/** In a layout the type of its objects, in a string its length. */
const detailAt = 12;
/** Types of strings come first, those of a program's objects last. */
const firstOfOthers = 0x80;
const firstOfObjects = 0x400;
/** Bits in the type of a string. */
const notName = 0x20;
const withoutCharacters = 0x07;
/** Of characters; some take two bytes. */
const longestCopy = 1024;
const bytesOfCharacter = 1.5;

/** The address to which a word refers, or 0: the last two bits of a reference are 01, those of a small integer 00. */
export const addressIn = (bytes: Buffer, at: number): number => {
  const low = bytes.readUInt32LE(at);
  return (low & 3) === 1 ? bytes.readUInt32LE(at + 4) * 2 ** 32 + low - 1 : 0;
};

export const kindsOf = async (addresses: readonly number[], read: ReadRecords): Promise<Map<number, Word>> => {
  const objects = await readHeads(addresses, read);
  const layouts = await readHeads(layoutsOf(objects), read);
  const theirs = await readHeads(layoutsOf(layouts), read);
  const typeOfLayouts = mostFrequent([...layouts.values()].map(({ layout }) => typeIn(theirs.get(layout))));
  const wordOf = (address: number): Word => {
    const { layout, detail } = objects.get(address) ?? { layout: 0, detail: 0 };
    const type = typeIn(layouts.get(layout));
    if (type === typeOfLayouts) return { kind: 'layout', of: describedBy(detail & 0xffff) };
    if (type >= firstOfOthers) return { kind: 'other' };
    const hasText = (type & withoutCharacters) === 0;
    return { kind: 'string', copiedBytes: hasText ? bytesOfCharacter * Math.min(detail, longestCopy) : 0 };
  };
  return new Map(addresses.map((address) => [address, wordOf(address)]));
};

const layoutsOf = (heads: ReadonlyMap<number, Head>): number[] => [
  ...new Set([...heads.values()].map(({ layout }) => layout).filter((address) => address !== 0)),
];

/** The type of layouts themselves. The most frequent type is taken, because some words are not objects. */
const mostFrequent = (types: readonly number[]): number | undefined => {
  const counts = new Map<number, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].toSorted(([, one], [, other]) => other - one)[0]?.[0];
};

const typeIn = (head: Head | undefined): number => (head === undefined ? Infinity : head.detail & 0xffff);

const describedBy = (type: number): Described => {
  if (type >= firstOfObjects) return 'object';
  if (type >= firstOfOthers) return 'other';
  if ((type & notName) === 0) return 'name';
  return (type & withoutCharacters) === 0 ? 'text' : 'string';
};

interface Head {
  readonly layout: number;
  readonly detail: number;
}

const readHeads = async (addresses: readonly number[], read: ReadRecords): Promise<Map<number, Head>> => {
  const bytes = await read(
    addresses.map((from) => ({ from, step: 0, count: 1 })),
    2 * wordBytes,
  );
  return new Map(
    addresses.map((address, index) => {
      const at = index * 2 * wordBytes;
      return [address, { layout: addressIn(bytes, at), detail: bytes.readUInt32LE(at + detailAt) }];
    }),
  );
};
