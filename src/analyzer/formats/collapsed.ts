/**
 * Collapsed stacks, the text that flame graph tools exchange: one stack a line, callers first, then its value:
 *   # unit: microseconds          (nanoseconds, if the values are not whole microseconds)
 *   main (/srv/app.js:1);handle (/srv/app.js:9) 1234
 * Only memwatch writes the first line: others' values have no unit. Lines that are no stack are skipped and counted.
 */
import { MemwatchError } from '../../errors.js';
import { escapeText } from '../model/escape.js';
import type { Location } from '../model/location.js';
import type { Frame, Profile, ProfileUnit } from '../model/profile.js';
import type { ProfileFormat } from './file-content.js';
import { createStackProfile, kindOfUnit, timeUnits } from './stack-profile.js';

export const writeCollapsed = (profile: Profile): string => {
  const names = profile.frames.map(nameOf);
  const { unit, self } = profile.values[0];
  const isFine = unit === 'microseconds' && !self.every((value) => Number.isInteger(value));
  const paths: string[] = [];
  const lines = unit === 'count' ? [] : [`# unit: ${isFine ? 'nanoseconds' : unit}`];
  for (let node = 0; node < profile.nodeCount; node++) {
    const name = names[profile.nodeFrame[node]];
    const parent = profile.nodeParent[node];
    paths[node] = parent < 0 ? name : `${paths[parent]};${name}`;
    if (self[node] !== 0) lines.push(`${paths[node]} ${textOf(isFine ? self[node] * 1000 : self[node])}`);
  }
  return lines.join('\n') + (lines.length > 0 ? '\n' : '');
};

/** A whole number if it is one but for the error of a multiplication; other fractions stay, so that no stack and no sum is lost. */
const textOf = (value: number): string => {
  const whole = Math.round(value);
  return String(whole !== 0 && Math.abs(value - whole) <= Math.abs(value) * 1e-9 ? whole : value);
};

/** `;` separates frames and a line end separates stacks, so neither may be in a name. */
const nameOf = ({ name, location }: Frame): string => {
  const clean = (text: string): string => escapeText(text.replace(/;/g, ':'));
  const shown = clean(name === '' ? '(anonymous)' : name);
  return location === undefined ? shown : `${shown} (${clean(location.file)}:${location.line})`;
};

/**
 * A stack and its value; differences may be negative, and some tools write fractions. Lines of CSV (`1, 2`) and of settings
 * (`timeout: 100`) look alike, but no frame ends so, except C++'s `operator,`.
 */
const frameEnd = String.raw`(?<!:|(?<!operator),)`;
const stackLine = new RegExp(String.raw`^(\S.*)${frameEnd} (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*$`, 'i');
const unitLine = /^# unit: (nanoseconds|microseconds|bytes)$/;

/** One of the first lines is a stack: files may begin with comments. */
const firstStack = new RegExp(String.raw`^(?!# |[{"'])\S.*${frameEnd} -?\d+(\.\d+)?\s*$`, 'm');
const isCollapsed = (text: string): boolean => firstStack.test(text.slice(0, 65_536));

export const collapsedFormat: ProfileFormat = {
  name: 'collapsed stacks',
  command: 'view',
  matches: ({ text }) => text !== undefined && isCollapsed(text),
  read: ({ text = '' }) => readCollapsed(text),
};

/** Throws `not-this-format` if most lines are no stacks. */
export const readCollapsed = (text: string): Profile => {
  const written = unitLine.exec(/^[^\r\n]*/.exec(text)?.[0] ?? '')?.[1] ?? 'count';
  const unit: ProfileUnit = written in timeUnits ? 'microseconds' : written === 'bytes' ? 'bytes' : 'count';
  const name = { microseconds: 'time', bytes: 'allocated', count: 'samples' }[unit];
  const profile = createStackProfile(kindOfUnit(unit), [{ name, unit }]);
  const isStack = (line: string): boolean => {
    const match = stackLine.exec(line);
    const value = Number(match?.[2]) * (timeUnits[written] ?? 1);
    if (match === null || !Number.isFinite(value)) return false;
    const frames = match[1].split(';').map((frame) => profile.frame(...readFrame(frame)));
    profile.addStack(frames, [value]);
    stacks++;
    return true;
  };
  let stacks = 0;
  let line = 1;
  let skipped = 0;
  let firstSkipped = 1;
  for (const [part] of text.matchAll(/[^\r\n]+|\r\n|\n|\r/g)) {
    if (/^[\r\n]/.test(part)) line++;
    else if (!isBlank(part) && !isStack(part) && skipped++ === 0) firstSkipped = line;
  }
  if (stacks === 0 || skipped > stacks) throw notStacks(firstSkipped);
  return profile.finish({ warnings: skipped === 0 ? [] : [warningOf(skipped, firstSkipped)] });
};

/** A blank line or a comment. Private methods begin with `#` too, but without a space after it. */
const isBlank = (line: string): boolean => line.trim() === '' || line.startsWith('# ');

const notStacks = (line: number): MemwatchError =>
  new MemwatchError(
    'not-this-format',
    `not collapsed stacks: line ${line} is not a stack, and neither are most others`,
  );

const warningOf = (skipped: number, first: number): string =>
  skipped === 1
    ? `line ${first} is not a stack and was skipped`
    : `${skipped} lines are not stacks and were skipped, the first is line ${first}`;

/** `name (file:line)`, or a name alone. */
const readFrame = (text: string): [string, Location | undefined] => {
  const match = /^(.*) \((.+):(\d+)\)$/.exec(text);
  if (match === null) return [text, undefined];
  return [match[1] === '(anonymous)' ? '' : match[1], { file: match[2], line: Number(match[3]), column: 0 }];
};
