/**
 * What the threads of a target do, apart from their stacks: which kernel threads they are, and what keeps their event loops
 * alive. In: sessions of the threads. Out: plain values. Works while a thread is busy or waits in Atomics.wait.
 */
import type { ActiveHandles } from '../../analyzer/model/dump.js';
import { MemwatchError } from '../../errors.js';
import { longerIfBusy } from '../process/processor.js';
import { evaluate } from '../session/evaluate.js';
import type { Thread } from './cpu-profile.js';

export interface ThreadInside {
  /** The kernel's id of the thread in the target's own pid namespace; null if its /proc is not available. */
  readonly kernelId: number | null;
  readonly handles: readonly ActiveHandles[];
}

/** A thread that runs JavaScript answers within some milliseconds of its own work. */
const patienceMs = 500;

/** undefined if the thread does not answer. */
export const readThreadInside = async ({ session }: Thread): Promise<ThreadInside | undefined> => {
  try {
    return await evaluate<ThreadInside>(session, `(${insideOf})()`, [], {
      timeoutMs: longerIfBusy(patienceMs),
      mayNeedRequire: true,
    });
  } catch (error) {
    if (error instanceof MemwatchError && ['no-answer', 'target-error'].includes(error.code)) return undefined;
    throw error;
  }
};

/** A loop that does not turn within this time is blocked. */
const turnMs = 400;

/** How late a timer of the thread is now; null if its event loop does not turn. */
export const readLoopDelay = async ({ session }: Thread): Promise<number | null> => {
  try {
    return await evaluate(session, lateTimerInTarget, [], { timeoutMs: longerIfBusy(turnMs), awaitPromise: true });
  } catch (error) {
    if (error instanceof MemwatchError && ['no-answer', 'target-error'].includes(error.code)) return null;
    throw error;
  }
};

/**
 * Runs in the target. Sets its timer in a promise reaction, see guard.ts. `performance` would load Node's perf_hooks: another
 * command that interrupts that would find the module half loaded.
 */
async function lateTimerInTarget(): Promise<number> {
  await undefined;
  const start = process.hrtime.bigint();
  const wantedMs = 1;
  return new Promise((resolve) => {
    const late = (): number => Number(process.hrtime.bigint() - start) / 1000 - wantedMs * 1000;
    setTimeout(() => resolve(Math.max(0, late())), wantedMs);
  });
}

/** Runs in the target; built from the functions below. */
const insideOf = `() => ({ kernelId: (${String(kernelIdInTarget)})(), handles: (${String(handlesInTarget)})(${String(wordsInTarget)}) })`;

function kernelIdInTarget(): number | null {
  const builtin: NodeJS.Process['getBuiltinModule'] = process.getBuiltinModule ?? require;
  try {
    const link = builtin('node:fs').readlinkSync('/proc/thread-self');
    return Number(link.slice(link.lastIndexOf('/') + 1));
  } catch {
    return null; // not Linux, or no /proc
  }
}

interface Handle {
  readonly constructor?: { readonly name?: unknown };
  readonly pid?: unknown;
  readonly spawnargs?: unknown;
  readonly address?: unknown;
  readonly remoteAddress?: unknown;
  readonly remotePort?: unknown;
}

/** Words that distinguish a handle from others of its type; '' if there are none. */
function wordsInTarget(handle: Handle): string {
  try {
    if (Array.isArray(handle.spawnargs)) return `pid ${String(handle.pid)} ${handle.spawnargs.join(' ')}`;
    if (typeof handle.remoteAddress === 'string') return `to ${handle.remoteAddress}:${String(handle.remotePort)}`;
    if (typeof handle.address !== 'function') return '';
    const address: unknown = handle.address();
    if (typeof address === 'string') return address;
    if (address === null || typeof address !== 'object' || !('port' in address)) return '';
    return `on ${String(Reflect.get(address, 'address'))}:${String(address.port)}`;
  } catch {
    return ''; // a handle that is closing gives no details
  }
}

function handlesInTarget(wordsOf: (handle: Handle) => string): ActiveHandles[] {
  const [maxHandles, shown] = [1000, 3];
  const all: Handle[] = Reflect.get(process, '_getActiveHandles')?.call(process) ?? [];
  const words = new Map<string, Set<string>>();
  for (const handle of all.slice(0, maxHandles)) {
    // a socket of UDP has the same name, and its kind as a property
    const kind = Object.getOwnPropertyDescriptor(handle, 'type')?.value === undefined ? '' : 'UDP';
    const type = `${kind}${String(handle.constructor?.name ?? '')}`;
    const text = wordsOf(handle);
    if (text !== '') words.set(type, (words.get(type) ?? new Set()).add(text));
  }
  const textOf = (types: readonly string[]): string | null => {
    const known = types.flatMap((type) => [...(words.get(type) ?? [])]);
    if (known.length === 0) return null;
    return known.slice(0, shown).join(', ') + (known.length > shown ? `, ${known.length - shown} more` : '');
  };
  // Node counts native handles; the JavaScript object around a handle says what it is for
  const around: Record<string, string[]> = {
    TCPSocketWrap: ['Socket', 'TLSSocket'],
    TCPServerWrap: ['Server'],
    ProcessWrap: ['ChildProcess'],
    UDPWrap: ['UDPSocket'],
  };
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.map(([type, count]) => ({ type, count, madeBy: textOf(around[type] ?? []) }));
}
