/**
 * pprof's profile.proto, gzipped: a table of strings, functions (name, file, first line), locations (function, line),
 * and samples (a stack of locations, the innermost first, with one integer for each kind of value).
 * Times are nanoseconds there. A node's time is written line by line, so that `pprof -list` knows the lines.
 * As long as it is because it holds both directions of one format.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  Function as PprofFunction,
  Line,
  Location as PprofLocation,
  Profile as Pprof,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';
import { MemwatchError } from '../../errors.js';
import type { LineValues, Profile, ProfileUnit, ValueColumn } from '../model/profile.js';
import { createCallTree, createFrameTable, createLocationTable } from '../model/profile-builder.js';

/** How pprof's users know our values, with the factor to pprof's unit. */
const written: Readonly<Record<string, readonly [type: string, unit: string, factor: number]>> = {
  time: ['cpu', 'nanoseconds', 1000],
  samples: ['samples', 'count', 1],
  allocated: ['alloc_space', 'bytes', 1],
  live: ['inuse_space', 'bytes', 1],
};

export const writePprof = (profile: Profile): Uint8Array => {
  const strings = new StringTable();
  const kinds = profile.values.map(
    (column) => written[column.name] ?? [column.name, unitName(column.unit), column.unit === 'microseconds' ? 1000 : 1],
  );
  const places = createPlaces(profile, strings);
  const samples = writeSamples(
    profile,
    places.at,
    kinds.map(([, , factor]) => factor),
  );
  const valueTypes = kinds.map(([type, unit]) =>
    ValueType.create({ type: strings.dedup(type), unit: strings.dedup(unit) }),
  );
  const encoded = new Pprof({
    sampleType: valueTypes,
    defaultSampleType: strings.dedup(kinds[0][0]),
    periodType: valueTypes[0],
    sample: samples,
    location: places.locations,
    function: places.functions,
    durationNanos: Math.round(profile.durationUs * 1000),
    stringTable: strings,
  }).encode();
  return gzipSync(encoded);
};

const unitName = (unit: ProfileUnit): string => (unit === 'microseconds' ? 'nanoseconds' : unit);

interface Places {
  readonly functions: PprofFunction[];
  readonly locations: PprofLocation[];
  /** The id of the location of a line in a frame. */
  at(frame: number, line: number): number;
}

const createPlaces = (profile: Profile, strings: StringTable): Places => {
  const functions = profile.frames.map(({ name, location }, frame) => {
    const shown = strings.dedup(name === '' ? '(anonymous)' : name);
    const filename = strings.dedup(location?.file ?? '');
    return new PprofFunction({
      id: frame + 1,
      name: shown,
      systemName: shown,
      filename,
      startLine: location?.line ?? 0,
    });
  });
  const locations: PprofLocation[] = [];
  const known = new Map<string, number>();
  const at = (frame: number, line: number): number => {
    const found = known.get(`${frame}:${line}`);
    if (found !== undefined) return found;
    const id = locations.length + 1;
    known.set(`${frame}:${line}`, id);
    locations.push(new PprofLocation({ id, line: [new Line({ functionId: frame + 1, line })] }));
    return id;
  };
  return { functions, locations, at };
};

/** For each node, the parts of it by line; one part at the function's start where lines are not known. */
const partsOf = (profile: Profile): Map<number, { line: number; share: number }[]> => {
  const parts = new Map<number, { line: number; share: number }[]>();
  const { lines } = profile;
  if (lines === undefined) return parts;
  for (let i = 0; i < lines.self.length; i++) {
    const node = lines.node[i];
    const whole = profile.values[0].self[node];
    if (whole <= 0) continue;
    const list = parts.get(node) ?? [];
    list.push({ line: lines.locations[lines.location[i]].line, share: lines.self[i] / whole });
    parts.set(node, list);
  }
  return parts;
};

const writeSamples = (profile: Profile, at: Places['at'], factors: readonly number[]): Sample[] => {
  const { frames, nodeFrame, nodeParent, values } = profile;
  const startLine = (frame: number): number => frames[frame].location?.line ?? 0;
  const callers: number[][] = [];
  const parts = partsOf(profile);
  const samples: Sample[] = [];
  for (let node = 0; node < profile.nodeCount; node++) {
    const frame = nodeFrame[node];
    const parent = nodeParent[node];
    callers[node] = parent < 0 ? [] : [at(nodeFrame[parent], startLine(nodeFrame[parent])), ...callers[parent]];
    const own = parts.get(node) ?? [{ line: startLine(frame), share: 1 }];
    const rest = values.map(({ self }, v) => Math.round(self[node] * factors[v]));
    own.forEach(({ line, share }, i) => {
      const last = i === own.length - 1;
      const value = values.map(({ self }, v) =>
        last ? rest[v] : Math.min(rest[v], Math.round(self[node] * factors[v] * share)),
      );
      value.forEach((part, v) => (rest[v] -= part)); // the last part takes what rounding left, so that sums stay right
      if (value.some((part) => part > 0))
        samples.push(new Sample({ locationId: [at(frame, line), ...callers[node]], value }));
    });
  }
  return samples;
};

