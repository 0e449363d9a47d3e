/**
 * Turns V8's inlining off in a target during a profile, so that costs are charged to the function that caused them and not
 * to the one it was inlined into. The flags apply to the process; the code that must be compiled again belongs to each
 * thread. Costs the target 6 to 46 % CPU (bench:cost). The guard in the target restores the flags if memwatch is killed.
 */
import type { Attachment } from '../attach/attach.js';
import { evaluate } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import type { Session } from '../session/protocol.js';

/**
 * Returns the undo, which detach always runs. Code that is already optimised stays inlined until the caller drops it, while
 * the profiler runs: Node 24 sometimes charges code that was dropped before that to its old caller.
 */
export const disableInlining = async (
  attachment: Attachment,
  threads: readonly Session[],
): Promise<() => Promise<void>> => {
  const key = await evaluate(attachment.main, turnOff, [attachment.client]);
  let undone: Promise<void> | undefined;
  const undo = async (): Promise<void> => {
    await evaluate(attachment.main, turnOn, [key], { timeoutMs: 3000 });
    for (const thread of threads) await dropOptimisedCode(thread).catch(() => {}); // a worker may be gone
  };
  const undoOnce = (): Promise<void> => (undone ??= undo().catch(() => {})); // a target at its end needs none
  attachment.onDetach(undoOnce);
  return undoOnce;
};

/** Counting calls makes V8 drop all optimised code of a thread; hot code is optimised again, under the present flags. */
export const dropOptimisedCode = async (session: Session): Promise<void> => {
  await Promise.all([
    session.send('Profiler.enable'),
    session.send('Profiler.startPreciseCoverage', { callCount: true, detailed: false }),
    session.send('Profiler.stopPreciseCoverage'),
  ]);
};

/** Runs in the target. A flag that the program itself was started with stays unchanged. */
const turnOff = (client: string): string[] => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { setFlagsFromString } = guard.builtin('node:v8');
  const own = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`.replace(/_/g, '-');
  const names =
    Number(process.versions.node.split('.')[0]) < 20 ? ['turbo-inlining'] : ['turbo-inlining', 'maglev-inlining'];
  const changed = names.filter((name) => !own.includes(`--no-${name}`));
  for (const name of changed) setFlagsFromString(`--no-${name}`);
  guard.onLeave(client, () => {
    for (const name of changed) setFlagsFromString(`--${name}`);
  });
  return changed;
};

const turnOn = (names: string[]): void => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  for (const name of names) guard.builtin('node:v8').setFlagsFromString(`--${name}`);
};
