/**
 * An empty project with the packed package installed. In: a folder. Out: the files that npm would have put there: the
 * packed files and the dependencies in package.json, nothing else of memwatch's own repository.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository } from './paths.js';

export interface Consumer {
  readonly tarball: string;
  /** The unpacked package. */
  readonly installed: string;
  /** The packed files, as paths in the package. */
  readonly files: readonly string[];
}

/** `also` lists other packages that the project depends on. */
export const installPacked = (folder: string, also: readonly string[]): Consumer => {
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: repository('.'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { filename, files } = onlyEntry(JSON.parse(packed));
  const tarball = join(folder, filename);
  const installed = join(folder, 'node_modules/@memwatch/memwatch');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(manifest.dependencies), ...also]) link(name, folder);
  return { tarball, installed, files: files.map(({ path }) => path) };
};

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** npm prints a list or, from version 12 on, an object with the package's name as its key. */
const onlyEntry = (printed: Readonly<Record<string, Packed>> | readonly Packed[]): Packed => {
  const [entry] = Object.values(printed);
  if (entry === undefined) throw new Error('npm pack printed nothing');
  return entry;
};

const link = (name: string, folder: string): void => {
  const path = join(folder, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(repository(`node_modules/${name}`), path);
};
