/**
 * The packages that a lockfile installs. In: a file of npm, yarn (1 and later), pnpm or bun. Out: each name with each of
 * its versions, under its name in the registry, even if the project uses an alias.
 */
import { basename } from 'node:path';
import { cannotRead, MemwatchError } from '../../errors.js';
import { readRegularFile } from '../../input.js';
import { isVersion } from './versions.js';

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
}

interface LockfileFormat {
  /** The names of such files. */
  readonly files: readonly string[];
  /** What stands in such a file, even if it lists no packages. */
  readonly mark: RegExp;
  read(text: string): InstalledPackage[];
}

interface NpmPackage {
  readonly name?: string;
  readonly version?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, NpmPackage>>;
}

/** `name@1.2.3`, `@scope/name@npm:other@1.2.3`: the name and version that are installed. */
const readSpec = (spec: string): InstalledPackage[] => {
  const [, name, version] =
    /^(@?[^@\s]+)@([^@\s(]+)$/.exec(spec.replace(/^.+@npm:(?=@?[^@]+@)/, '').replace('@npm:', '@')) ?? [];
  return name !== undefined && version !== undefined && isVersion(version) ? [{ name, version }] : [];
};

/** `packages` since npm 7: a path for each; before that `dependencies`, nested. */
const readNpm = (text: string): InstalledPackage[] => {
  const { packages, dependencies, lockfileVersion } = JSON.parse(text) as {
    lockfileVersion?: number;
    packages?: Record<string, NpmPackage>;
    dependencies?: Record<string, NpmPackage>;
  };
  if (packages === undefined && dependencies === undefined && lockfileVersion === undefined)
    throw new MemwatchError('not-this-format', 'not a lockfile of npm');
  if (packages === undefined) return readNested(dependencies ?? {});
  return Object.entries(packages).flatMap(([path, { name, version, link }]) => {
    if (path === '' || link === true || version === undefined) return [];
    return [{ name: name ?? path.replace(/^.*node_modules\//, ''), version }];
  });
};

const readNested = (dependencies: Readonly<Record<string, NpmPackage>>): InstalledPackage[] =>
  Object.entries(dependencies).flatMap(([name, { version = '', dependencies: inner = {} }]) => [
    ...(version.startsWith('npm:') ? readSpec(version.slice('npm:'.length)) : [{ name, version }]),
    ...readNested(inner),
  ]);

/** `"name@^1.0.0", name@^1.1.0:`, and under it `version "1.1.2"`, or `version: 1.1.2`. */
const readYarn = (text: string): InstalledPackage[] =>
  [...text.matchAll(/^"?(@?[^@\s"]+)@([^\n]*):\n(?: {2}(?!version)[^\n]*\n)*? {2}version:? "?([^"\n]+)"?$/gm)].map(
    ([, name = '', asked = '', version = '']) => {
      const alias = /^npm:(@?[^@\s"]+)@/.exec(asked)?.[1];
      return { name: alias ?? name, version };
    },
  );

/** Keys of `packages:`: `/name/1.2.3:`, `/name@1.2.3:`, `name@1.2.3(peer@2.0.0):`. */
const readPnpm = (text: string): InstalledPackage[] =>
  [...text.matchAll(/^ {2}'?\/?((?:@[^\s/@']+\/)?[^\s/@'(:]+)[@/](\d+\.\d+\.\d+[^\s'(:_]*)[^\n]*:/gm)].map(
    ([, name = '', version = '']) => ({ name, version }),
  );

/** `"name": ["name@1.2.3", …]` under `packages`, in JSON with trailing commas. */
const readBun = (text: string): InstalledPackage[] =>
  [...text.matchAll(/:\s*\["(@?[^@"\s]+@[^"\s]+)"/g)].flatMap(([, spec = '']) => readSpec(spec));

const formats: readonly LockfileFormat[] = [
  { files: ['package-lock.json', 'npm-shrinkwrap.json'], mark: /^\s*\{/, read: readNpm },
  { files: ['pnpm-lock.yaml'], mark: /^lockfileVersion:/m, read: readPnpm },
  { files: ['yarn.lock'], mark: /^(# yarn lockfile v1|__metadata:)/m, read: readYarn },
  { files: ['bun.lock'], mark: /"lockfileVersion"\s*:/, read: readBun },
];

export const lockfileNames: readonly string[] = formats.flatMap(({ files }) => files);

/** The format is chosen by file name; any other file is read in the format that finds packages in it. Throws `broken-file`. */
export const readLockfile = (file: string): InstalledPackage[] => {
  const text = readText(file).replaceAll('\r\n', '\n');
  const named = formats.find(({ files }) => files.includes(basename(file)));
  const tried = named === undefined ? formats : [named];
  for (const format of tried) {
    const packages = tryToRead(format, text);
    if (packages !== undefined) return withoutRepeats(packages);
  }
  throw new MemwatchError(
    named === undefined ? 'not-this-format' : 'broken-file',
    `cannot read ${file} as a lockfile`,
    {
      hint: `memwatch audit reads ${lockfileNames.join(', ')}`,
    },
  );
};

/** pnpm lists a package again for its dependencies, npm for each folder that holds it. */
const withoutRepeats = (packages: readonly InstalledPackage[]): InstalledPackage[] => [
  ...new Map(packages.map((one) => [`${one.name}@${one.version}`, one])).values(),
];

/** Without packages and without the mark it is another format. */
const tryToRead = ({ read, mark }: LockfileFormat, text: string): InstalledPackage[] | undefined => {
  try {
    const packages = read(text);
    return packages.length > 0 || mark.test(text) ? packages : undefined;
  } catch {
    return undefined;
  }
};

const readText = (file: string): string => {
  try {
    return readRegularFile(file).toString('utf8');
  } catch (cause) {
    throw cannotRead(file, cause);
  }
};
