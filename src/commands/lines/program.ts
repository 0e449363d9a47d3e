/** `memwatch lines <file:function> -- program`: adds counters to the function as it loads; the program runs to its end. */
import { programExitCode, type ProgramEnd } from '../../agent/attach/launch.js';
import { runMeasured } from '../../agent/lines/run.js';
import { parseSelector } from '../../agent/lines/selector.js';
import { computeFunctionLines } from '../../analyzer/cost/lines-result.js';
import { readLinesFile, type LinesFile } from '../../analyzer/formats/documents/lines-file.js';
import type { LinesResult } from '../../analyzer/model/lines.js';
import { MemwatchError } from '../../errors.js';
import { linesDocument, renderLines } from '../../report/lines-table.js';
import type { Io } from '../io.js';

/** The smallest values the counters can resolve: measured on empty statements. */
const floor = { bytesPerHit: 64, usPerHit: 0 };

export const runProgram = async (words: readonly string[], argv: readonly string[], io: Io): Promise<number> => {
  const selectors = words.map(parseSelector);
  const run = await runMeasured(argv, selectors, { programStdout: io.json ? 'stderr' : 'inherit', signal: io.signal });
  const files = run.files.map(readLinesFile);
  const functions = computeFunctionLines(files.flatMap((file) => file.functions));
  const notes = [...missingNotes(words, files), ...endNotes(run.end)];
  if (functions.length === 0) {
    const form = 'name a function of a file that the program loads: file:function, file:Class.method or file:line';
    const [what = 'the program ended before anything was measured', ...more] = notes;
    throw new MemwatchError('not-found', what, { hint: [...more, form].join('\n  ') });
  }
  const result: LinesResult = { functions, notes, floor };
  io.print(linesDocument(result), () => `\n${renderLines(result, io)}`);
  return programExitCode({ pid: -1, exited: Promise.resolve(run.end) });
};

/** A program that exits writes its last counts then; one that is killed wrote them up to a tenth of a second before. */
const endNotes = ({ signal }: ProgramEnd): string[] =>
  signal === null ? [] : [`${signal} killed the program: counts of its last tenth of a second may be missing.`];

/** One sentence for each function that was not found, with the functions that the file has. */
const missingNotes = (words: readonly string[], files: readonly LinesFile[]): string[] =>
  words
    .filter((word) => !files.some(({ found }) => found.includes(word)))
    .map((word) => {
      const missed = files.flatMap(({ missing }) => missing).find(({ selector }) => selector === word);
      if (missed === undefined) return `${word}: the program did not load this file`;
      if (missed.reason !== undefined) return `${word}: ${missed.file} cannot be measured: ${missed.reason}`;
      const names = missed.functions.length === 0 ? 'no named functions' : missed.functions.slice(0, 12).join(', ');
      return `${word}: no such function in ${missed.file}, which has ${names}`;
    });
