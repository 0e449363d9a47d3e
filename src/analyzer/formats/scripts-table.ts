/**
 * The scripts table of a capture, `memwatch/scripts@1`: in `<capture>.scripts.json` beside a snapshot, or in the notes of a
 * profile. In: a file, or a value. Out: a ScriptsTable.
 */
import { readFile } from 'node:fs/promises';
import { cannotRead, MemwatchError, messageOf } from '../../errors.js';
import { requireRegularFile } from '../../input.js';
import { scriptsFileOf, type Script, type ScriptsTable } from '../model/scripts.js';
import { list, number, oneOf, optional, orNothing, record, text } from './shape.js';

export const scriptsTable = record<ScriptsTable>({
  schema: oneOf('memwatch/scripts@1'),
  nodeVersion: orNothing(text),
  process: optional(text),
  scripts: list(
    record<Script>({
      id: number,
      url: text,
      sourceMapUrl: optional(text),
      sourceMap: optional(text),
      source: optional(text),
    }),
  ),
});

/** undefined if there is none beside the capture. */
export const readScriptsTable = async (captureFile: string): Promise<ScriptsTable | undefined> => {
  const file = scriptsFileOf(captureFile);
  let content: string;
  try {
    requireRegularFile(file);
    content = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw cannotRead(file, error);
  }
  return parseTable(file, content);
};

const parseTable = (file: string, content: string): ScriptsTable => {
  try {
    return scriptsTable(JSON.parse(content), '');
  } catch (cause) {
    throw new MemwatchError('broken-file', `${file} is not a scripts table: ${messageOf(cause)}`, {
      hint: 'remove it: the capture can be read without it, but places then have no file names',
      cause,
    });
  }
};
