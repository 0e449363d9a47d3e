/** The options of `check`: how to run, and what to check. Throws `bad-argument` and `cannot-read`. */
import { existsSync } from 'node:fs';
import { parseTarget, type Target } from '../../agent/attach/target.js';
import { cannotRead, MemwatchError } from '../../errors.js';
import { requireRegularFile } from '../../input.js';
import { parseLimits, type Limits } from '../../leaks/limits.js';
import type { Arguments } from '../io.js';
import { durationOf } from '../option-values.js';

export interface CheckOptions {
  readonly folder: string;
  readonly timeoutMs: number;
  readonly jobs: number;
  readonly limits: Limits;
  readonly nodeOptions: readonly string[];
  readonly artifacts: string | undefined;
  readonly strict: boolean;
  readonly load: string | undefined;
  readonly intervalMs: number;
  readonly maxMs: number;
}

export const readOptions = (args: Arguments): CheckOptions => ({
  folder: process.cwd(),
  timeoutMs: durationOf(args, 'timeout'),
  jobs: Math.ceil(positive(args['jobs'], 'jobs')),
  limits: parseLimits(
    {
      maxGrowth: text(args['max-growth']),
      maxHeap: text(args['max-heap']),
      maxPause: text(args['max-pause']),
      maxWaste: text(args['max-waste']),
    },
    '--',
  ),
  nodeOptions: strings(args['node-option']),
  artifacts: text(args['artifacts']),
  strict: args['strict'] === true,
  load: text(args['load']),
  intervalMs: durationOf(args, 'interval'),
  maxMs: durationOf(args, 'max-time'),
});

export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

const positive = (value: unknown, name: string): number => {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new MemwatchError('bad-argument', `--${name} must be a number above 0`);
};

/** What to check: scenarios by their files, or one service. */
export const readSubjects = (args: Arguments, options: CheckOptions): (string | Target)[] => {
  const files = strings(args['scenario']);
  const pid = text(args['pid']);
  const command = args['--'] ?? [];
  if (pid === undefined && command.length === 0 && files.length > 0) {
    for (const file of files) requireFile(file, options);
    return files;
  }
  if (files.length > 0) throw new MemwatchError('bad-argument', 'check takes scenarios or a service, not both');
  if (pid === undefined && command.length === 0) {
    throw new MemwatchError('bad-argument', 'no scenario given', {
      hint: 'name modules that export iterate(context, i), or a service: --pid, or -- script.js',
    });
  }
  if (options.limits.maxPause !== undefined) {
    throw new MemwatchError(
      'bad-argument',
      '--max-pause works for scenarios only: pauses of a service are not measured',
    );
  }
  if (options.limits.maxWaste !== undefined)
    throw new MemwatchError('bad-argument', '--max-waste works for scenarios only', {
      hint: 'memwatch waste <pid> shows the waste of a service',
    });
  return [parseTarget(pid, command)];
};

/** Checked before anything runs: a mistyped name must not waste the time of the other scenarios. */
const requireFile = (file: string, { nodeOptions }: CheckOptions): void => {
  const what = problemWith(file);
  if (what !== undefined)
    throw new MemwatchError('cannot-read', what, { hint: 'name the modules of the scenarios, such as leaks/*.mjs' });
  if (!/\.[cm]?tsx?$/.test(file) || nodeOptions.length > 0 || runsTypeScript()) return;
  throw new MemwatchError('bad-argument', `Node.js ${process.version} cannot run TypeScript: ${file}`, {
    hint: 'compile it, run memwatch with Node 22.18 or newer, or use a loader: --node-option=--import=tsx',
  });
};

const problemWith = (file: string): string | undefined => {
  if (!existsSync(file)) return `no such file: ${file}`;
  try {
    requireRegularFile(file);
    return undefined;
  } catch (cause) {
    return cannotRead(file, cause).message;
  }
};

const runsTypeScript = (): boolean => 'typescript' in process.features && process.features.typescript !== false;
