/**
 * The documents of memwatch's own that captures and recordings contain, each written here alone and read in
 * analyzer/formats. In: their contents. Out: documents, and the lines of a recording.
 */
import type { RecordEvent, RecordHeader } from '../../analyzer/model/recording.js';
import type { Script, ScriptsTable } from '../../analyzer/model/scripts.js';

export const scriptsTable = (nodeVersion: string, scripts: readonly Script[]): ScriptsTable => ({
  schema: 'memwatch/scripts@1',
  nodeVersion,
  scripts,
});

export const recordHeader = (startedMs: number, intervalMs: number): RecordHeader => ({
  schema: 'memwatch/record@1',
  startedMs,
  intervalMs,
});

/** One line of a recording. */
export const recordLine = (line: RecordHeader | RecordEvent): string => `${JSON.stringify(line)}\n`;
