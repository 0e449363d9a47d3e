/** Names of functions and files for tables. In: names and paths from a profile. Out: short text, not yet escaped. */

import { escapeText } from './units.js';
import { cutTo, displayWidth } from './width.js';
import { ownerOf } from '../analyzer/model/owner.js';

/** `express`, `node`; null for the application's own code, and for what stands in no file. */
export const packageOf = (file: string | null): string | null => {
  const owner = file === null ? undefined : ownerOf(file, () => undefined);
  if (owner?.kind === 'dependency') return owner.package;
  return owner?.kind === 'node' ? 'node' : null;
};

/** The application's own code, and not a package's, Node's or native. */
export const isOwn = ({ file }: { file: string | null }): boolean =>
  file !== null && ownerOf(file, () => undefined).kind === 'application';

/**
 * Whose function it is: a package's name, `own` for the application, `native` for code without a file, '' for V8's states.
 */
export const showPackage = ({ name, file }: { name: string; file: string | null }): string =>
  packageOf(file) ?? (file !== null ? 'own' : /^\(.+\)$/.test(name) ? '' : 'native');

/**
 * A path with its line within `width` cells. What is cut is at the left, but the name of a package stays:
 * `express/…router/layer.js:95`.
 */
export const cutPlace = (file: string, line: number, width: number, column?: number): string => {
  const text = escapeText(file + showPosition({ line, column }));
  const owner = packageOf(file);
  const inside = owner === null ? -1 : text.lastIndexOf(`/${owner}/`);
  const name = text.slice(text.lastIndexOf('/') + 1);
  if (displayWidth(text) <= width || inside === -1) return cutTo(text, width, 'start');
  const room = width - displayWidth(`${owner}/`);
  if (room <= displayWidth(name)) return cutTo(text, width, 'start');
  return `${owner}/${cutTo(text.slice(inside + `/${owner}/`.length), room, 'start')}`;
};

/** `(anonymous)` for a function without a name. */
export const showName = (name: string): string => (name === '' ? '(anonymous)' : name);

/** A path relative to the user's folder if it is inside it. */
export const showFile = (file: string, folder: string): string => {
  const root = folder.endsWith('/') ? folder : `${folder}/`;
  return file.startsWith(root) ? file.slice(root.length) : file;
};

/** `src/server.ts:9`, `dist/bundle.js:1:5120`, `src/server.ts` if the line is unknown; '' for native code. */
export const showPlace = (
  place: { file: string | null; line: number | null; column?: number | undefined },
  folder: string,
): string => (place.file === null ? '' : showFile(place.file, folder) + showPosition(place));

const showPosition = ({ line, column }: { line: number | null; column?: number | undefined }): string =>
  (line ?? 0) === 0 ? '' : `:${line}${column === undefined ? '' : `:${column}`}`;
