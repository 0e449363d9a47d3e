/** `memwatch view <file…>`: captures in the terminal UI. */
import { accessSync, constants } from 'node:fs';
import { beginsAsRecording } from '../analyzer/model/recording.js';
import { cannotRead, MemwatchError } from '../errors.js';
import { requireRegularFile } from '../input.js';
import { startGuardian } from '../tui/terminal/guardian.js';
import { indexOption, indexUse, typeOption, wantedType } from './file-options.js';
import { hasScreen, type Command } from './io.js';
import { firstText } from './tui/data/first-text.js';
import { FileProvider } from './tui/file-provider.js';
import type { OpenOptions } from './tui/messages.js';

export const viewCommand: Command = {
  builder: (yargs) =>
    indexOption(typeOption(yargs))
      .positional('files', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'a capture, a recording or a saved result; or several snapshots, or two profiles, to compare',
      })
      .example('$0 view app.heapsnapshot', 'what holds the memory')
      .example('$0 view a.heapsnapshot b.heapsnapshot', 'what grew from one to the other')
      .example('$0 view a.cpuprofile b.cpuprofile', 'what became more expensive')
      .example('$0 view day.record', 'replays what memwatch record has read'),
  async run(args, io) {
    const files = (args['files'] as readonly string[]).map(String);
    files.forEach(requireReadable);
    const provider = await providerOf(files, { type: wantedType(args), index: indexUse(args) });
    io.signal.addEventListener('abort', () => void provider.close(), { once: true });
    try {
      await showFiles(provider, hasScreen() && !io.json, io.signal);
    } finally {
      await provider.close();
    }
  },
};

const providerOf = async (files: readonly string[], options: OpenOptions): Promise<FileProvider> => {
  const [file = ''] = files;
  if (files.length > 1 || !beginsAsRecording(await firstText(file))) return new FileProvider(files, options);
  const { openRecording } = await import('./tui/recording-provider.js');
  return openRecording(file);
};

/** The screen and the terminal library are loaded here, while the data thread looks at the files. */
const showFiles = async (provider: FileProvider, onScreen: boolean, signal: AbortSignal): Promise<void> => {
  const checked = provider.checkFiles();
  if (onScreen) {
    const loaded = Promise.all([import('../tui/terminal/app.js'), startGuardian()]);
    const [[{ runTui }, guardian]] = await Promise.all([loaded, checked]);
    return runTui(provider, guardian, signal);
  }
  await checked;
  throw new MemwatchError('bad-argument', 'view needs a terminal', {
    hint: 'use memwatch heap, diff, leaks or export for text or --json',
  });
};

/** Throws cannot-read. */
const requireReadable = (file: string): void => {
  try {
    accessSync(file, constants.R_OK);
    requireRegularFile(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
};
