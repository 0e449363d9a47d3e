/** The files that `check` writes apart from its output: JUnit, Markdown, GitHub's summary and annotations, artefacts. */
import { writeJson } from '../../analyzer/model/escape.js';
import { dirname, join } from 'node:path';
import type { CheckReport } from '../../analyzer/model/check.js';
import { appendTo, checkOutput, writeOutput } from '../../files/output.js';
import { makeFolder } from '../../files/temporary.js';
import { renderAnnotations, renderCheckMarkdown } from '../../report/check-markdown.js';
import { renderJunit } from '../../report/junit.js';
import type { Io } from '../io.js';

export interface Outputs {
  readonly junit: string | undefined;
  readonly markdown: string | undefined;
  readonly artifacts: string | undefined;
  /** Also replaces files that no earlier check has written. */
  readonly overwrite: boolean;
}

/** How the reports of an earlier check begin; those are replaced. */
const starts = {
  junit: /^<\?xml [^>]*>\s*<testsuites name="memwatch check"/,
  markdown: /^### memwatch check: /,
  json: /^\{\s*"schema":\s*"memwatch\/check@/,
};

/** The report that is kept in the folder of `--artifacts`. */
export const summaryIn = (artifacts: string): string => join(artifacts, 'check.json');

/** Before the scenarios run, which may take long. Throws `cannot-write`. */
export const checkOutputs = ({ junit, markdown, artifacts, overwrite }: Outputs): void => {
  for (const [file, earlier] of [
    [junit, starts.junit],
    [markdown, starts.markdown],
    [artifacts === undefined ? undefined : summaryIn(artifacts), starts.json],
  ] as const) {
    if (file === undefined) continue;
    makeFolder(dirname(file));
    checkOutput(file, { overwrite, earlier });
  }
};

/**
 * On GitHub the Markdown also goes to the job's summary, and findings are annotated at their file and line, without an
 * option. Each file is written even if another one fails; returns the first error.
 */
export const writeOutputs = (report: CheckReport, outputs: Outputs, folder: string, io: Io): unknown => {
  const { junit, markdown, artifacts, overwrite } = outputs;
  const writeReport = (file: string, text: string, earlier: RegExp): void => {
    makeFolder(dirname(file));
    writeOutput(file, text, { overwrite, earlier, forOthers: true });
  };
  const summary = process.env['GITHUB_STEP_SUMMARY'] || undefined;
  const errors = [
    attempt(junit, (file) => writeReport(file, renderJunit(report, folder), starts.junit)),
    attempt(markdown, (file) => writeReport(file, renderCheckMarkdown(report, folder), starts.markdown)),
    attempt(artifacts, (kept) => writeReport(summaryIn(kept), `${writeJson(report, 2)}\n`, starts.json)),
    attempt(summary, (file) => appendTo(file, `${renderCheckMarkdown(report, folder)}\n`)),
  ];
  if (process.env['GITHUB_ACTIONS'] === 'true') {
    const workspace = process.env['GITHUB_WORKSPACE'] ?? folder;
    for (const line of renderAnnotations(report, folder, workspace)) io.warn(line);
  }
  return errors.find((error) => error !== undefined);
};

const attempt = (file: string | undefined, write: (file: string) => void): unknown => {
  try {
    if (file !== undefined) write(file);
    return undefined;
  } catch (error) {
    return error;
  }
};
