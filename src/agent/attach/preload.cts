/**
 * Loaded with --require into a program that memwatch starts, before the program's first line: opens the inspector on a
 * free port, says its address on file descriptor 3, and waits until memwatch lets the program run.
 */
import fs = require('node:fs');
import inspector = require('node:inspector');
import workerThreads = require('node:worker_threads');

/** What memwatch put into the command line; children that inherit it would wait for a debugger that never comes. */
const isOurs = (flag: string, at: number, flags: string[]): boolean =>
  flag === '--inspect-publish-uid=http' || flag === __filename || flags[at + 1] === __filename;

/**
 * Ctrl-C reaches memwatch and the program at once. While memwatch looks, it collects what it measured first, and then
 * ends the program by the same signal; a program with its own handler does what it always does.
 */
const waitWithInterrupt = (): void => {
  const onInterrupt = (): void => {
    const guard: { clients: Map<string, object>; interrupted?: boolean } | undefined = Reflect.get(
      process,
      Symbol.for('memwatch'),
    );
    if (guard !== undefined && guard.clients.size > 0) return void (guard.interrupted = true);
    process.removeListener('SIGINT', onInterrupt);
    if (process.listenerCount('SIGINT') === 0) process.kill(process.pid, 'SIGINT');
  };
  process.on('SIGINT', onInterrupt);
};

if (workerThreads.isMainThread) {
  process.execArgv = process.execArgv.filter((flag, at, flags) => !isOurs(flag, at, flags));
  if (inspector.url() === undefined) inspector.open(0, '127.0.0.1');
  fs.writeSync(3, `${inspector.url()}\n`);
  fs.closeSync(3);
  waitWithInterrupt();
  inspector.waitForDebugger();
}
