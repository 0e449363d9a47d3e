/** npm for bisect: lists the versions of a package and installs one of them in a folder. Throws MemwatchError. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MemwatchError, throwIfInterrupted } from '../../errors.js';
import { writeOutput } from '../../files/output.js';
import { makeFolder } from '../../files/temporary.js';
import { compareVersions } from './versions.js';

const runNpm = (args: readonly string[], folder: string, signal: AbortSignal | undefined): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = { cwd: folder, signal, timeout: 300_000, maxBuffer: 64 << 20 };
    execFile('npm', [...args], options, (failure, stdout, stderr) => {
      if (failure === null) return resolve(stdout);
      const reason = stderr.split('\n').find((line) => /npm (error|ERR!) (?!code)/.test(line)) ?? failure.message;
      const hint = 'bisect installs versions from the registry: check that npm is installed and can reach it';
      reject(
        new MemwatchError('not-found', `npm ${args[0]} failed: ${reason.replace(/^npm (error|ERR!) /, '')}`, {
          hint,
          cause: failure,
        }),
      );
    });
  }).catch((error: unknown) => {
    throwIfInterrupted(signal);
    throw error;
  }) as Promise<string>;

/** Every version that was published, the oldest first. */
export const listVersions = async (name: string, signal?: AbortSignal): Promise<string[]> => {
  const answer: unknown = JSON.parse(await runNpm(['view', name, 'versions', '--json'], '.', signal));
  return (Array.isArray(answer) ? answer : [answer]).map(String).sort(compareVersions);
};

/** The folder itself, or the nearest above it, that holds one of these names. */
const nearest = (folder: string, ...names: readonly string[]): string | undefined => {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (names.some((name) => existsSync(join(at, name)))) return at;
    if (dirname(at) === at) return undefined;
  }
};

/** `module` or `commonjs`, as the nearest package.json says. */
const typeOf = (folder: string): string => {
  const at = nearest(folder, 'package.json');
  if (at === undefined) return 'commonjs';
  return (JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { type?: string }).type ?? 'commonjs';
};

export interface Installation {
  /** The name that the scenario imports. */
  readonly as: string;
  readonly name: string;
  readonly version: string;
  readonly scripts: boolean;
  /** The folder whose modules are copied: it says whether `.js` are ES modules. */
  readonly like: string;
}

/**
 * The settings of the project in whose folder `npm view` asked for the versions: without them npm would install from
 * another registry than the one that was asked.
 */
const copySettings = (folder: string): void => {
  const project = nearest('.', 'package.json', 'node_modules');
  if (project === undefined || !existsSync(join(project, '.npmrc'))) return;
  writeOutput(join(folder, '.npmrc'), readFileSync(join(project, '.npmrc'), 'utf8'), { overwrite: true });
};

/** Installs into the folder's own node_modules, and nowhere above it; writes its package.json. */
export const installVersion = async (
  folder: string,
  { as, name, version, scripts, like }: Installation,
  signal?: AbortSignal,
): Promise<void> => {
  makeFolder(folder);
  const wanted = { private: true, type: typeOf(like), dependencies: { [as]: `npm:${name}@${version}` } };
  writeOutput(join(folder, 'package.json'), JSON.stringify(wanted), { overwrite: true });
  copySettings(folder);
  const flags = [
    '--workspaces=false',
    '--global=false',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--prefer-offline',
    ...(scripts ? [] : ['--ignore-scripts']),
  ];
  await runNpm(['install', ...flags], folder, signal);
};
