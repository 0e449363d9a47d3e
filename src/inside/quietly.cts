/**
 * What the agent in the program's main thread does when something of it fails: one line on stderr, and the program runs on.
 * In: work. Out: the line.
 */
import process = require('node:process');

/** The agent must never harm the program: if something fails, it prints one line, and the program runs on without it. */
const quietly = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    say(`the agent inside does not work: ${reasonOf(error)}`);
  }
};

const firstLineOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

const reasonOf = (error: unknown): string => {
  const isDenied = error instanceof Error && 'code' in error && error.code === 'ERR_ACCESS_DENIED';
  if (!isDenied) return firstLineOf(error);
  const flags = '--allow-worker --allow-inspector --allow-fs-read=* --allow-fs-write=DIR';
  return `the permission model does not allow it; it needs ${flags}`;
};

const say = (text: string): void => {
  try {
    process.stderr.write(`memwatch: ${text}\n`);
  } catch {
    // without stderr nothing can be said
  }
};

export = { quietly, firstLineOf, reasonOf, say };
