/** `memwatch diff <a> <b> [c…]`: what grew from one capture to the next; the kind of capture decides how. */
import { MemwatchError } from '../errors.js';
import { diffProfiles, type ProfileDiffOptions } from './diff/profiles.js';
import { diffSnapshots } from './diff/snapshots.js';
import { limitOf } from './heap.js';
import type { IndexUse } from '../heap-files/heap-file.js';
import type { Command, Io } from './io.js';
import { indexOption, indexUse, typeOption, wantedType } from './file-options.js';
import { nameFile } from './profile-file.js';

/** Compares captures of one kind and prints the result. */
type DiffFiles = (files: readonly string[], limit: number, io: Io, options: DiffOptions) => Promise<void>;

type DiffOptions = ProfileDiffOptions & { readonly index: IndexUse };

/** Chosen by the files' content. Throws `bad-argument`, `not-this-format`. */
const differOf = async (files: readonly string[]): Promise<DiffFiles> => {
  const named = [];
  for (const file of files) named.push(await nameFile(file)); // in order: the first that cannot be read is the one named
  const unknown = named.indexOf(undefined);
  if (unknown >= 0)
    throw new MemwatchError('not-this-format', `${files[unknown]} is neither a heap snapshot nor a profile`, {
      hint: 'diff compares captures of one kind, such as two .heapsnapshot files',
    });
  const isSnapshot = named.map((one) => one?.command === 'heap');
  const other = isSnapshot.findIndex((one) => one !== isSnapshot[0]);
  if (other >= 0)
    throw new MemwatchError(
      'bad-argument',
      `a snapshot and a profile cannot be compared: ${files[0]}, ${files[other]}`,
      {
        hint: `${files[other]} is ${named[other]?.name}, ${files[0]} is ${named[0]?.name}`,
      },
    );
  return isSnapshot[0] ? diffSnapshots : diffProfiles;
};

export const diffCommand: Command = {
  builder: (yargs) =>
    indexOption(typeOption(yargs))
      .positional('files', { type: 'string', array: true, describe: 'two or more captures, oldest first' })
      .option('limit', { type: 'number', describe: 'rows in each table (15; with --json 100 objects)' })
      .option('to', {
        choices: ['svg', 'html'] as const,
        describe: 'also write what changed between profiles as a flame graph, red and blue',
      })
      .option('output', { alias: 'o', type: 'string', describe: 'file of the flame graph; replaces an earlier one' })
      .option('overwrite', { type: 'boolean', describe: 'replace any file' })
      .example('$0 diff a.heapsnapshot b.heapsnapshot', 'which objects and classes grew')
      .example('$0 diff a.cpuprofile b.cpuprofile', 'which functions and lines became more expensive')
      .example('$0 diff a.heapsnapshot b.heapsnapshot c.heapsnapshot', 'objects that grew every time come first'),
  async run(args, io) {
    const files = (args['files'] as unknown[]).map(String);
    if (files.length < 2)
      throw new MemwatchError('bad-argument', 'diff needs two or more files', {
        hint: 'run memwatch diff before.heapsnapshot after.heapsnapshot',
      });
    io.endAtOnce();
    const diff = await differOf(files);
    const ofProfiles = ['to', 'type'].find((option) => args[option] !== undefined);
    if (ofProfiles !== undefined && diff !== diffProfiles)
      throw new MemwatchError('bad-argument', `--${ofProfiles} is for profiles, and these are snapshots`);
    const format = args['to'] === 'html' ? ('html' as const) : ('svg' as const);
    const file = { format, output: args['output'] as string | undefined, overwrite: args['overwrite'] === true };
    const to = args['to'] === undefined ? undefined : file;
    await diff(files, limitOf(args, io.json ? 100 : 15), io, { to, type: wantedType(args), index: indexUse(args) });
  },
};
