/**
 * Finds the function that a selector selects among the scripts that a running process has loaded. In: an attachment, a
 * selector. Out: where the function is in the script that runs and in the user's source.
 */
import { fileURLToPath } from 'node:url';
import type { Script } from '../../analyzer/model/scripts.js';
import { MemwatchError } from '../../errors.js';
import type { Attachment } from '../attach/attach.js';
import { captureScripts } from '../capture/scripts.js';
import { parseSource, type AnyNode } from '../../source/syntax.js';
import { findFunctions, positionOf, type FunctionSite } from './functions.js';
import { originalThrough, type OriginalSource } from './original.js';
import { functionsMeant, meansFile, type Selector } from './selector.js';

export interface LiveFunction {
  readonly name: string;
  readonly script: Script;
  readonly site: FunctionSite;
  readonly source: OriginalSource;
  /** The script's text, as V8 runs it. */
  readonly code: string;
  /** The file that the user wrote, and where in it the function is. */
  readonly file: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly text: readonly string[];
}

/** Throws `not-found`, listing the functions that there are, if none or more than one is selected. */
export const findLiveFunction = async (attachment: Attachment, selector: Selector): Promise<LiveFunction> => {
  const { scripts } = await captureScripts(attachment.session, attachment);
  const candidates = scripts.filter((script) => meansScript(selector, script));
  const found: LiveFunction[] = [];
  const names: string[] = [];
  for (const script of candidates) {
    const { code, source, sites } = await readFunctions(attachment, script);
    if (!source.files.concat(source.path).some((file) => meansFile(selector, file))) continue;
    for (const site of functionsMeant(selector, sites, source)) found.push(liveFunction(site, script, source, code));
    names.push(...sites.filter((site) => !site.anonymous).map((site) => site.names.join('.')));
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const several = found.map(({ name, file, firstLine }) => `${name} (${file}:${firstLine})`);
  if (several.length > 1) {
    throw new MemwatchError('not-found', `${selector.text} means ${several.length} functions`, {
      hint: `name one of them by its line: ${several.slice(0, 8).join(', ')}`,
    });
  }
  const there =
    candidates.length === 0
      ? 'the process has loaded no such file'
      : names.length === 0
        ? 'the file has no named function'
        : `there is no such function; there are ${names.slice(0, 12).join(', ')}`;
  throw new MemwatchError('not-found', `${selector.text}: ${there}`, { hint: 'name it as file:function or file:line' });
};

/** A cheap check first: reading every source map of a large program would be slow. */
const meansScript = (selector: Selector, script: Script): boolean => {
  if (meansFile(selector, pathOf(script.url))) return true;
  const name = /[^/\\]+$/.exec(selector.file)?.[0] ?? selector.file;
  return script.sourceMap?.includes(name) === true;
};

const readFunctions = async (attachment: Attachment, script: Script) => {
  const path = pathOf(script.url);
  const code = await scriptSource(attachment, String(script.id));
  const source = originalThrough(code, path, script.sourceMap, script.sourceMapUrl);
  const named = (position: Parameters<OriginalSource['at']>[0]): string | undefined => source.at(position)?.name;
  return { code, source, sites: findFunctions(parseEither(code), named) };
};

const scriptSource = async ({ session }: Attachment, scriptId: string): Promise<string> => {
  await session.send('Debugger.enable', {});
  try {
    return (await session.send('Debugger.getScriptSource', { scriptId })).scriptSource;
  } finally {
    await session.send('Debugger.disable').catch(() => {}); // fails if the target has ended; then it is gone with the session
  }
};

/** V8 does not say whether a script is a module, so both are tried. */
const parseEither = (code: string): AnyNode => {
  try {
    return parseSource(code, 'module');
  } catch {
    return parseSource(code, 'script');
  }
};

const liveFunction = (site: FunctionSite, script: Script, source: OriginalSource, code: string): LiveFunction => {
  const place = source.at(positionOf(site.node));
  const file = place?.file ?? source.path;
  const firstLine = place?.line ?? site.node.loc?.start.line ?? 1;
  const { end } = site.node.loc ?? { end: undefined };
  const lastLine = source.at(end && { line: end.line, column: Math.max(0, end.column - 1) })?.line ?? firstLine;
  const lines = source.linesOf(file) ?? code.split(/\r?\n/);
  const name = site.names.join('.') || `(anonymous):${firstLine}`;
  return { name, script, site, source, code, file, firstLine, lastLine, text: lines.slice(firstLine - 1, lastLine) };
};

const pathOf = (url: string): string => {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : url;
  } catch {
    return url;
  }
};
