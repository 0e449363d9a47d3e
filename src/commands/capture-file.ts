/**
 * Captures that commands keep: their options, their names, and reading them back. files/output.ts decides what happens if
 * a name is taken.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import type { Redaction } from '../agent/capture/redact.js';
import { cannotRead, MemwatchError } from '../errors.js';
import { checkOutput } from '../files/output.js';
import { makeFolder } from '../files/temporary.js';
import { requireRegularFile } from '../input.js';
import type { Arguments } from './io.js';

/** `-o` and `--overwrite` of a command that writes a capture. */
export const captureOptions = (yargs: Argv, describe: string): Argv =>
  yargs
    .option('output', { alias: 'o', type: 'string', describe })
    .option('overwrite', { type: 'boolean', describe: 'replace a capture of the same name instead of refusing' });

/** `--redact` and `--redact=all` of a command that keeps snapshots. */
export const redactOption = {
  choices: ['strings', 'all'] as const,
  describe: 'replace the contents of strings by hashes of the same length (all: also property names that are numbers)',
};

export const wantedRedaction = (args: Arguments): Redaction | undefined => {
  const { redact } = args;
  return redact === 'strings' || redact === 'all' ? redact : undefined;
};

export interface WantedCapture {
  readonly file: string;
  readonly overwrite: boolean;
  /** false for a pipe or a device, which cannot be read back. */
  readonly isFile: boolean;
}

/** What `-o` names; undefined without it. Throws `cannot-write` now rather than after the target was measured. */
export const wantedCapture = (args: Arguments): WantedCapture | undefined => {
  if (args['output'] === undefined) return undefined;
  const [file, overwrite] = [String(args['output']), args['overwrite'] === true];
  if (isOwnStdout(file)) {
    throw new MemwatchError('bad-argument', `-o ${file}: stdout already gets the report`, {
      hint: 'name a file or a pipe, such as >(gzip >x.gz)',
    });
  }
  return { file, overwrite, isFile: checkOutput(file, { overwrite }) };
};

export const isOwnStdout = (file: string): boolean =>
  file === '-' || /^\/(dev\/stdout|dev\/fd\/1|proc\/self\/fd\/1)$/.test(file);

/** Folder for captures without a name from the user. */
export const capturesFolder = 'memwatch-captures';

/**
 * A free name in the captures folder, which is created: `memwatch-captures/1234-2026-11-28T08-30-00-123.heapsnapshot`. With
 * milliseconds, because the name is taken only when the capture is complete: two may begin in one second.
 */
export const namedCapture = (of: string, extension: string, at = new Date()): string => {
  makeFolder(capturesFolder);
  const stamp = at.toISOString().slice(0, 23).replaceAll(/[:.]/g, '-');
  const name = (n: number): string =>
    join(capturesFolder, `${of.replaceAll('/', '-')}-${stamp}${n === 1 ? '' : `-${n}`}.${extension}`);
  for (let n = 1; ; n++) if (!existsSync(name(n))) return name(n);
};

/** Throws `cannot-read`. */
export const readCaptureBytes = async (file: string): Promise<Uint8Array> => {
  try {
    requireRegularFile(file);
    return await readFile(file);
  } catch (cause) {
    throw cannotRead(file, cause);
  }
};
