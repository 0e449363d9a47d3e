/** `memwatch plot FILE…`: what recordings hold, in words and as charts: in the terminal, as a page, or as a picture. */
import type { Argv } from 'yargs';
import { basename, extname } from 'node:path';
import { readRecording } from '../analyzer/formats/documents/recording.js';
import { computeCharts, type Run } from '../analyzer/memory/recording-panels.js';
import { summarizeRecording } from '../analyzer/memory/recording-summary.js';
import { writeJson } from '../analyzer/model/escape.js';
import type { RecordingSummary } from '../analyzer/model/recording.js';
import { MemwatchError } from '../errors.js';
import { checkOutput, writeOutput, type OutputOptions } from '../files/output.js';
import { pageStart } from '../report/page/html.js';
import { renderRecordingPage } from '../report/recording/page.js';
import { renderRecordingSvg } from '../report/recording/svg.js';
import { headlineOf } from '../report/recording/words.js';
import { escapeText } from '../report/units.js';
import { readCaptureBytes } from './capture-file.js';
import { ownVersion } from './help.js';
import type { Arguments, Command } from './io.js';
import { renderCharts, renderRuns } from './plot/terminal.js';

export const plotCommand: Command = {
  builder: (yargs) =>
    outputOptions(yargs)
      .positional('files', { type: 'string', array: true, demandOption: true, describe: 'recordings; several are laid over each other' })
      .example('$0 plot day.record', 'in the terminal; works while the recording is being written, too')
      .example('$0 plot day.record -o day.html', 'one page with charts to zoom')
      .example('$0 plot before.record after.record -o both.svg', 'a picture of two runs'), // prettier-ignore
  async run(args, io) {
    const picture = wantedPicture(args);
    io.endAtOnce();
    const runs: Run[] = [];
    const summaries: RecordingSummary[] = [];
    for (const file of (args['files'] as readonly string[]).map(String)) {
      const recording = readRecording(await readCaptureBytes(file), file);
      runs.push({ name: basename(file), recording });
      summaries.push(summarizeRecording(recording, file));
    }
    const width = Math.min(100, io.columns);
    picture?.write(drawPicture(picture.kind, runs, summaries));
    summaries.forEach((summary, at) => {
      const { recording } = runs[at] ?? {};
      if (io.json) io.line(writeJson(summary)); // a line for each file
      else if (recording !== undefined) io.line(renderCharts(recording, summary, width));
    });
    if (runs.length > 1 && !io.json) io.line(renderRuns(summaries, width).join('\n'));
    if (picture !== undefined) io.warn(`wrote ${escapeText(picture.file)}`);
  },
};

const outputOptions = (yargs: Argv): Argv =>
  yargs
    .option('output', { alias: ['o', 'html'], type: 'string', describe: 'also write a page (.html) or a picture (.svg)' })
    .option('overwrite', { type: 'boolean', describe: 'replace any file of that name, not only an earlier page or picture' }); // prettier-ignore

interface Picture {
  readonly file: string;
  readonly kind: 'page' | 'svg';
  readonly write: (text: string) => void;
}

const svgStart = /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="960"/;

/** Throws `bad-argument`, `cannot-write` now rather than after long reading. */
const wantedPicture = (args: Arguments): Picture | undefined => {
  if (args['output'] === undefined) return undefined;
  const file = String(args['output']);
  const extension = extname(file).toLowerCase();
  if (extension !== '.html' && extension !== '.htm' && extension !== '.svg')
    throw new MemwatchError('bad-argument', `-o ${file}: the name must end with .html or .svg`);
  const kind = extension === '.svg' ? 'svg' : 'page';
  const options: OutputOptions = { overwrite: args['overwrite'] === true, earlier: kind === 'svg' ? svgStart : pageStart }; // prettier-ignore
  checkOutput(file, options);
  return { file, kind, write: (text) => writeOutput(file, text, options) };
};

const drawPicture = (kind: Picture['kind'], runs: readonly Run[], summaries: readonly RecordingSummary[]): string => {
  const charts = computeCharts(runs);
  if (kind === 'svg') return renderRecordingSvg(charts, headlineOf(summaries));
  const names = summaries.map(({ file }) => basename(file)).join(', ');
  return renderRecordingPage(charts, summaries, [
    `Made by memwatch ${ownVersion()}, ${new Date().toISOString()}, of ${names}. Times are in UTC.`,
    ...(summaries.some(({ cutOff }) => cutOff) ? ['The last line of a recording was cut off and is left out.'] : []),
  ]);
};
