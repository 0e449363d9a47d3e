/** Whose code a file is: the application's, a dependency's, or Node's own. In: a file. Out: an owner. */
import type { Owner } from './finding.js';
import { isProgramFile } from './scripts.js';

/** The name and version in a package folder's package.json; undefined if it cannot be read. */
export type PackageLookup = (folder: string) => { name: string; version: string } | undefined;

export const ownerOf = (file: string, packageOf: PackageLookup): Owner => {
  if (file.startsWith('node:')) return { kind: 'node' };
  const match = /^(.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+))[\\/]/.exec(file);
  if (match === null) return { kind: 'application' };
  const [, folder, name] = match;
  const known = packageOf(folder);
  return { kind: 'dependency', package: known?.name ?? name.replace('\\', '/'), version: known?.version ?? null };
};

export const isApplicationFile = (file: string): boolean => isProgramFile(file) && !/[\\/]node_modules[\\/]/.test(file);
