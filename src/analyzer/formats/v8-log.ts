/**
 * `node --prof`, after `node --prof-process --preprocess -j isolate….log`:
 *   { code: [{ name, type: 'JS' | 'CODE' | 'CPP' | 'SHARED_LIB', kind? }…], functions: […],
 *     ticks: [{ tm (us), vm, s: [code, offset, code, offset…] innermost first }…] }
 * A code of -1 means none; a number beyond the list is an address. A tick counts for the time since the one before it.
 */
import type { Profile } from '../model/profile.js';
import { objectOf, type ProfileFormat } from './file-content.js';
import { readScriptSymbol } from './perf-script.js';
import { list, nullOr, number, optional, record, text } from './shape.js';
import { createStackProfile, type StackProfile } from './stack-profile.js';

interface V8Log {
  readonly code: readonly ({ readonly name?: string; readonly type?: string; readonly kind?: string } | null)[];
  readonly ticks: readonly { readonly tm: number; readonly s: readonly number[] }[];
}

const log = record<V8Log>({
  code: list(nullOr(record({ name: optional(text), type: optional(text), kind: optional(text) }))),
  ticks: list(record({ tm: number, s: list(number) })),
});

export const v8LogFormat: ProfileFormat = {
  name: 'a log of node --prof, made JSON by --prof-process --preprocess',
  command: 'cpu',
  matches: (content) => {
    const { code, functions, ticks } = objectOf(content);
    return [code, functions, ticks].every(Array.isArray);
  },
  read: (content) => readLog(log(objectOf(content), '')),
};

const readLog = ({ code, ticks }: V8Log): Profile => {
  const profile = createStackProfile('cpu', [
    { name: 'time', unit: 'microseconds' },
    { name: 'samples', unit: 'count' },
  ]);
  let before = 0;
  for (const { tm, s } of [...ticks].sort((a, b) => a.tm - b.tm)) {
    const stack = s.filter((_, index) => index % 2 === 0).filter((id) => id !== -1);
    const frames = stack.map((id) => frameOf(id, code, profile)).toReversed();
    profile.addStack(frames.length > 0 ? frames : [profile.frame('(no stack)')], [tm - before, 1]);
    before = tm;
  }
  return profile.finish({ durationUs: before });
};

const frameOf = (id: number, codes: V8Log['code'], profile: StackProfile): number => {
  if (id >= codes.length) return profile.frame(`0x${id.toString(16)}`);
  const { name = '', type, kind } = codes[id] ?? {};
  const script = type === 'JS' ? readScriptSymbol(`JS:${name}`) : undefined;
  if (script !== undefined) return profile.frame(script.name, script.location);
  return profile.frame(type === 'CODE' && kind !== undefined ? `(${kind}) ${name}` : name.replace(/^[tT] /, ''));
};
