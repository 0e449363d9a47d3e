/**
 * Hooks the loading of files in the current thread, so that selected files are rewritten before they run. CommonJS is
 * hooked at Module.prototype._compile on every Node; ES modules by module.registerHooks if it exists (22.15 and newer),
 * otherwise by module.register, which has its own thread.
 */
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import type { SourceKind } from '../../source/syntax.js';
import { rewriteSource } from './rewrite.js';
import { meansFile, type Selector } from './selector.js';

export interface Loaded {
  format: string | undefined;
  source?: string | ArrayBuffer | NodeJS.ArrayBufferView | null;
  shortCircuit?: boolean;
}
type NextLoad = (url: string, context: object) => Loaded;

/** What the types of Node 20 lack. */
interface NewerModule {
  registerHooks?: (hooks: { load: (url: string, context: object, nextLoad: NextLoad) => Loaded }) => void;
  stripTypeScriptTypes?: (code: string) => string;
}
const newer = nodeModule as NewerModule;

export const hookLoading = (selectors: readonly Selector[]): void => {
  hookCompile(selectors);
  if (newer.registerHooks === undefined) {
    nodeModule.register('./hooks-thread.js', import.meta.url, { data: selectors });
  } else {
    newer.registerHooks({ load: (url, context, nextLoad) => rewriteLoaded(nextLoad(url, context), url, selectors) });
  }
};

/** A loaded file, rewritten if it is selected; otherwise unchanged. */
export const rewriteLoaded = (loaded: Loaded, url: string, selectors: readonly Selector[]): Loaded => {
  const kind = kindOf(loaded.format);
  if (kind === undefined || loaded.source == null || !url.startsWith('file:')) return loaded;
  const code = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
  const typed = loaded.format?.endsWith('-typescript') === true;
  const path = fileURLToPath(url);
  if (typed && !selectors.some((selector) => meansFile(selector, path))) return loaded;
  const rewritten = rewriteSource(typed ? withoutTypes(code) : code, path, kind, selectors, code);
  if (rewritten === undefined) return loaded;
  return { ...loaded, format: kind === 'module' ? 'module' : 'commonjs', source: rewritten };
};

/** Blanks out types as Node itself does next, but without the warning that Node prints when code asks for it. */
const withoutTypes = (code: string): string => {
  const warn = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return newer.stripTypeScriptTypes?.(code) ?? code;
  } catch {
    return code; // enums and the like: Node will report them itself
  } finally {
    process.emitWarning = warn;
  }
};

const kindOf = (format: string | undefined): SourceKind | undefined => {
  if (format === 'module' || format === 'module-typescript') return 'module';
  return format === 'commonjs' || format === 'commonjs-typescript' ? 'script' : undefined;
};

type Compile = (this: unknown, code: string, path: string, ...rest: unknown[]) => unknown;

/** Text that a hook has already rewritten carries a mark, and is left alone. */
const hookCompile = (selectors: readonly Selector[]): void => {
  const prototype = nodeModule.Module.prototype as unknown as { _compile: Compile };
  const compile = prototype._compile;
  prototype._compile = function (code, path, ...rest) {
    const kind = rest[0] === 'module' ? 'module' : 'script';
    return compile.call(this, rewriteSource(code, path, kind, selectors) ?? code, path, ...rest);
  };
};
