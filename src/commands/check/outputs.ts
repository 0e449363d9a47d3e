/** The files that `check` writes besides its answer: JUnit, Markdown, GitHub's summary and annotations, artefacts. */
import { dirname, join } from 'node:path';
import type { CheckReport } from '../../analyzer/model/check.js';
import { appendTo, writeOutput } from '../../files/output.js';
import { makeFolder } from '../../files/temporary.js';
import { renderAnnotations, renderCheckMarkdown } from '../../report/check-markdown.js';
import { renderJunit } from '../../report/junit.js';
import type { Io } from '../io.js';

export interface Outputs {
  readonly junit: string | undefined;
  readonly markdown: string | undefined;
  readonly artifacts: string | undefined;
}

/** On GitHub the Markdown also goes to the job's summary, and findings to their file and line, without being asked. */
export const writeOutputs = (report: CheckReport, outputs: Outputs, folder: string, io: Io): void => {
  const { junit, markdown, artifacts } = outputs;
  if (junit !== undefined) write(junit, renderJunit(report, folder));
  if (markdown !== undefined) write(markdown, renderCheckMarkdown(report, folder));
  if (artifacts !== undefined) write(join(artifacts, 'check.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  if (summary) appendTo(summary, `${renderCheckMarkdown(report, folder)}\n`);
  if (process.env['GITHUB_ACTIONS'] !== 'true') return;
  const workspace = process.env['GITHUB_WORKSPACE'] ?? folder;
  for (const line of renderAnnotations(report, folder, workspace)) io.warn(line);
};

const write = (file: string, text: string): void => {
  makeFolder(dirname(file));
  writeOutput(file, text, { overwrite: true, forOthers: true });
};
