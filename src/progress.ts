/** What long work reports to its caller, and how it is stopped. In: the caller's callbacks. Out: a Progress. */

export interface Progress {
  /** Aborted by Ctrl-C and SIGTERM, or by the calling program. */
  readonly signal: AbortSignal;
  /** What is being done now; replaces the text before. */
  progress(text: string): void;
  /** What the user must always see. */
  warn(text: string): void;
}

/** The same for callers who want to hear only part of it, or nothing. */
export interface ProgressOptions {
  /** Stops the work, which undoes what it did and throws `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called with what is being done now. */
  readonly onProgress?: ((text: string) => void) | undefined;
  /** Called with what the user must always see, such as that a snapshot will stop the target for long. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

export const progressOf = ({ signal, onProgress, onWarning }: ProgressOptions): Progress => ({
  signal: signal ?? new AbortController().signal,
  progress: onProgress ?? (() => {}),
  warn: onWarning ?? (() => {}),
});
