/**
 * The names that functions, classes, private members and variables had before a compiler renamed them. In: source maps, the
 * texts that V8 runs. Out: names, for the places that V8 gives.
 */
import { writtenNames, type WrittenNames } from '../../source/written-names.js';
import type { Locator } from './location.js';

export interface CodePlace {
  readonly scriptId: string;
  readonly url: string;
  /** 0-based, as in V8. */
  readonly line: number;
  readonly column: number;
}

export interface OriginalName {
  /** undefined: the source map has none for it. */
  readonly name: string | undefined;
}

/** What the name at that place stands for; undefined if it is not found there. */
export type CodeName = (code: CodePlace, name: string, kind?: keyof WrittenNames) => OriginalName | undefined;

/** `sourceOf`: the text that V8 runs; undefined if it is not available. */
export const createCodeNames = (
  locator: Pick<Locator, 'namesIn'>,
  sourceOf: (code: CodePlace) => string | undefined,
): CodeName => {
  const scripts = new Map<string, WrittenNames>(); // each one parses a script
  const known = new Map<string, OriginalName | undefined>();
  const find = (code: CodePlace, name: string, kind: keyof WrittenNames): OriginalName | undefined => {
    const nameAt = name === '' ? undefined : locator.namesIn(Number(code.scriptId));
    if (nameAt === undefined) return undefined;
    const written = scripts.get(code.scriptId) ?? writtenNames(sourceOf(code) ?? '');
    scripts.set(code.scriptId, written);
    const at = written[kind](name, code);
    return at && { name: withHash(nameAt(at.line, at.column), name) };
  };
  return (code, name, kind = 'code') => {
    const key = `${kind} ${name} ${code.scriptId}:${code.line}:${code.column}`;
    if (!known.has(key)) known.set(key, find(code, name, kind));
    return known.get(key);
  };
};

/** Some compilers leave the `#` of a private member out of the map. */
const withHash = (original: string | undefined, written: string): string | undefined =>
  original !== undefined && written.startsWith('#') && !original.startsWith('#') ? `#${original}` : original;
