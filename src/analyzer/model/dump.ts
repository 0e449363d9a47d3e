/** What every thread of a process does at one moment. */

export interface StackFrame {
  /** '' for a function without a name. */
  readonly function: string;
  /** '' for native code. */
  readonly file: string;
  /** The line that was running; 0 if it is not known. */
  readonly line: number;
}

/**
 * `running`: it uses the processor; `waiting`: its code waits in a lock, a system call or for a child process; `idle`: its
 * event loop waits for events; `unknown`: it did not answer.
 */
export type ThreadState = 'running' | 'waiting' | 'idle' | 'unknown';

export interface ActiveHandles {
  /** The type's name in Node: `Timeout`, `TCPServerWrap`. */
  readonly type: string;
  readonly count: number;
  /** What is known about them, such as addresses and child processes; null if nothing is. */
  readonly madeBy: string | null;
}

/** Pending promises for which the same async functions wait. */
export interface AwaitedPromises {
  readonly count: number;
  /** The function that waits first, with the line of its `await`, then the functions that wait for it. */
  readonly stack: readonly StackFrame[];
}

export interface PendingPromises {
  readonly pending: number;
  /** The most frequent ones; a promise of a function that waits itself is shown by what that waits for. */
  readonly awaited: readonly AwaitedPromises[];
  /** No async function waits for them, or several do. */
  readonly notKnown: number;
  /** Promises that were not looked at, because there are too many. */
  readonly notLooked: number;
}

/** A function that active handles of a type will call. */
export interface HandleCallback extends StackFrame {
  readonly type: string;
  readonly count: number;
}

/** What the operating system says about a thread. */
export interface KernelThread {
  readonly id: number;
  readonly name: string;
  /** One letter: R running, S sleeping, D waiting for a disk, T stopped. */
  readonly state: string;
  /** A signal or a tracer has stopped it. */
  readonly isStopped: boolean;
  /** The kernel function in which it waits; '' if it runs or the kernel does not say. */
  readonly waitsIn: string;
  /** The same in words; null if it is not known. */
  readonly waitsFor: string | null;
  /** Processor time since it started. */
  readonly cpuUs: number;
}

export interface ThreadDump {
  /** `main thread`, `worker 2 (resizer)`. */
  readonly worker: string;
  readonly state: ThreadState;
  /** What it waits for, in words, or why it does not answer; null if it waits for nothing. */
  readonly waitsFor: string | null;
  /** Innermost first. */
  readonly stack: readonly StackFrame[];
  /** How many of the samples had this stack. */
  readonly samples: number;
  readonly samplesTaken: number;
  /** The innermost line may belong to a function that V8 inlined into the named one. */
  readonly mayBeInlined: boolean;
  /** The share of one core that it used during the dump; null if the kernel does not say. */
  readonly cores: number | null;
  readonly handles: readonly ActiveHandles[];
  /** What timers and servers will call, the most frequent functions only. */
  readonly callbacks: readonly HandleCallback[];
  /** null if they were not looked at. */
  readonly promises: PendingPromises | null;
  /** How late a timer was during the dump; null if the event loop did not turn. */
  readonly loopDelayUs: number | null;
}

/** `memwatch/dump@1`. */
export interface ProcessDump {
  readonly schema: 'memwatch/dump@1';
  readonly pid: number | null;
  readonly command: string;
  readonly nodeVersion: string | null;
  readonly threads: readonly ThreadDump[];
  readonly children: readonly { readonly pid: number; readonly command: string }[];
  readonly warnings: readonly string[];
}
