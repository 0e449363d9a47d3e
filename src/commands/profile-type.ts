/**
 * `--type`: which kind of values of a profile a command shows; files of pprof hold several. In: a Profile. Out: the same
 * profile with those values first.
 */
import { written } from '../analyzer/formats/pprof.js';
import type { Profile, ProfileUnit, ValueColumn } from '../analyzer/model/profile.js';
import { MemwatchError } from '../errors.js';
import { escapeText } from '../report/units.js';

/** The profile with the values of that type first. Throws `bad-argument` if it has none. */
export const showType = (profile: Profile, type: string | undefined, file: string): Profile => {
  if (type === undefined) return profile;
  const column = profile.values.find(({ name }) => name === type || written[name]?.[0] === type);
  if (column !== undefined) return withFirst(profile, column);
  throw new MemwatchError('bad-argument', `${file} has no values of type ${escapeText(type)}`, {
    hint: `its types are ${escapeText(profile.values.map(bothNames).join(', '))}`,
  });
};

/** As `showType`; without a type, the first values of that unit. Throws `not-this-format` if they have another unit. */
export const showUnit = (profile: Profile, unit: ProfileUnit, file: string, type?: string): Profile => {
  const column = type === undefined ? profile.values.find((one) => one.unit === unit) : undefined;
  const shown = column === undefined ? showType(profile, type, file) : withFirst(profile, column);
  const [first] = shown.values;
  if (first.unit === unit) return shown;
  const held = { microseconds: 'times', bytes: 'bytes', count: 'counts without a unit' }[first.unit];
  const command = { microseconds: 'cpu', bytes: 'alloc', count: 'view' }[first.unit];
  const what = type === undefined ? `${file} holds ${held}` : `${escapeText(type)} of ${file} are ${held}`;
  const flag = type === undefined ? '' : ` --type ${escapeText(type)}`;
  throw new MemwatchError('not-this-format', `${what}, and ${unit === 'bytes' ? 'no bytes' : 'no times'}`, {
    hint: `run memwatch ${command} ${file}${flag} to show it, or memwatch export to convert it`,
  });
};

/** The name, and that of pprof if it is another one. */
const bothNames = ({ name }: ValueColumn): string => {
  const theirs = written[name]?.[0] ?? name;
  return theirs === name ? name : `${name} (${theirs})`;
};

/** The names of all kinds of values, the one that is shown first. */
export const typesOf = ({ values }: Profile): string[] => values.map(({ name }) => name);

/** Values of single lines are known only for the values that the file shows first. */
const withFirst = (profile: Profile, column: ValueColumn): Profile => {
  const others = profile.values.filter((one) => one !== column);
  return profile.values[0] === column ? profile : { ...profile, values: [column, ...others], lines: undefined };
};
