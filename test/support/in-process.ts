/** Runs a command of memwatch in this process, which costs nothing to start. In: its words. Out: its document or error. */
import { runWords } from '#memwatch/commands/parser.js';
import { explainFile } from '#memwatch/commands/profile-file.js';

/** The document that `--json` prints, or the error that the user reads. Only for commands that touch no process. */
export const runInProcess = async (words: readonly string[]): Promise<unknown> => {
  let document: unknown;
  const nothing = (): void => {};
  const io = {
    signal: new AbortController().signal,
    json: true,
    color: false,
    columns: 100,
    print: (printed: unknown) => (document = printed),
    endAtOnce: nothing,
    afterwards: nothing,
    line: nothing,
    progress: nothing,
    warn: nothing,
  };
  try {
    await runWords(words, io);
    return document;
  } catch (error) {
    return explainFile(error, words);
  }
};
