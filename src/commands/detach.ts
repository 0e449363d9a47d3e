/** `memwatch detach <target>`: closes an inspector that a killed memwatch left open. */
import { attach } from '../agent/attach.js';
import { parseTarget } from '../agent/target.js';
import type { Command } from './io.js';

export const detachCommand: Command = {
  command: 'detach <target>',
  describe: 'close an inspector that a killed memwatch left open',
  builder: (yargs) =>
    yargs
      .positional('target', { type: 'string', describe: 'process id' })
      .example('$0 detach 1234', 'leave 1234 as it was'),
  async run(args, io) {
    const attachment = await attach(parseTarget(String(args['target'])), {
      signal: io.signal,
      onProgress: io.progress,
    });
    await attachment.detach();
    io.print({ schema: 'memwatch/detach@1', closed: attachment.opened }, () => 'detached');
  },
};
