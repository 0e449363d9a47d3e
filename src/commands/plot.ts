/** `memwatch plot FILE…`: what recordings hold, in words and as charts: in the terminal, as a page, or as a picture. */
import type { Argv } from 'yargs';
import { extname } from 'node:path';
import { writeJson } from '../analyzer/model/escape.js';
import { MemwatchError } from '../errors.js';
import { escapeText } from '../report/units.js';
import type { Arguments, Command } from './io.js';
import { openPicture, readRun, type Picture, type ReadRun } from './plot/picture.js';
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
    const runs: ReadRun[] = [];
    for (const file of (args['files'] as readonly string[]).map(String)) runs.push(await readRun(file));
    const width = Math.min(100, io.columns);
    picture?.write(runs);
    for (const { run, summary } of runs)
      io.line(io.json ? writeJson(summary) : renderCharts(run.recording, summary, width)); // JSON: a line for each file
    const summaries = runs.map(({ summary }) => summary);
    if (runs.length > 1 && !io.json) io.line(renderRuns(summaries, width).join('\n'));
    if (picture !== undefined) io.warn(`wrote ${escapeText(picture.file)}`);
  },
};

const outputOptions = (yargs: Argv): Argv =>
  yargs
    .option('output', { alias: ['o', 'html'], type: 'string', describe: 'also write a page (.html) or a picture (.svg)' })
    .option('overwrite', { type: 'boolean', describe: 'replace any file of that name, not only an earlier page or picture' }); // prettier-ignore

const wantedPicture = (args: Arguments): Picture | undefined => {
  if (args['output'] === undefined) return undefined;
  const file = String(args['output']);
  const extension = extname(file).toLowerCase();
  if (extension !== '.html' && extension !== '.htm' && extension !== '.svg')
    throw new MemwatchError('bad-argument', `-o ${file}: the name must end with .html or .svg`);
  return openPicture(file, extension === '.svg' ? 'svg' : 'page', args['overwrite'] === true);
};
