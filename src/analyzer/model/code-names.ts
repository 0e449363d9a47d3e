/**
 * The names that functions, classes and private members had before a compiler renamed them. In: source maps, the texts that V8
 * runs. Out: names, for the places that V8 gives.
 */
import { writtenNames, type FindName } from '../../source/written-names.js';
import type { Locator } from './location.js';

export interface CodePlace {
  readonly scriptId: string;
  readonly url: string;
  /** 0-based, as in V8. */
  readonly line: number;
  readonly column: number;
}

/** undefined: the name is the original one, as far as is known. */
export type CodeName = (code: CodePlace, name: string) => string | undefined;

/** `sourceOf`: the text that V8 runs; undefined if it is not available. */
export const createCodeNames = (
  locator: Pick<Locator, 'namesIn'>,
  sourceOf: (code: CodePlace) => string | undefined,
): CodeName => {
  const finders = new Map<string, FindName>(); // each one parses a script
  return (code, name) => {
    const nameAt = name === '' ? undefined : locator.namesIn(Number(code.scriptId));
    if (nameAt === undefined) return undefined;
    const find = finders.get(code.scriptId) ?? writtenNames(sourceOf(code) ?? '');
    finders.set(code.scriptId, find);
    const at = find(name, code);
    return at && nameAt(at.line, at.column);
  };
};
