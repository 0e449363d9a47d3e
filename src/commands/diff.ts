/** `memwatch diff <a> <b> [c…]`: what grew from one capture to the next; which captures decides who compares them. */
import { MemwatchError } from '../errors.js';
import { diffProfiles } from './diff-profiles.js';
import { diffSnapshots } from './diff-snapshots.js';
import { limitOf } from './heap.js';
import type { Command, Io } from './io.js';

/** Compares captures of one kind and prints the answer. */
type DiffFiles = (files: readonly string[], limit: number, io: Io) => Promise<void>;

/** By the end of the first file's name; snapshots where no other matches. */
const kinds: readonly { readonly name: RegExp; readonly diff: DiffFiles }[] = [
  { name: /\.(cpuprofile|heapprofile|pb\.gz|pprof|collapsed(\.txt)?|folded|json)$/, diff: diffProfiles },
  { name: /(?:)/, diff: diffSnapshots },
];

export const diffCommand: Command = {
  command: 'diff <files..>',
  describe: 'what grew from one capture to the next',
  builder: (yargs) =>
    yargs
      .positional('files', { type: 'string', array: true, describe: 'two or more captures, oldest first' })
      .option('limit', { type: 'number', describe: 'rows in each table (15; with --json 100 objects)' })
      .example('$0 diff a.heapsnapshot b.heapsnapshot', 'which objects and classes grew')
      .example('$0 diff a.cpuprofile b.cpuprofile', 'which functions and lines got dearer')
      .example('$0 diff a.heapsnapshot b.heapsnapshot c.heapsnapshot', 'those that grew every time come first'),
  async run(args, io) {
    const files = (args['files'] as unknown[]).map(String);
    if (files.length < 2)
      throw new MemwatchError('bad-argument', 'one file cannot be compared', {
        hint: 'memwatch diff before.heapsnapshot after.heapsnapshot',
      });
    const kind = kinds.find(({ name }) => name.test(files[0]));
    await kind?.diff(files, limitOf(args, io.json ? 100 : 15), io);
  },
};
