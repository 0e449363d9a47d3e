/** One capture at a time, whoever asks: a request, or the push of profiles. */
export interface CaptureTurn {
  /** Runs the work; undefined, without running it, if another capture is running. */
  take<T>(work: () => Promise<T>): Promise<T | undefined>;
}

export const createCaptureTurn = (): CaptureTurn => {
  let isTaken = false;
  return {
    take: async (work) => {
      if (isTaken) return undefined;
      isTaken = true;
      try {
        return await work();
      } finally {
        isTaken = false;
      }
    },
  };
};
