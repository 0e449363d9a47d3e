/** Recordings as a page or a picture. In: the name of its file, and recordings. Out: the file. */
import { basename } from 'node:path';
import { readRecording } from '../../analyzer/formats/documents/recording.js';
import { computeCharts, type Run } from '../../analyzer/memory/recording-panels.js';
import { summarizeRecording } from '../../analyzer/memory/recording-summary.js';
import type { RecordingSummary } from '../../analyzer/model/recording.js';
import { checkOutput, writeOutput, type OutputOptions } from '../../files/output.js';
import { pageStart } from '../../report/page/html.js';
import { renderRecordingPage } from '../../report/recording/page.js';
import { renderRecordingSvg } from '../../report/recording/svg.js';
import { headlineOf } from '../../report/recording/words.js';
import { readCaptureBytes } from '../capture-file.js';
import { ownVersion } from '../help.js';

/** A recording that has been read. */
export interface ReadRun {
  readonly run: Run;
  readonly summary: RecordingSummary;
}

export const readRun = async (file: string): Promise<ReadRun> => {
  const recording = readRecording(await readCaptureBytes(file), file);
  return { run: { name: basename(file), recording }, summary: summarizeRecording(recording, file) };
};

export interface Picture {
  readonly file: string;
  readonly write: (runs: readonly ReadRun[]) => void;
}

const svgStart = /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="960"/;

/** Throws `cannot-write` now rather than after long work. */
export const openPicture = (file: string, kind: 'page' | 'svg', overwrite: boolean): Picture => {
  const options: OutputOptions = { overwrite, earlier: kind === 'svg' ? svgStart : pageStart };
  checkOutput(file, options);
  return { file, write: (runs) => writeOutput(file, kind === 'svg' ? drawSvg(runs) : drawPage(runs), options) };
};

const summariesOf = (runs: readonly ReadRun[]): RecordingSummary[] => runs.map(({ summary }) => summary);
const chartsOf = (runs: readonly ReadRun[]) => computeCharts(runs.map(({ run }) => run));

const drawSvg = (runs: readonly ReadRun[]): string => renderRecordingSvg(chartsOf(runs), headlineOf(summariesOf(runs)));

const drawPage = (runs: readonly ReadRun[]): string => {
  const names = runs.map(({ run }) => run.name).join(', ');
  return renderRecordingPage(chartsOf(runs), summariesOf(runs), [
    `Made by memwatch ${ownVersion()}, ${new Date().toISOString()}, of ${names}. Times are in UTC.`,
    ...(runs.some(({ summary }) => summary.cutOff)
      ? ['The last line of a recording was cut off and is left out.']
      : []),
  ]);
};
