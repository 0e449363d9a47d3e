/**
 * Reads pprof's profile.proto; pprof.ts writes it. In: the bytes after gunzip. Out: a Profile. A function whose first line
 * is not known gets the smallest line seen in it; code without a symbol is named by its mapping and address.
 */
import { Profile as Pprof, type Location as PprofLocation } from 'pprof-format';
import { MemwatchError } from '../../errors.js';
import type { LineValues, Profile } from '../model/profile.js';
import { createLocationTable } from '../model/profile-builder.js';
import type { ProfileFormat } from './file-content.js';
import { written } from './pprof.js';
import { walkFields, withoutUnknown, type MessageShape } from './protobuf.js';
import { createStackProfile, kindOfUnit, timeUnits, type StackColumn, type StackProfile } from './stack-profile.js';

export const pprofFormat: ProfileFormat = {
  name: 'a pprof profile',
  command: 'view',
  matches: ({ bytes, text }) => text === undefined && startsAsPprof(bytes),
  read: ({ bytes }) => readPprof(bytes),
};

const one: MessageShape = {};
const numbers = (count: number): MessageShape =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [index + 1, one]));
/** profile.proto: its messages ValueType, Sample, Mapping, Location, Function, and the strings in 6. */
const profileShape: MessageShape = {
  ...numbers(15),
  1: numbers(2),
  2: { ...numbers(3), 3: numbers(4) },
  3: numbers(10),
  4: { ...numbers(5), 4: numbers(3) },
  5: numbers(5),
  11: numbers(2),
};
/** The fields that are messages or texts, or lists of numbers; the others are single numbers. */
const lengthFields = new Set([1, 2, 3, 4, 5, 6, 11, 13]);
const isKnown = (field: number, wire: number): boolean =>
  field in profileShape && (wire === 2 ? lengthFields.has(field) : wire === 0);

/** Newer versions of the format may add fields anywhere, but each profile has its kinds of values and its strings. */
const startsAsPprof = (bytes: Uint8Array): boolean => {
  if (walkFields(bytes, 8, isKnown).fields >= 8) return true;
  const seen = new Set<number>();
  const { brokenAt } = walkFields(bytes, Infinity, (field, wire) => {
    if (isKnown(field, wire)) seen.add(field);
    return true;
  });
  return brokenAt === undefined && seen.has(1) && seen.has(6);
};

/** Throws `not-this-format`, `broken-file`. */
const readPprof = (bytes: Uint8Array): Profile => {
  const { brokenAt } = walkFields(bytes, Infinity, () => true);
  if (brokenAt !== undefined)
    throw new MemwatchError(
      'broken-file',
      `the pprof profile is broken or cut off at byte ${brokenAt} of ${bytes.length}`,
    );
  const known = withoutUnknown(bytes, profileShape);
  const pprof = decodeMessage(known.bytes);
  if (pprof.sampleType.length === 0)
    throw new MemwatchError('not-this-format', 'not a pprof profile: it has no value types');
  const profile = readMessage(pprof);
  if (known.skipped === 0) return profile;
  const fields = known.skipped === 1 ? 'a field' : `${known.skipped} fields`;
  const was = known.skipped === 1 ? 'was' : 'were';
  const skipped = `${fields} that pprof's format does not define ${was} skipped`;
  return { ...profile, warnings: [...(profile.warnings ?? []), skipped] };
};

const decodeMessage = (bytes: Uint8Array): Pprof => {
  try {
    return Pprof.decode(bytes);
  } catch (cause) {
    throw new MemwatchError('broken-file', 'the pprof profile is broken: a part of it cannot be decoded', { cause });
  }
};

const readMessage = (pprof: Pprof): Profile => {
  const { strings } = pprof.stringTable;
  const order = columnOrder(pprof);
  const units = order.map((v) => unitOf(strings[Number(pprof.sampleType[v].unit)] ?? ''));
  const [first, ...others] = order.map((v, index): StackColumn => {
    const type = strings[Number(pprof.sampleType[v].type)] ?? '';
    return { name: ourName(type), unit: units[index].unit };
  });
  const profile = createStackProfile(kindOf(first), [first, ...others]);
  const linesOf = createSymbols(pprof, profile);
  const ticks: Tick[] = [];
  pprof.sample.forEach((sample, index) => {
    if (sample.value.length !== pprof.sampleType.length)
      throw new MemwatchError('broken-file', `sample ${index} of the pprof profile has ${sample.value.length} values`);
    const weights = order.map((v, at) => signedOf(sample.value[v]) * units[at].factor);
    const stack = sample.locationId.flatMap(linesOf).toReversed();
    const known = stack.length > 0 ? stack : [{ frame: profile.frame('(no stack)'), file: '', line: 0 }];
    const node = profile.addStack(
      known.map(({ frame }) => frame),
      weights,
    );
    const leaf = known[known.length - 1];
    if (leaf.line > 0 && leaf.file !== '') ticks.push({ node, file: leaf.file, line: leaf.line, self: weights[0] });
  });
  return { ...profile.finish({ durationUs: Number(pprof.durationNanos) / 1000 }), lines: linesFrom(ticks) };
};

