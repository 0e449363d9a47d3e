/**
 * Copies the folder of a scenario for bisect. In: two folders. Out: nothing; the copy has no links: what a link leads to is
 * copied in its place, so that its imports find the packages of the copy, and what the scenario writes stays in it.
 */
import { copyFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeFolder } from './temporary.js';

/** Installed packages, hidden files and memwatch's own files are left out. */
const isCopied = (path: string): boolean => !/^(node_modules|memwatch-[\da-f]{8}-.*|\..*)$/.test(basename(path));
/** The copy has its own; those of folders further inside say whether their modules are ES modules. */
const isManifest = (path: string): boolean => /^package(-lock)?\.json$/.test(path);

export const copyProject = (from: string, to: string): void => {
  const root = realpathSync(from);
  for (const entry of readdirSync(from).filter((name) => isCopied(name) && !isManifest(name)))
    copyEntry(join(from, entry), join(to, entry), [root]);
};

/** `above`: the real folders around the entry; a link to one of them has no end. */
const copyEntry = (from: string, to: string, above: readonly string[]): void => {
  const path = targetOf(from);
  if (path === undefined) return;
  const stats = statSync(path);
  if (stats.isFile()) copyFileSync(path, to);
  if (!stats.isDirectory() || above.some((folder) => `${folder}/`.startsWith(path === '/' ? path : `${path}/`))) return;
  makeFolder(to);
  for (const entry of readdirSync(path).filter(isCopied))
    copyEntry(join(path, entry), join(to, entry), [...above, path]);
};

/** What a link leads to in the end; undefined if that is not there. */
const targetOf = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};
