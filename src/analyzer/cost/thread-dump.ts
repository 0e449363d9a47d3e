/**
 * What one thread is doing, from everything that is known about it. In: its stack by samples, the kernel's view before and
 * after the samples were taken, its handles; each may be missing. Out: a ThreadDump.
 */
import type {
  ActiveHandles,
  HandleCallback,
  KernelThread,
  PendingPromises,
  ThreadDump,
  ThreadState,
} from '../model/dump.js';
import type { CommonStack } from './stacks.js';

export interface ThreadEvidence {
  readonly worker: string;
  readonly stack: CommonStack | undefined;
  readonly before: KernelThread | undefined;
  readonly after: KernelThread | undefined;
  /** The time between `before` and `after`. */
  readonly elapsedUs: number;
  readonly handles: readonly ActiveHandles[];
  readonly callbacks: readonly HandleCallback[];
  readonly promises: PendingPromises | null;
  readonly loopDelayUs: number | null;
  /** The process has child processes, for which it may be waiting. */
  readonly hasChildren: boolean;
  /** Why it does not answer, in words. */
  readonly silence?: string | null;
  /** It waits in a loop inside a call, as in spawnSync; the main thread alone. */
  readonly isInInnerLoop?: boolean;
}

export const describeThread = (evidence: ThreadEvidence): ThreadDump => {
  const { worker, stack, handles, callbacks, promises, loopDelayUs } = evidence;
  const state = stateOf(evidence);
  return {
    worker,
    state,
    waitsFor: state === 'running' ? null : (evidence.silence ?? waitsFor(evidence)),
    stack: state === 'idle' ? [] : (stack?.stack ?? []),
    samples: stack?.samples ?? 0,
    samplesTaken: stack?.samplesTaken ?? 0,
    mayBeInlined: stack?.mayBeInlined ?? false,
    cores: coresOf(evidence),
    handles,
    callbacks,
    promises,
    loopDelayUs,
  };
};

/** A thread that used at least this share of a core during the dump is running, whatever it did at the last moment. */
const busyCores = 0.2;

const coresOf = ({ before, after, elapsedUs }: ThreadEvidence): number | null =>
  before === undefined || after === undefined || elapsedUs <= 0 ? null : (after.cpuUs - before.cpuUs) / elapsedUs;

const stateOf = (evidence: ThreadEvidence): ThreadState => {
  const { stack, after } = evidence;
  if (after?.isStopped === true) return 'waiting';
  const isIdle = stack !== undefined && stack.idleSamples > stack.samplesTaken / 2;
  if (isIdle) return 'idle';
  const isAsleep = after !== undefined && after.state !== 'R' && (coresOf(evidence) ?? 0) < busyCores;
  // without a function on its stack, and without a child process, it can only be waiting for events
  const inLoop = stack === undefined ? !evidence.hasChildren : stack.samples === 0;
  if (isAsleep) return inLoop && /poll/.test(after.waitsIn) ? 'idle' : 'waiting';
  return stack === undefined && after === undefined ? 'unknown' : 'running';
};

const waitsFor = (evidence: ThreadEvidence): string | null => {
  const { after, hasChildren, stack, isInInnerLoop = false } = evidence;
  if (after === undefined) return null;
  if (after.isStopped) return 'nothing: it is stopped (SIGSTOP or a debugger)';
  if (/poll/.test(after.waitsIn)) {
    const inCode = (stack?.samples ?? 0) > 0 || isInInnerLoop;
    if (stack === undefined && hasChildren && !inCode)
      return 'events, or a child process that it started synchronously';
    return inCode && hasChildren ? 'a child process, in a synchronous call' : 'events';
  }
  return after.waitsFor;
};
