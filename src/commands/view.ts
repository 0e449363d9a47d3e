/** `memwatch view <file…>`: captures in the terminal UI. */
import { accessSync, constants, statSync } from 'node:fs';
import { MemwatchError, messageOf } from '../errors.js';
import { startGuardian } from '../tui/terminal/guardian.js';
import type { Command } from './io.js';
import { kindOf } from './tui/data/capture-kind.js';
import { FileProvider } from './tui/file-provider.js';

export const viewCommand: Command = {
  command: 'view <files..>',
  describe: 'heap snapshots, profiles and saved results in the terminal UI',
  builder: (yargs) =>
    yargs
      .positional('files', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'captures; of snapshots also several',
      })
      .example('$0 view app.heapsnapshot', 'what holds the memory')
      .example('$0 view a.heapsnapshot b.heapsnapshot', 'what grew from one to the other'),
  async run(args, io) {
    const files = (args['files'] as readonly string[]).map(String);
    for (const file of files) await showable(file);
    if (!process.stdout.isTTY || !process.stdin.isTTY || io.json) {
      throw new MemwatchError('bad-argument', 'view needs a terminal', {
        hint: 'memwatch heap, diff, leaks and export print the same as text or --json',
      });
    }
    // the terminal's library is loaded where it is used alone
    const [{ runTui }, guardian] = await Promise.all([import('../tui/terminal/app.js'), startGuardian()]);
    await runTui(new FileProvider(files), guardian, io.signal);
  },
};

/** Says what is wrong before the screen is touched. Throws cannot-read, not-this-format, bad-argument. */
const showable = async (file: string): Promise<void> => {
  try {
    accessSync(file, constants.R_OK);
    if (!statSync(file).isFile()) throw new Error('it is no file');
  } catch (error) {
    throw new MemwatchError('cannot-read', `cannot read ${file}: ${messageOf(error)}`);
  }
  await kindOf(file);
};
