/**
 * Answers without waiting for the kernel. Node's inspector sends a small message only when the one before has been
 * acknowledged (Nagle's algorithm), and the kernel here acknowledges 40 ms late, unless memwatch sends something. So while
 * an answer is awaited after a message has come, memwatch sends a command that costs the target nothing, a few times.
 */

export interface Acknowledging {
  /** A command has been sent; resolves with its answer. */
  during(answer: Promise<unknown>): Promise<unknown>;
  /** A message has come. */
  received(): void;
}

const [firstMs, mostMs] = [1, 32];

export const keepAcknowledging = (send: () => Promise<unknown>): Acknowledging => {
  let waiting = 0;
  let nextMs = firstMs;
  let timer: NodeJS.Timeout | undefined;
  const acknowledge = (): void => {
    timer = undefined;
    nextMs *= 2; // the answer is far if it did not come by now
    if (waiting > 0) send().catch(() => {}); // whatever it answers
  };
  return {
    during: async (answer) => {
      clearTimeout(timer); // the command itself has acknowledged
      timer = undefined;
      nextMs = firstMs;
      waiting++;
      try {
        return await answer;
      } finally {
        waiting--;
      }
    },
    received: () => {
      if (waiting > 0 && nextMs <= mostMs) timer ??= setTimeout(acknowledge, nextMs).unref();
    },
  };
};
