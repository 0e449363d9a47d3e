// No leak: a backlog that a timer empties, as a batching logger does.
import { setTimeout as sleep } from 'node:timers/promises';

let backlog = [];

export const iterations = 50;
export const setup = () =>
  setInterval(() => {
    backlog = [];
  }, 200);
export const iterate = async (_, i) => {
  backlog.push({ i, line: `${i}`.repeat(20) });
  await sleep(1);
};
export const teardown = (timer) => clearInterval(timer);
