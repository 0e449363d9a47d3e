/**
 * Writes pprof's profile.proto, gzipped: a table of strings, functions (name, file, first line), locations (function,
 * line), and samples (a stack of locations, innermost first, with one integer for each kind of value). pprof's times are
 * nanoseconds. A node's time is written line by line, so that `pprof -list` shows lines.
 */
import { gzipSync } from 'node:zlib';
import {
  Function as PprofFunction,
  Line,
  Location as PprofLocation,
  Profile as Pprof,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';
import type { Profile, ProfileUnit } from '../model/profile.js';

/** The names of memwatch's values in pprof, with the factor to pprof's unit. */
export const written: Readonly<Record<string, readonly [type: string, unit: string, factor: number]>> = {
  time: ['cpu', 'nanoseconds', 1000],
  samples: ['samples', 'count', 1],
  allocated: ['alloc_space', 'bytes', 1],
  live: ['inuse_space', 'bytes', 1],
};

/** Limits a part to what is left; differences may be negative. */
const withoutRest = (rest: number, part: number): number => (rest < 0 ? Math.max(rest, part) : Math.min(rest, part));

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

/** For each node, its parts by line; one part at the function's start if lines are not known. */
const partsOf = (profile: Profile): Map<number, { line: number; share: number }[]> => {
  const parts = new Map<number, { line: number; share: number }[]>();
  const { lines } = profile;
  if (lines === undefined) return parts;
  for (let i = 0; i < lines.self.length; i++) {
    const node = lines.node[i];
    const whole = profile.values[0].self[node];
    if (whole === 0) continue;
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
        last ? rest[v] : withoutRest(rest[v], Math.round(self[node] * factors[v] * share)),
      );
      value.forEach((part, v) => (rest[v] -= part)); // the last part gets the rounding error, so that sums stay exact
      if (value.some((part) => part !== 0))
        samples.push(new Sample({ locationId: [at(frame, line), ...callers[node]], value }));
    });
  }
  return samples;
};
