/** What long work tells whoever waits for it, and how it is stopped. `Io` of the commands is one. */
export interface Progress {
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** What is being done now; replaced by the next. */
  progress(text: string): void;
  /** What the user must see in any case. */
  warn(text: string): void;
}
