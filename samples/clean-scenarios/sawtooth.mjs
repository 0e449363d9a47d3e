// No leak: a buffer that grows to seven thousand entries and is then emptied, a sawtooth.
let entries = new Map();

export const iterate = (_, i) => {
  entries.set(i, `value ${i}`);
  if (entries.size > 7000) entries = new Map();
};
