/** What every thread of a process does at one moment. */

export interface StackFrame {
  /** '' for a function without a name. */
  readonly function: string;
  /** '' for native code. */
  readonly file: string;
  /** The line that was running; 0 where it is not known. */
  readonly line: number;
}

/**
 * `running`: it takes the processor; `waiting`: its code waits in a lock, a system call or a child; `idle`: its event loop
 * waits for events; `unknown`: it gave no answer.
 */
export type ThreadState = 'running' | 'waiting' | 'idle' | 'unknown';

export interface ActiveHandles {
  /** As Node calls them: `Timeout`, `TCPServerWrap`. */
  readonly type: string;
  readonly count: number;
  /** What is known of them, such as addresses and children; null where nothing is. */
  readonly madeBy: string | null;
}

/** What the operating system says of a thread. */
export interface KernelThread {
  readonly id: number;
  readonly name: string;
  /** One letter: R running, S sleeping, D in a disk access, T stopped. */
  readonly state: string;
  /** The kernel's function in which it waits; '' where it runs or the kernel does not say. */
  readonly waitsIn: string;
  /** Processor time so far. */
  readonly cpuUs: number;
}

export interface ThreadDump {
  /** `main thread`, `worker 2 (resizer)`. */
  readonly worker: string;
  readonly state: ThreadState;
  /** What it waits for, in words; null where it waits for nothing. */
  readonly waitsFor: string | null;
  /** Innermost first. */
  readonly stack: readonly StackFrame[];
  /** How many of the samples that were taken had this stack. */
  readonly samples: number;
  readonly samplesTaken: number;
  /** The innermost line may be that of a function that V8 inlined into the one that is named. */
  readonly mayBeInlined: boolean;
  /** Share of one core that it took while it was looked at; null where the kernel does not say. */
  readonly cores: number | null;
  readonly handles: readonly ActiveHandles[];
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
