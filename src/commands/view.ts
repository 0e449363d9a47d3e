/** `memwatch view <file…>`: captures in the terminal UI. */
import { accessSync, constants } from 'node:fs';
import { cannotRead, MemwatchError } from '../errors.js';
import { requireRegularFile } from '../input.js';
import { startGuardian } from '../tui/terminal/guardian.js';
import { hasScreen, type Command } from './io.js';
import { kindOf } from './tui/data/capture-kind.js';
import { indexOption, indexUse } from './open-heap.js';
import { typeOption, wantedType } from './profile-type.js';
import { FileProvider } from './tui/file-provider.js';

export const viewCommand: Command = {
  builder: (yargs) =>
    indexOption(typeOption(yargs))
      .positional('files', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'a capture or a saved result; or several snapshots, or two profiles, to compare',
      })
      .example('$0 view app.heapsnapshot', 'what holds the memory')
      .example('$0 view a.heapsnapshot b.heapsnapshot', 'what grew from one to the other')
      .example('$0 view a.cpuprofile b.cpuprofile', 'what became more expensive'),
  async run(args, io) {
    const files = (args['files'] as readonly string[]).map(String);
    for (const file of files) await showable(file);
    if (!hasScreen() || io.json) {
      throw new MemwatchError('bad-argument', 'view needs a terminal', {
        hint: 'use memwatch heap, diff, leaks or export for text or --json',
      });
    }
    // the terminal library is loaded only here
    const [{ runTui }, guardian] = await Promise.all([import('../tui/terminal/app.js'), startGuardian()]);
    await runTui(new FileProvider(files, { type: wantedType(args), index: indexUse(args) }), guardian, io.signal);
  },
};

/** Fails before the screen is touched. Throws cannot-read, not-this-format, bad-argument. */
const showable = async (file: string): Promise<void> => {
  try {
    accessSync(file, constants.R_OK);
    requireRegularFile(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
  await kindOf(file);
};
