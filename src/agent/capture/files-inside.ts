/**
 * What a target reads about itself: in its own container it sees its own limits, even if they cannot be seen from here. In: a
 * session. Out: the folders of its cgroups, and a reader for the files in them and for others of `/proc`.
 */
import { cgroupFiles, cgroupFolders, ownNamespace, type CgroupFolder, type ReadText } from '../process/cgroup.js';
import { evaluate, type EvaluateOptions } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import type { Session } from '../session/protocol.js';

export interface FilesInside {
  readonly folders: readonly CgroupFolder[];
  /** The text of `/proc/self/cgroup`. */
  readonly membership: string;
  readonly read: ReadText;
}

export const readFilesInside = async (
  session: Session,
  others: readonly string[] = [],
  options: EvaluateOptions = {},
): Promise<FilesInside> => {
  const texts = new Map<string, string>();
  const fetch = async (paths: readonly string[]): Promise<void> => {
    const read = await evaluate(session, readFiles, [paths], options);
    paths.forEach((path, at) => texts.set(path, read[at] ?? ''));
  };
  const read: ReadText = (path) => texts.get(path) ?? '';
  const [membership, mounts] = ['/proc/self/cgroup', '/proc/self/mountinfo'];
  await fetch([membership, mounts, ownNamespace, ...others]);
  const folders = cgroupFolders(read(membership), read(mounts));
  await fetch(folders.flatMap(({ folder }) => cgroupFiles.map((name) => `${folder}/${name}`)));
  return { folders, membership: read(membership), read };
};

/** Runs in the target. */
const readFiles = (paths: readonly string[]): string[] => {
  const { builtin }: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const fs = builtin('node:fs');
  return paths.map((path) => {
    try {
      return path.startsWith('/proc/self/ns/') ? fs.readlinkSync(path) : fs.readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  });
};
