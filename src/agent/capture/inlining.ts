/**
 * Turns V8's inlining off in a target during a profile, so that costs are charged to the function that caused them and not
 * to the one it was inlined into. The flags apply to the process; the code that must be compiled again belongs to each
 * thread. Costs the target 6 to 46 % CPU (bench:cost). The guard in the target restores the flags if memwatch is killed.
 *
 * To drop code, V8 also forgets how often each function was called, and takes a call in it for rarer than it is. A function
 * that is never called again, because a loop in it does not end, would stay without inlining for ever, and ran up to nine
 * times slower. So V8 may inline rare calls, too, until hot code is compiled again.
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
  const key = await evaluate(attachment.main, turnOff, [attachment.client]);
  let undone: Promise<void> | undefined;
  const undo = async (): Promise<void> => {
    const isHurried = attachment.main.isHurried?.() === true; // then a loop that does not end may stay slow
    await evaluate(attachment.main, turnOn, [isHurried ? { ...key, defaults: [] } : key], { timeoutMs: 3000 });
    for (const thread of threads) await dropOptimisedCode(thread).catch(() => {}); // a worker may be gone
    if (isHurried) return;
    await compileAgain(attachment, threads.length).catch(() => {}); // it did not answer in time
    await evaluate(attachment.main, inlineFrequent, [key], { timeoutMs: 3000 });
  };
  const undoOnce = (): Promise<void> => (undone ??= undo().catch(() => {})); // a target at its end needs none
  attachment.onDetach(undoOnce);
  return undoOnce;
};

/** V8 compiles hot code within this processor time of a thread. */
const compileMs = 300;
const mostMs = 2000;
const lookMs = 50;
/** A process that uses less of a core after this time has no loop that does not end. */
const busyShare = 0.2;
const idleMs = 100;

const compileAgain = async ({ main, ending }: Attachment, threads: number): Promise<void> => {
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

/** What is changed: the flags that are turned off, and those that are set meanwhile, with V8's default (Node 18 to 26). */
interface ChangedFlags {
  readonly off: string[];
  readonly defaults: string[];
}

/** Runs in the target. A flag that the program itself was started with stays unchanged. */
const turnOff = (client: string): ChangedFlags => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { setFlagsFromString } = guard.builtin('node:v8');
  const own = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`.replace(/_/g, '-');
  const names =
    Number(process.versions.node.split('.')[0]) < 20 ? ['turbo-inlining'] : ['turbo-inlining', 'maglev-inlining'];
  const off = names.filter((name) => !own.includes(`--no-${name}`));
  const defaults = ['--min-inlining-frequency=0.15'].filter((flag) => !own.includes(String(flag.split('=')[0])));
  for (const name of off) setFlagsFromString(`--no-${name}`);
  guard.onLeave(client, () => {
    for (const flag of [...off.map((name) => `--${name}`), ...defaults]) setFlagsFromString(flag);
  });
  return { off, defaults };
};

const turnOn = ({ off, defaults }: ChangedFlags): void => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { setFlagsFromString } = guard.builtin('node:v8');
  for (const name of off) setFlagsFromString(`--${name}`);
  for (const flag of defaults) setFlagsFromString(flag.replace(/=.*/, '=0'));
};

const inlineFrequent = ({ defaults }: ChangedFlags): void => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  for (const flag of defaults) guard.builtin('node:v8').setFlagsFromString(flag);
};
