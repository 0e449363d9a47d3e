// nodejs/node#17469: racing against one promise that never settles piles reactions up on it.
import { clean } from './variant.mjs';

export const iterations = 3000;
export const setup = () => ({ never: new Promise(() => {}) });
export const iterate = ({ never }, i) => Promise.race([clean ? new Promise(() => {}) : never, Promise.resolve({ i })]);
