// No leak: a cache with a bound. It fills during the first ten thousand calls and then keeps its size.
const entries = new Map();
const bound = 10_000;

export const iterate = (_, i) => {
  entries.set(`key-${i}`, { i, at: Date.now() });
  if (entries.size > bound) entries.delete(entries.keys().next().value);
};
