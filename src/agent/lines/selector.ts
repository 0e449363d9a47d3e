/**
 * What a user asks to have measured: `src/app.js:handle`, `app.ts:Cache.get`, `app.js:42`. In: the words of the command
 * line, the files and functions of a program. Out: the functions that they select.
 */
import { realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { MemwatchError } from '../../errors.js';
import type { FunctionSite } from './functions.js';
import { functionsNamed, positionOf } from './functions.js';
import type { OriginalSource } from './original.js';

export interface Selector {
  /** The whole selector, as the user wrote it. */
  readonly text: string;
  /** The file part, as the user wrote it: `src/app.js`. */
  readonly file: string;
  /** The absolute path of that file, resolved from memwatch's working directory. */
  readonly path: string;
  /** A name, `Class.method`, `*` for every function, or a line number. */
  readonly wanted: string | number;
}

/** Throws `bad-argument` if a word is not `file:function`. */
export const parseSelector = (text: string): Selector => {
  const parts = /^(.+):([^:/\\]+)$/.exec(text);
  if (parts?.[1] === undefined || parts[2] === undefined) {
    throw new MemwatchError('bad-argument', `not a function: ${text}`, {
      hint: 'name it as file:function, file:Class.method or file:line, as in src/app.js:handle',
    });
  }
  const wanted = /^\d+$/.test(parts[2]) ? Number(parts[2]) : parts[2];
  return { text, file: parts[1], path: realPath(resolve(parts[1])), wanted };
};

/** A selector selects a file by its whole path, or by the last folders of the path as written. */
export const meansFile = (selector: Selector, path: string): boolean => {
  const asWritten = selector.file.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  const seen = path.replaceAll('\\', '/');
  if (path === selector.path || seen === asWritten) return true;
  return !isAbsolute(selector.file) && !asWritten.startsWith('../') && seen.endsWith(`/${asWritten}`);
};

/** The functions of one source that a selector selects; for a line, the innermost function around it. */
export const functionsMeant = (
  selector: Selector,
  sites: readonly FunctionSite[],
  source: OriginalSource,
): FunctionSite[] => {
  const here = meansFile(selector, source.path)
    ? sites
    : sites.filter(({ node }) => {
        const file = source.at(positionOf(node))?.file;
        return file !== undefined && meansFile(selector, file);
      });
  if (selector.wanted === '*') return [...here];
  if (typeof selector.wanted === 'string') {
    const named = functionsNamed(here, selector.wanted);
    const marked = named.filter(({ node }) => source.at(positionOf(node))?.exact === true);
    return marked.length > 0 ? marked : named; // functions that a bundler adds (getters of exports) have no mark
  }
  const line = selector.wanted;
  const around = here.filter(({ node }) => {
    const first = source.at(positionOf(node))?.line ?? Infinity;
    const last = source.at(node.loc?.end)?.line ?? source.at(positionOf(node))?.line ?? 0;
    return first <= line && line <= last;
  });
  return around.slice(-1);
};

const realPath = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};
