/** Options of the commands that read files. They load nothing else, so that `view` soon has its screen. */
import type { Argv } from 'yargs';
import type { IndexUse } from '../heap-files/heap-file.js';
import type { Arguments } from './io.js';

/** The options of commands that read snapshot files. */
export const indexOption = (yargs: Argv): Argv =>
  yargs.option('index', {
    type: 'boolean',
    describe: 'keep an index of the file, so that it opens at once next time (default: above 200 MB)',
  });

export const indexUse = (args: Arguments): IndexUse =>
  args['index'] === undefined ? 'large' : args['index'] === true ? 'always' : 'never';

export const typeOption = (yargs: Argv): Argv =>
  yargs.option('type', {
    type: 'string',
    describe: 'which kind of values of a profile to show, if it holds several, such as inuse_space of pprof',
  });

/** undefined if the user asked for none. */
export const wantedType = (args: Arguments): string | undefined =>
  args['type'] === undefined ? undefined : String(args['type']);
