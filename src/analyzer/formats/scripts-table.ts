/** Reads the scripts table beside a capture, `<capture>.scripts.json`; undefined if there is none. */
import { readFile } from 'node:fs/promises';
import { cannotRead, MemwatchError } from '../../errors.js';
import { requireRegularFile } from '../../input.js';
import { scriptsFileOf, type Script, type ScriptsTable } from '../model/scripts.js';

export const readScriptsTable = async (captureFile: string): Promise<ScriptsTable | undefined> => {
  const file = scriptsFileOf(captureFile);
  let text: string;
  try {
    requireRegularFile(file);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw cannotRead(file, error);
  }
  return parseTable(file, text);
};

const parseTable = (file: string, text: string): ScriptsTable => {
  try {
    const table = JSON.parse(text) as Partial<ScriptsTable> | null;
    if (table?.schema === 'memwatch/scripts@1' && Array.isArray(table.scripts) && table.scripts.every(isScript))
      return {
        schema: table.schema,
        nodeVersion: String(table.nodeVersion),
        ...(typeof table.process === 'string' ? { process: table.process } : {}),
        scripts: table.scripts,
      };
  } catch {
    // reported below
  }
  throw new MemwatchError('broken-file', `${file} is not a scripts table`, {
    hint: 'remove it: the capture can be read without it, but places then have no file names',
  });
};

const isScript = (script: unknown): script is Script =>
  typeof script === 'object' &&
  script !== null &&
  'id' in script &&
  typeof script.id === 'number' &&
  'url' in script &&
  typeof script.url === 'string';