type Id = number | bigint;
/** Some profilers use hashes of 64 bits, which a number cannot tell apart. */
const idOf = (id: Id): Id => (Number.isSafeInteger(Number(id)) ? Number(id) : id);

/** The package decodes int64 without its sign. */
const signedOf = (value: number | bigint): number => Number(BigInt.asIntN(64, BigInt(value)));

/** The kinds of values, the one to show first: the default that the file names, otherwise the last, as in pprof itself. */
const columnOrder = ({ sampleType, defaultSampleType }: Pprof): number[] => {
  const named = sampleType.findIndex(({ type }) => type === defaultSampleType);
  const first = named >= 0 && Number(defaultSampleType) !== 0 ? named : sampleType.length - 1;
  return [first, ...sampleType.map((_, v) => v).filter((v) => v !== first)];
};

const ourName = (type: string): string => Object.entries(written).find(([, [theirs]]) => theirs === type)?.[0] ?? type;

const kindOf = ({ name, unit }: StackColumn): Profile['kind'] =>
  unit === 'bytes' && name !== 'allocated' && name !== 'live' ? 'other' : kindOfUnit(unit);

const shortUnits: Readonly<Record<string, string>> = {
  ns: 'nanoseconds',
  us: 'microseconds',
  ms: 'milliseconds',
  s: 'seconds',
};

const unitOf = (unit: string): { unit: StackColumn['unit']; factor: number } => {
  const factor = timeUnits[shortUnits[unit] ?? unit];
  if (factor !== undefined) return { unit: 'microseconds', factor };
  return { unit: unit === 'bytes' ? 'bytes' : 'count', factor: 1 };
};

interface SymbolLine {
  readonly frame: number;
  readonly file: string;
  readonly line: number;
}

/** For the id of a location, its lines, innermost inlined function first. */
const createSymbols = (pprof: Pprof, profile: StackProfile): ((id: Id) => SymbolLine[]) => {
  const { strings } = pprof.stringTable;
  const functions = new Map(
    pprof.function.map(({ id, name, filename, startLine }) => {
      const file = strings[Number(filename)] ?? '';
      return [idOf(id), { name: strings[Number(name)] ?? '', file, start: Number(startLine) }];
    }),
  );
  const keyOf = ({ name, file }: { name: string; file: string }): string => `${name}\n${file}`;
  const firstLines = new Map<string, number>();
  for (const { functionId, line } of pprof.location.flatMap((location) => location.line)) {
    const one = functions.get(idOf(functionId));
    if (one === undefined || Number(line) <= 0) continue;
    firstLines.set(keyOf(one), Math.min(firstLines.get(keyOf(one)) ?? Infinity, Number(line)));
  }
  const linesOf = (location: PprofLocation): SymbolLine[] =>
    location.line.map(({ functionId, line }) => {
      const one = functions.get(idOf(functionId)) ?? { name: `function ${functionId}`, file: '', start: 0 };
      const start = one.start > 0 ? one.start : (firstLines.get(keyOf(one)) ?? 0);
      const place = one.file === '' ? undefined : { file: one.file, line: start, column: 0 };
      return {
        frame: profile.frame(one.name === '(anonymous)' ? '' : one.name, place),
        file: one.file,
        line: Number(line),
      };
    });
  const addressOf = createAddresses(pprof);
  const lines = new Map(
    pprof.location.map((location) => {
      const symbols = linesOf(location);
      const unknown = (): SymbolLine => ({ frame: profile.frame(addressOf(location)), file: '', line: 0 });
      return [idOf(location.id), symbols.length > 0 ? symbols : [unknown()]];
    }),
  );
  return (id) => lines.get(idOf(id)) ?? [{ frame: profile.frame(`location ${id}`), file: '', line: 0 }];
};

/** `[libc.so.6] 0x7f12`: the name for code without a symbol. */
const createAddresses = ({ mapping, stringTable: { strings } }: Pprof): ((location: PprofLocation) => string) => {
  const files = new Map(mapping.map(({ id, filename }) => [idOf(id), strings[Number(filename)] ?? '']));
  return ({ mappingId, address }) => {
    const file = files.get(idOf(mappingId))?.replace(/^.*\//s, '') || 'unknown';
    return `${file.startsWith('[') ? file : `[${file}]`} 0x${BigInt.asUintN(64, BigInt(address)).toString(16)}`;
  };
};

interface Tick {
  readonly node: number;
  readonly file: string;
  readonly line: number;
  readonly self: number;
}

const linesFrom = (ticks: readonly Tick[]): LineValues | undefined => {
  if (ticks.length === 0) return undefined;
  const table = createLocationTable();
  return {
    node: Uint32Array.from(ticks, (tick) => tick.node),
    location: Uint32Array.from(ticks, ({ file, line }) => table.add({ file, line, column: 0 })),
    self: Float64Array.from(ticks, (tick) => tick.self),
    inlined: new Uint8Array(ticks.length),
    locations: table.locations,
  };
};
