/**
 * Rewrites a source text so that the selected functions call their counters at every line; line numbers stay the same. In:
 * JavaScript text, its path, selectors. Out: the new text, or undefined if the file is not selected.
 *
 * `f(x) { a(); }` becomes `f(x) {;const F=file()[0].enter(0,1,1);try{ a(); }finally{F.exit()}}`, where every further line
 * that begins a statement gets `F.line(k);` in front. `await x` becomes `F.resume(await F.suspend(x))`. F is a local
 * variable of the activation, so recursion, generators and async functions keep their activations apart without further
 * work.
 */
import { MagicString } from 'magic-string';
import { parseSource, type SourceKind } from '../../source/syntax.js';
import { findFunctions, type FunctionNode, type FunctionSite } from './functions.js';
import { instrumentFunction } from './instrument.js';
import type { FunctionTable } from './line-numbers.js';
import { readOriginal, type OriginalSource } from './original.js';
import { functionsMeant, meansFile, type Selector } from './selector.js';

/** Reported by a selected file when it runs, if there is nothing to measure in it. */
export interface Missing {
  readonly selector: string;
  readonly file: string;
  /** The functions that the file has, or why there are none. */
  readonly functions: readonly string[];
  readonly reason?: string;
}

/** The property of globalThis through which rewritten code finds the counters. */
export const globalName = '__memwatchLines__';
const fileFunction = '$memwatchFile';

export const rewriteSource = (
  code: string,
  path: string,
  kind: SourceKind,
  selectors: readonly Selector[],
  written: string = code,
): string | undefined => {
  if (!mayBeMeant(code, path, selectors) || code.includes(`function ${fileFunction}()`)) return undefined;
  const source = readOriginal(code, path, written);
  const meant = selectors.filter((selector) => source.files.concat(path).some((file) => meansFile(selector, file)));
  if (meant.length === 0) return undefined;
  try {
    return rewrite(code, kind, source, meant);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return (
      code + codeOfMissing(meant.map((selector) => ({ selector: selector.text, file: path, functions: [], reason })))
    );
  }
};

/** Reading every source map of a large program would be slow: a file without one is only matched by its own name. */
const mayBeMeant = (code: string, path: string, selectors: readonly Selector[]): boolean =>
  selectors.some((selector) => meansFile(selector, path)) || code.includes('sourceMappingURL=');

const rewrite = (code: string, kind: SourceKind, source: OriginalSource, selectors: readonly Selector[]): string => {
  const sites = findFunctions(parseSource(code, kind), (position) => source.at(position)?.name);
  const roots = new Map<FunctionNode, FunctionSite>();
  const missing: Missing[] = [];
  const found: string[] = [];
  for (const selector of selectors) {
    const meant = functionsMeant(selector, sites, source);
    for (const site of meant) roots.set(site.node, site);
    if (meant.length > 0) {
      found.push(selector.text);
      continue;
    }
    const functions = [...new Set(sites.filter((site) => !site.anonymous).map(({ names }) => names.join('.')))];
    missing.push({ selector: selector.text, file: source.path, functions: functions.slice(0, 200) });
  }
  const edit = new MagicString(code);
  const tables: FunctionTable[] = [];
  for (const root of outermost([...roots.values()])) instrumentFunction(root, { edit, source, roots, tables, enter });
  const tail = tables.length === 0 ? '' : codeOfTables(tables, found);
  return edit.toString() + tail + codeOfMissing(missing);
};

const enter = (table: number): string => `${fileFunction}()[${table}]`;

/** Nested functions are reached through the outer ones. */
const outermost = (sites: readonly FunctionSite[]): FunctionSite[] =>
  sites.filter(
    (site) =>
      !sites.some((other) => other !== site && other.node.start <= site.node.start && site.node.end <= other.node.end),
  );

/** A hoisted function declaration, because a function may be called before its file has run (circular imports). */
const codeOfTables = (tables: readonly FunctionTable[], found: readonly string[]): string =>
  `\nfunction ${fileFunction}(){return ${fileFunction}.tables??=globalThis.${globalName}.register(` +
  `${JSON.stringify(tables)},${JSON.stringify(found)})}\n;${fileFunction}();\n`;

const codeOfMissing = (missing: readonly Missing[]): string =>
  missing.length === 0 ? '' : `\n;globalThis.${globalName}?.miss(${JSON.stringify(missing)});\n`;
