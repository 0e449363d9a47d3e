/**
 * Turns V8's inlining off in a target during a profile, so that costs are charged to the function that caused them and not
 * to the one it was inlined into. The flags apply to the process; the code that must be compiled again belongs to each
 * thread. Costs the target 6 to 46 % CPU (bench:cost). The guard in the target restores the flags if memwatch is killed.
 *
 * To drop code, as it also does while it counts calls, V8 forgets how often each function was called, and takes a call in it
 * for rarer than it is. A function that is never called again, because a loop in it does not end, would stay without
 * inlining for ever, and ran up to nine times slower. So V8 may inline rare calls, too, until hot code is compiled again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attachment } from '../attach/attach.js';
import { longerIfBusy } from '../process/processor.js';
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
  const off = await evaluate(attachment.main, turnOff, [attachment.client]);
  let undone: Promise<void> | undefined;
  const undo = async (): Promise<void> => {
    await evaluate(attachment.main, setFlags, [off], { timeoutMs: 3000 });
    await compileAgain(attachment, threads);
  };
  const undoOnce = (): Promise<void> => (undone ??= undo().catch(() => {})); // a target at its end needs none
  attachment.onDetach(undoOnce);
  return undoOnce;
};

/** Drops the code of these threads, and returns when V8 has compiled loops that do not end as they were at first. */
export const compileAgain = async (attachment: Attachment, threads: readonly Session[]): Promise<void> => {
  const { main, client } = attachment;
  const isHurried = main.isHurried?.() === true; // then a loop that does not end may stay slow
  const rare = isHurried ? [] : await evaluate(main, inlineRare, [client], { timeoutMs: 3000 });
  for (const thread of threads) await dropOptimisedCode(thread).catch(() => {}); // a worker may be gone
  if (isHurried) return;
  await waitUntilCompiled(attachment, threads.length).catch(() => {}); // it did not answer in time
  await evaluate(main, setFlags, [rare], { timeoutMs: 3000 });
};

/** V8 compiles hot code within this processor time of a thread. */
const compileMs = 300;
const mostMs = 2000;
const lookMs = 50;
/** A process that uses less of a core after this time has no loop that does not end. */
const busyShare = 0.2;
const idleMs = 100;

const waitUntilCompiled = async ({ main, ending }: Attachment, threads: number): Promise<void> => {
  const cpuMs = async (): Promise<number> => {
    const { user, system } = await evaluate(main, () => process.cpuUsage(), [], { timeoutMs: mostMs });
    return (user + system) / 1000;
  };
  const [begunMs, before] = [performance.now(), await cpuMs()];
  for (let usedMs = 0; usedMs < compileMs * threads && !ending.aborted && main.isHurried?.() !== true;) {
    await sleep(lookMs);
    usedMs = (await cpuMs()) - before;
    const passedMs = performance.now() - begunMs;
    const isIdle = passedMs > longerIfBusy(idleMs) && usedMs < (busyShare * passedMs) / longerIfBusy(1);
    if (isIdle || passedMs > longerIfBusy(mostMs)) return;
  }
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
  const off = names.filter((name) => !own.includes(`--no-${name}`));
  for (const name of off) setFlagsFromString(`--no-${name}`);
  guard.onLeave(client, () => {
    for (const name of off) setFlagsFromString(`--${name}`);
  });
  return off.map((name) => `--${name}`);
};

/** Runs in the target. Returns V8's default, the same in Node 18 to 26, to be set again. */
const inlineRare = (client: string): string[] => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { setFlagsFromString } = guard.builtin('node:v8');
  const own = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`.replace(/_/g, '-');
  if (own.includes('--min-inlining-frequency')) return [];
  guard.onLeave(client, () => setFlagsFromString('--min-inlining-frequency=0.15'));
  setFlagsFromString('--min-inlining-frequency=0');
  return ['--min-inlining-frequency=0.15'];
};

/** Runs in the target. */
const setFlags = (flags: string[]): void => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  for (const flag of flags) guard.builtin('node:v8').setFlagsFromString(flag);
};
