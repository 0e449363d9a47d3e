/**
 * speedscope's own file, read; speedscope.ts has its shape. A profile is `sampled` (stacks with weights) or `evented`:
 *   { type: 'evented', name, unit, startValue, endValue, events: [{ type: 'O' or 'C', frame, at }…] }
 * Profiles of the same unit are threads, each with a root of its own; those of other units become further columns. In
 * memwatch's own files each profile is a column. Before 0.1 `exportedFrom`'s files held one profile under other keys.
 */
import { MemwatchError } from '../../errors.js';
import type { Profile, ProfileUnit } from '../model/profile.js';
import { objectOf, type ProfileFormat } from './file-content.js';
import { isRecord, list, number, optional, orNothing, record, text } from './shape.js';
import { createStackProfile, kindOfUnit, timeUnits, type StackColumn, type StackProfile } from './stack-profile.js';

interface SpeedscopeFile {
  readonly exporter?: string;
  readonly activeProfileIndex?: number;
  readonly shared: {
    readonly frames: readonly {
      readonly name: string;
      readonly file?: string;
      readonly line?: number;
      readonly col?: number;
    }[];
  };
  readonly profiles: readonly SpeedscopeProfile[];
}

interface SpeedscopeProfile {
  readonly type: string;
  readonly name: string;
  readonly unit: string;
  readonly samples?: readonly (readonly number[])[];
  readonly weights?: readonly number[];
  readonly events?: readonly { readonly type: string; readonly frame: number; readonly at: number }[];
}

const speedscopeFile = record<SpeedscopeFile>({
  exporter: orNothing(optional(text)),
  activeProfileIndex: orNothing(optional(number)),
  shared: record({
    frames: list(
      record({
        name: text,
        file: orNothing(optional(text)),
        line: orNothing(optional(number)),
        col: orNothing(optional(number)),
      }),
    ),
  }),
  profiles: list(
    record<SpeedscopeProfile>({
      type: text,
      name: orNothing(text),
      unit: text,
      samples: optional(list(list(number))),
      weights: optional(list(number)),
      events: optional(list(record({ type: text, frame: number, at: number }))),
    }),
  ),
});

export const speedscopeFormat: ProfileFormat = {
  name: 'a speedscope file',
  command: 'view',
  matches: (content) => {
    const { $schema, shared, profiles } = objectOf(content);
    return String($schema).includes('speedscope') || (isRecord(shared) && Array.isArray(profiles));
  },
  read: (content) => readSpeedscope(speedscopeFile(objectOf(content), '')),
};

const broken = (message: string): MemwatchError => new MemwatchError('broken-file', `the speedscope file ${message}`);

const readSpeedscope = (file: SpeedscopeFile): Profile => {
  const active = file.profiles[file.activeProfileIndex ?? 0] ?? file.profiles[0];
  if (active === undefined) throw broken('contains no profile');
  const ours = file.exporter === 'memwatch' && file.profiles.length > 1;
  const columnKeys = ours
    ? file.profiles.map(({ name }) => name)
    : [...new Set([active, ...file.profiles].map(({ unit }) => unit))];
  const [first, ...others] = columnKeys.map((key) => columnOf(key, file, ours));
  const profile = createStackProfile(kindOfUnit(first.unit), [first, ...others]);
  const frames = file.shared.frames.map(({ name, file: path, line = 0, col = 0 }) =>
    profile.frame(
      name === '(anonymous)' ? '' : name,
      path === undefined ? undefined : { file: path, line, column: col },
    ),
  );
  for (const one of file.profiles) {
    const column = columnKeys.indexOf(ours ? one.name : one.unit);
    const isThread = !ours && file.profiles.filter(({ unit }) => unit === one.unit).length > 1;
    const add = addTo(profile, columnKeys.length, column, isThread ? [profile.frame(one.name)] : []);
    addProfile(one, frames, (stack, weight) => add(stack, weight * (timeUnits[one.unit] ?? 1)));
  }
  return profile.finish();
};

const columnOf = (key: string, { profiles }: SpeedscopeFile, ours: boolean): StackColumn => {
  const unit = ours ? (profiles.find(({ name }) => name === key)?.unit ?? '') : key;
  const read: ProfileUnit = unit in timeUnits ? 'microseconds' : unit === 'bytes' ? 'bytes' : 'count';
  const name = { microseconds: 'time', bytes: 'allocated', count: 'samples' }[read];
  return { name: ours ? key.replace(/^.*: /s, '') : name, unit: read };
};

type AddStack = (stack: readonly number[], weight: number) => void;

const addTo = (profile: StackProfile, columns: number, column: number, root: readonly number[]): AddStack => {
  return (stack, weight) => {
    if (stack.length === 0) return; // between two functions nothing runs: that is no time of the thread's root either
    const weights = Array.from({ length: columns }, (_, index) => (index === column ? weight : 0));
    profile.addStack([...root, ...stack], weights);
  };
};

const addProfile = (one: SpeedscopeProfile, frames: readonly number[], add: AddStack): void => {
  const frameAt = (index: number): number => {
    const frame = frames[index];
    if (frame === undefined) throw broken(`names frame ${index} of ${frames.length}`);
    return frame;
  };
  if (one.type === 'sampled') addSamples(one, frameAt, add);
  else if (one.type === 'evented') addEvents(one, frameAt, add);
  else throw broken(`holds a profile of unknown type ${JSON.stringify(one.type)}`);
};

type FrameAt = (index: number) => number;

const addSamples = ({ samples = [], weights = [] }: SpeedscopeProfile, frameAt: FrameAt, add: AddStack): void => {
  if (samples.length !== weights.length) throw broken(`has ${samples.length} samples and ${weights.length} weights`);
  samples.forEach((stack, index) => add(stack.map(frameAt), weights[index]));
};

/** Between two events the stack does not change; the time between them counts for its innermost frame. */
const addEvents = ({ events = [] }: SpeedscopeProfile, frameAt: FrameAt, add: AddStack): void => {
  const stack: number[] = [];
  let before = events[0]?.at ?? 0;
  events.forEach(({ type, frame, at }, index) => {
    if (at < before) throw broken(`has events out of order, at event ${index}`);
    add(stack, at - before);
    before = at;
    if (type === 'O') stack.push(frameAt(frame));
    else if (stack.pop() !== frameAt(frame))
      throw broken(`closes a frame that is not the innermost, at event ${index}`);
  });
  if (stack.length > 0) throw broken(`ends with ${stack.length} frames open`);
};
