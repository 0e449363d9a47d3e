/** `memwatch mark "text"`: puts a mark into the recordings that run now. */
import { resolve } from 'node:path';
import { MemwatchError } from '../errors.js';
import { findListeners } from '../files/messages.js';
import { escapeText } from '../report/units.js';
import type { Command } from './io.js';
import { createMark } from './record/marks.js';

export const markCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('text', { type: 'string', demandOption: true, describe: 'what is happening now' })
      .option('file', { type: 'string', describe: 'only the recording that writes to this file' })
      .example('$0 mark "deploy 1.4.2"', 'in every running recording of this user'),
  async run(args, io) {
    const wanted = args['file'] === undefined ? undefined : resolve(String(args['file']));
    const recordings = findListeners().filter(({ about }) => wanted === undefined || about === wanted);
    if (recordings.length === 0) {
      throw new MemwatchError(
        'not-found',
        wanted === undefined ? 'no recording is running' : `nothing records to ${wanted}`,
        {
          hint: 'memwatch record 1234 starts one; both commands must run as the same user with the same TMPDIR',
        },
      );
    }
    const mark = createMark(String(args['text']));
    for (const { send } of recordings) send(JSON.stringify(mark));
    const files = recordings.map(({ about }) => about);
    io.print({ schema: 'memwatch/mark@1', timeMs: mark.timeMs, text: mark.text, files }, () =>
      files.map((file) => `marked in ${escapeText(file)}`).join('\n'),
    );
  },
};