export const isPprof = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Throws `not-this-format`, `broken-file`. */
export const readPprof = (bytes: Uint8Array): Profile => {
  let pprof: Pprof;
  try {
    pprof = Pprof.decode(isPprof(bytes) ? gunzipSync(bytes) : bytes);
  } catch (cause) {
    throw new MemwatchError('broken-file', 'a pprof profile cannot be decoded: it is cut off or of another kind', {
      cause,
    });
  }
  if (pprof.sampleType.length === 0)
    throw new MemwatchError('not-this-format', 'not a pprof profile: it names no values');
  return decode(pprof);
};

const decode = (pprof: Pprof): Profile => {
  const { strings } = pprof.stringTable;
  const table = createFrameTable();
  const tree = createCallTree();
  const linesOf = frameReader(pprof, table.add);
  const self = pprof.sampleType.map((): number[] => []);
  const ticks: { node: number; file: string; line: number; value: number[] }[] = [];
  for (const sample of pprof.sample) {
    const stack = sample.locationId.flatMap((id) => linesOf(Number(id))).toReversed();
    let node = -1;
    for (const { frame } of stack) node = tree.child(node, frame);
    const leaf = stack.at(-1);
    if (leaf === undefined) continue;
    const value = sample.value.map(Number);
    value.forEach((one, v) => (self[v][node] = (self[v][node] ?? 0) + one));
    if (leaf.line > 0) ticks.push({ node, file: leaf.file, line: leaf.line, value });
  }
  const nodeCount = tree.nodeFrame.length;
  const columns = pprof.sampleType.map((type, v) =>
    readColumn(strings[Number(type.type)], strings[Number(type.unit)], self[v], nodeCount),
  );
  const first = firstColumn(pprof);
  const factor = factorOf(strings[Number(pprof.sampleType[first].unit)]);
  return {
    kind: kindOf(columns[first].name),
    frames: table.frames,
    nodeCount,
    nodeFrame: Uint32Array.from(tree.nodeFrame),
    nodeParent: Int32Array.from(tree.nodeParent),
    values: [columns[first], ...columns.filter((_, v) => v !== first)],
    lines: linesFrom(ticks.map((tick) => ({ ...tick, self: tick.value[first] * factor }))),
    timeline: undefined,
    durationUs: Number(pprof.durationNanos) / 1000,
    calls: undefined,
    notes: undefined,
  };
};

interface PprofLine {
  readonly frame: number;
  readonly file: string;
  readonly line: number;
}

/** The lines of a location, the innermost inlined function first. */
const frameReader = (
  pprof: Pprof,
  add: (name: string, location: { file: string; line: number; column: number } | undefined) => number,
): ((id: number) => PprofLine[]) => {
  const { strings } = pprof.stringTable;
  const functions = new Map(pprof.function.map((one) => [Number(one.id), one]));
  const locations = new Map(
    pprof.location.map((location) => [
      Number(location.id),
      location.line.map((line) => {
        const one = functions.get(Number(line.functionId));
        const file = strings[Number(one?.filename ?? 0)];
        const start = Number(one?.startLine ?? 0);
        const name = strings[Number(one?.name ?? 0)];
        const place = file === '' ? undefined : { file, line: start > 0 ? start : Number(line.line), column: 0 };
        return { frame: add(name === '(anonymous)' ? '' : name, place), file, line: Number(line.line) };
      }),
    ]),
  );
  return (id) => locations.get(id) ?? [{ frame: add(`location ${id}`, undefined), file: '', line: 0 }];
};

/** pprof's own rule: the default the file names, else the last. */
const firstColumn = (pprof: Pprof): number => {
  const named = pprof.sampleType.findIndex((type) => type.type === pprof.defaultSampleType);
  return named >= 0 && Number(pprof.defaultSampleType) !== 0 ? named : pprof.sampleType.length - 1;
};

const factors: Readonly<Record<string, number>> = {
  nanoseconds: 1e-3,
  microseconds: 1,
  milliseconds: 1e3,
  seconds: 1e6,
};
const factorOf = (unit: string): number => factors[unit] ?? 1;

const readColumn = (type: string, unit: string, self: readonly number[], nodeCount: number): ValueColumn => {
  const ours = Object.entries(written).find(([, [theirs]]) => theirs === type)?.[0] ?? type;
  return {
    name: ours,
    unit: unit in factors ? 'microseconds' : unit === 'bytes' ? 'bytes' : 'count',
    self: Float64Array.from({ length: nodeCount }, (_, node) => (self[node] ?? 0) * factorOf(unit)),
  };
};

const kindOf = (name: string): Profile['kind'] =>
  name === 'time' || name === 'wall' ? 'cpu' : name === 'allocated' || name === 'live' ? 'allocations' : 'other';

const linesFrom = (
  ticks: readonly { node: number; file: string; line: number; self: number }[],
): LineValues | undefined => {
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
