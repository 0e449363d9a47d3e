/** What the kernel says about a process or thread that does not run, in words. In: its state, and where it waits. Out: words. */

/** What stops it, and what lets it run again; undefined if it may run. A tracer stops it with another state than SIGSTOP. */
export const stopOf = (state: string, pid: number): { readonly how: string; readonly hint: string } | undefined => {
  if (state === 'T') return { how: 'is stopped (SIGSTOP)', hint: `kill -CONT ${pid} lets it run` };
  if (state === 't') return { how: 'is stopped by a tracer such as gdb or strace', hint: 'detach that tracer first' };
  return undefined;
};

/** The kernel functions in which a thread waits, and what each means for a Node program. */
const waits: readonly { readonly match: RegExp; readonly words: string }[] = [
  { match: /futex/, words: 'a lock (Atomics.wait, or one of native code)' },
  { match: /pipe|fifo|wait_for_partner/, words: 'a pipe' },
  { match: /^(?:do_wait|wait4|kernel_wait|do_waitid)/, words: 'a child process to end' },
  { match: /sock|skb|tcp|unix_/, words: 'a socket, in a synchronous call' },
  { match: /nanosleep/, words: 'a timer of the system (sleep)' },
  { match: /lock_page|folio|io_schedule|blk_|nfs|fuse|ext4|xfs/, words: 'a file' },
];

/** What a thread waits for in a kernel function; null if the kernel does not say. */
export const waitWords = (waitsIn: string, state: string): string | null => {
  const known = waits.find(({ match }) => match.test(waitsIn));
  if (known !== undefined) return known.words;
  if (state === 'D') return `a file or device${waitsIn === '' ? '' : ` (${waitsIn})`}`;
  return waitsIn === '' ? null : `a system call (${waitsIn})`;
};
