/** `memwatch detach <target>`: undoes what a killed memwatch left in a target, and closes the inspector it opened. */
import { attach } from '../agent/attach/attach.js';
import { clearGuard, closeInspector } from '../agent/session/guard.js';
import { findInspector, portClosed } from '../agent/attach/inspector.js';
import { checkReachable } from '../agent/attach/safety.js';
import { parseTarget, type Target } from '../agent/attach/target.js';
import type { Command, Io } from './io.js';

export const detachCommand: Command = {
  command: 'detach <target>',
  describe: 'close an inspector that a killed memwatch left open',
  builder: (yargs) =>
    yargs
      .positional('target', { type: 'string', describe: 'process id, host:port or ws:// address' })
      .option('force', { type: 'boolean', describe: 'close the inspector even if it was not memwatch that opened it' })
      .example('$0 detach 1234', 'leave 1234 as it was'),
  async run(args, io) {
    const target = parseTarget(String(args['target']));
    const { closed, text } = await detachFrom(target, args['force'] === true, io);
    io.print({ schema: 'memwatch/detach@1', closed }, () => text);
  },
};

const detachFrom = async (target: Target, force: boolean, io: Io): Promise<{ closed: boolean; text: string }> => {
  if (target.kind === 'pid') {
    checkReachable(target.pid);
    const open = await findInspector(target.pid, { signal: io.signal });
    if (open === undefined) return { closed: false, text: `process ${target.pid} has no open inspector` };
  }
  const attachment = await attach(target, { signal: io.signal, onProgress: io.progress });
  try {
    const { closed } = await clearGuard(attachment.main);
    if (!closed && force) await closeInspector(attachment.main);
    if ((closed || force) && attachment.pid !== undefined) await portClosed(attachment.pid, attachment.port, io.signal);
    if (closed || force) return { closed: true, text: 'inspector closed' };
    return { closed: false, text: 'it was not memwatch that opened this inspector: left open (--force closes it)' };
  } finally {
    await attachment.detach();
  }
};
