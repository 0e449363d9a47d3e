/** What long work reports to its caller, and how it is stopped. In: what the caller wants to hear. Out: a Progress. */

export interface Progress {
  /** Aborted by Ctrl-C and SIGTERM, or by the program that called. */
  readonly signal: AbortSignal;
  /** What is being done now; replaced by the next. */
  progress(text: string): void;
  /** What the user must see in any case. */
  warn(text: string): void;
}

/** The same for callers who want to hear only some of it, or nothing. */
export interface ProgressOptions {
  /** Stops the work: it undoes what it did and throws `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called with what is being done now. */
  readonly onProgress?: ((text: string) => void) | undefined;
  /** Called with what the user must see in any case, such as a snapshot that will stop the target for long. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

export const progressOf = ({ signal, onProgress, onWarning }: ProgressOptions): Progress => ({
  signal: signal ?? new AbortController().signal,
  progress: onProgress ?? (() => {}),
  warn: onWarning ?? (() => {}),
});
