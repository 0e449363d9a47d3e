/** A mark on its way to a recording: one line of JSON. In: words. Out: a mark with its time, and the line; and back. */
import type { RecordedMark } from '../../analyzer/model/recording.js';

const mostCharacters = 200;

export const createMark = (text: string): RecordedMark => ({
  kind: 'mark',
  timeMs: Date.now(),
  text: text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text,
});

/** undefined if the line is none. */
export const readMark = (line: string): RecordedMark | undefined => {
  try {
    const { timeMs, text } = JSON.parse(line) as { timeMs?: unknown; text?: unknown };
    return typeof timeMs === 'number' && typeof text === 'string' ? { ...createMark(text), timeMs } : undefined;
  } catch {
    return undefined;
  }
};
