/** The files that `check` writes besides its answer: JUnit, Markdown, GitHub's summary and annotations, artefacts. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CheckReport } from '../../analyzer/model/check.js';
import { MemwatchError, messageOf } from '../../errors.js';
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
  if (summary) attempt(summary, () => appendFileSync(summary, `${renderCheckMarkdown(report, folder)}\n`));
  if (process.env['GITHUB_ACTIONS'] !== 'true') return;
  const workspace = process.env['GITHUB_WORKSPACE'] ?? folder;
  for (const line of renderAnnotations(report, folder, workspace)) io.warn(line);
};

const write = (file: string, text: string): void =>
  attempt(file, () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  });

const attempt = (file: string, action: () => void): void => {
  try {
    action();
  } catch (cause) {
    throw new MemwatchError('cannot-write', `cannot write ${file}: ${messageOf(cause)}`, { cause });
  }
};
