/**
 * Whether the program's event loop turns: pings that its main thread returns when the loop turns. In: the two numbers
 * that the threads share. Out: how long the loop took to answer, and how long it has not.
 */

export interface LoopWatch {
  ping(): void;
  /** How long the last answered ping waited. */
  delayUs(): number;
  /** How long the loop has not answered; 0 if it has. */
  blockedUs(): number;
}

export const watchLoop = (
  shared: Int32Array,
  send: (message: { readonly ping: number; readonly sentMs: number }) => void,
): LoopWatch => {
  let sent = 0;
  let sentMs = 0;
  const isAnswered = (): boolean => Atomics.load(shared, 0) === sent;
  return {
    ping: () => {
      if (!isAnswered()) return;
      sentMs = Date.now();
      send({ ping: ++sent, sentMs });
    },
    delayUs: () => Atomics.load(shared, 1),
    blockedUs: () => (isAnswered() ? 0 : (Date.now() - sentMs) * 1000),
  };
};
