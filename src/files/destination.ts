/**
 * Finds out what a file name refers to before memwatch writes to it. In: a name. Out: a file (existing or not), or a
 * pipe or a device, which is written to directly. Refuses what another user may have planted, and what cannot be
 * written to.
 */
import { lstatSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { MemwatchError } from '../errors.js';

export type Destination =
  | { readonly kind: 'file'; readonly path: string; readonly existing: Stats | undefined }
  /** `isOpen`: the name refers to something that is already open in this process (`/dev/stderr`, `/dev/fd/63`). */
  | { readonly kind: 'stream'; readonly path: string; readonly stats: Stats; readonly isOpen: boolean };

/** Throws `cannot-write`. */
export const destinationOf = (file: string): Destination => {
  const { path, stats, isOpen } = follow(file);
  if (stats === undefined) return { kind: 'file', path, existing: undefined };
  if (stats.isFIFO() && !isOpen) requireTrusted(file, path, 'a pipe', stats);
  if (stats.isCharacterDevice() || stats.isFIFO() || isOpen) return { kind: 'stream', path, stats, isOpen };
  if (stats.isFile()) return { kind: 'file', path, existing: stats };
  throw refusal(file, stats.isDirectory() ? 'a folder' : stats.isSocket() ? 'a socket' : 'a block device');
};

interface Followed {
  /** Without any link. */
  readonly path: string;
  readonly stats: Stats | undefined;
  readonly isOpen: boolean;
}

/** Follows every link on the way one by one, because a link that another user made could lead anywhere. */
const follow = (file: string): Followed => {
  let path = parse(resolve(file)).root;
  const rest = partsOf(resolve(file));
  for (let links = 0, part = rest.shift(); part !== undefined; part = rest.shift()) {
    const next = join(path, part);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (stats === undefined) return { path: join(next, ...rest), stats, isOpen: false };
    if (!stats.isSymbolicLink()) path = next;
    else if (isOfKernel(next)) {
      if (rest.length === 0) return { path: next, stats: statSync(next), isOpen: true };
      path = next;
    } else {
      requireTrusted(file, next, 'a link', stats);
      if (links++ === mostLinks) throw refusal(file, 'a link that leads to itself');
      const target = resolve(path, readlinkSync(next));
      path = parse(target).root;
      rest.unshift(...partsOf(target));
    }
  }
  return { path, stats: lstatSync(path, { throwIfNoEntry: false }), isOpen: false };
};
const mostLinks = 40;

const partsOf = (path: string): string[] => path.slice(parse(path).root.length).split(sep).filter(Boolean);

/** A link of the kernel's own leads to what is open, or to another file system; its text does not say where. */
const isOfKernel = (path: string): boolean => /^\/proc\/[^/]+\/(task\/\d+\/)?(fd\/\d+|root|cwd)$/.test(path);

/** Refuses what belongs neither to this user nor to root, who needs no tricks. */
const requireTrusted = (file: string, path: string, what: string, { uid }: Stats): void => {
  if (uid === 0 || uid === process.geteuid?.()) return;
  const which = resolve(file) === path ? 'it is' : `${path} is`;
  throw refusal(file, `${what} that belongs to another user (uid ${uid})`, which);
};

const refusal = (file: string, what: string, which = 'it is', kind = 'file'): MemwatchError =>
  new MemwatchError('cannot-write', `will not write to ${file}: ${which} ${what}`, {
    hint: which === 'it is' ? `name another ${kind}` : 'name the place that the link leads to, or another one',
  });

/** The path of a folder without any link; it need not exist. Throws if another user's link is on the way. */
export const safePathOf = (folder: string): string => {
  const { path, stats } = follow(folder);
  if (stats !== undefined && !stats.isDirectory()) throw refusal(folder, 'not a folder', 'it is', 'folder');
  return path;
};

/** The path of a name in the same folder as a file. */
export const beside = (path: string, name: string): string => join(dirname(path), name);
