/** `memwatch waste <file or target>`: what memory could be saved, by kind. A target is captured first. */
import { findWaste } from '../analyzer/waste/find-waste.js';
import { readSource } from '../leaks/script-text.js';
import { renderWaste } from '../report/waste-text.js';
import { captureOptions } from './capture-file.js';
import { targetForms } from './choose-target.js';
import { htmlOptions, printWithPage } from './html.js';
import type { Command } from './io.js';
import { indexOption } from './file-options.js';
import { openSource } from './open-heap.js';

export const wasteCommand: Command = {
  builder: (yargs) =>
    indexOption(captureOptions(htmlOptions(yargs), 'save the snapshot of a target in this file'))
      .positional('source', {
        type: 'string',
        describe: `.heapsnapshot file (plain or gzip); or a target: ${targetForms}`,
      })
      .option('force', { type: 'boolean', describe: 'take the snapshot even if memory could run out' })
      .example('$0 waste 1234', 'take a snapshot of process 1234 and show what memory it could save')
      .example('$0 waste app.heapsnapshot --json', 'the same for a file, as JSON'),
  async run(args, io) {
    const print = printWithPage(args, io);
    const { heap, file } = await openSource(args, io);
    io.progress('looking for waste');
    const report = { ...findWaste(heap, readSource), nodeVersion: heap.nodeVersion };
    print(report, () => renderWaste(report, file, io.columns));
  },
};
