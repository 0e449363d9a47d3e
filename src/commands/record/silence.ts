/** Notes when a thread gives no readings for a while, why, and when it answers again. In: once a second, why. Out: notes. */

/** A thread that answers late for this long, as in a long task, is not worth a note. */
const silentSeconds = 3;

export interface Silence {
  /** To be called once a second. */
  goesOn(why: string): void;
  ends(): void;
}

export const noteSilence = (note: (text: string) => void): Silence => {
  let seconds = 0;
  return {
    goesOn: (why) => {
      if (++seconds === silentSeconds) note(why);
    },
    ends: () => {
      if (seconds >= silentSeconds) note(`answers again, after ${seconds} s`);
      seconds = 0;
    },
  };
};
