/** `memwatch dump <pid>`: what every thread is doing now. Stacks are samples of V8's profiler: nothing is ever paused. */
import { withAttachment } from '../agent/attach/attach.js';
import type { Target } from '../agent/attach/target.js';
import { isInInnerLoop, readProcess } from '../agent/process/proc.js';
import { listeningPorts } from '../agent/process/sockets.js';
import { readThread } from '../agent/process/threads.js';
import type { ProcessDump } from '../analyzer/model/dump.js';
import { MemwatchError, throwIfInterrupted } from '../errors.js';
import { renderDump } from '../report/dump-text.js';
import { allTargets, sayLeftOut, targetForms, targetOf } from './choose-target.js';
import { dumpInside } from './dump/inside.js';
import { dumpFromOutside } from './dump/outside.js';
import type { Arguments, Command, Io } from './io.js';

export const dumpCommand: Command = {
  builder: (yargs) =>
    yargs
      .positional('target', { type: 'string', describe: targetForms })
      .option('all', { type: 'boolean', describe: 'every Node process on this machine that you may attach to' })
      .option('promises', {
        type: 'boolean',
        describe: 'look for pending promises in a large heap, too: V8 collects its garbage, 2 to 4 ms a megabyte',
      })
      .example('$0 dump 1234', 'why it hangs, or what it is doing')
      .example('$0 dump --all', 'all Node processes of the machine'),
  async run(args, io) {
    const targets = args['all'] === true ? allTargets(sayLeftOut(io)) : [await targetOf(args, io)];
    if (args['all'] !== true) {
      const [target] = targets;
      // before it detaches: a stuck process is asked for some more milliseconds, until it has compiled its code again
      const print = (dump: ProcessDump): void => io.print(dump, () => renderDump(dump));
      if (target !== undefined) await dumpOne(target, args, io, print);
      return;
    }
    const dumps = await Promise.all(targets.map((target) => dumpOne(target, args, io).catch(errorOf)));
    throwIfInterrupted(io.signal);
    io.print({ schema: 'memwatch/dump@1', processes: dumps }, () =>
      dumps.map((dump) => ('error' in dump ? dump.error : renderDump(dump))).join('\n\n'),
    );
  },
};

const errorOf = (error: unknown): { error: string } => {
  if (error instanceof MemwatchError) return { error: error.message };
  throw error;
};

const dumpOne = async (
  target: Target,
  args: Arguments,
  io: Io,
  onDump: (dump: ProcessDump) => void = () => {},
): Promise<ProcessDump> => {
  const patience = new AbortController();
  const watching = target.kind === 'pid' ? losePatience(target.pid, patience) : undefined;
  const attaching = { signal: AbortSignal.any([io.signal, patience.signal]), onProgress: io.progress };
  try {
    return await withAttachment(target, attaching, async (attachment) => {
      clearInterval(watching);
      const dump = await dumpInside(attachment, { allPromises: args['promises'] === true });
      onDump(dump);
      return dump;
    });
  } catch (error) {
    throwIfInterrupted(io.signal);
    const isSilent = patience.signal.aborted || (error instanceof MemwatchError && error.code === 'no-answer');
    if (!isSilent || target.kind !== 'pid' || readProcess(target.pid) === undefined) throw error;
    const dump = await dumpFromOutside(target.pid, error);
    onDump(dump);
    return dump;
  } finally {
    clearInterval(watching);
  }
};

/**
 * If the main thread sleeps in a system call, or works in native code, the inspector cannot answer until the call returns: give
 * up this early. Work is processor time of that thread: code in JavaScript opens the inspector within some milliseconds of it.
 */
const patienceMs = { asleep: 1000, working: 1000, awake: 20_000 };

const losePatience = (pid: number, patience: AbortController): NodeJS.Timeout => {
  const begun = performance.now();
  const [portsBefore, cpuBeforeUs] = [listeningPorts(pid).length, readThread(pid, pid)?.cpuUs ?? 0];
  let asleep: { readonly sinceMs: number; readonly cpuUs: number } | undefined;
  return setInterval(() => {
    const now = performance.now();
    const main = readThread(pid, pid);
    const waitsIn = main?.state === 'S' ? main.waitsIn : '';
    const inCall = waitsIn !== '' && (!/poll/.test(waitsIn) || isInInnerLoop(pid));
    const cpuUs = main?.cpuUs ?? 0;
    // one that ran since the look before is between short calls, and answers there
    if (!inCall || asleep?.cpuUs !== cpuUs) asleep = inCall ? { sinceMs: now, cpuUs } : undefined;
    const asleepMs = asleep === undefined ? 0 : now - asleep.sinceMs;
    const workedMs = (cpuUs - cpuBeforeUs) / 1000;
    const isInNative = workedMs > patienceMs.working && listeningPorts(pid).length <= portsBefore;
    if (asleepMs > patienceMs.asleep || isInNative || now - begun > patienceMs.awake) patience.abort();
  }, 100);
};
