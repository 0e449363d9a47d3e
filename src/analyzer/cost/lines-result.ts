/**
 * Computes the cost of each line from the counts. In: counted functions of all threads of a program. Out: one FunctionLines
 * for each function; what garbage collections hid is scaled up from the hits without one.
 */
import type { BytesCertainty, CountedFunction, CountedLine, FunctionLines, LineCost } from '../model/lines.js';

/** In the order in which the functions were first seen. */
export const computeFunctionLines = (counted: readonly CountedFunction[]): FunctionLines[] => {
  const merged = new Map<string, CountedFunction>();
  for (const one of counted) {
    const key = `${one.file}:${one.firstLine}:${one.name}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? one : mergeFunctions(known, one));
  }
  return [...merged.values()].map(functionLines);
};

const functionLines = (one: CountedFunction): FunctionLines => ({
  name: one.name,
  file: one.file,
  firstLine: one.firstLine,
  source: one.source,
  calls: one.calls,
  lines: byLine(one.lines)
    .map((line) => lineCost(line, one.source[line.line - one.firstLine] ?? ''))
    .sort((a, b) => a.line - b.line),
});

const lineCost = (line: CountedLine, source: string): LineCost => {
  const [incrementBytes, externalBytes, certainty] = increments(line);
  const isKnown = line.hits === 0 || line.cleanHits + line.collectedHits > 0;
  return {
    line: line.line,
    source,
    hits: line.hits,
    timeUs: isKnown ? Math.max(0, line.timeMs * 1000) : undefined,
    incrementBytes: isKnown ? incrementBytes : undefined,
    externalBytes: isKnown ? externalBytes : undefined,
    untimedHits: line.untimedHits ?? 0,
    certainty,
    memoryBytes: line.memoryBytes,
    ticks: undefined,
  };
};

/** A heap that is not collected does not shrink: a negative value is the counters' error. */
const increments = (line: CountedLine): [number, number, BytesCertainty] => {
  const { cleanHits, collectedHits } = line;
  const heapBytes = Math.max(0, line.heapBytes);
  if (collectedHits === 0) return [Math.round(heapBytes), line.externalBytes, 'measured'];
  if (cleanHits === 0) return [Math.round(line.collectedHeapBytes), line.collectedExternalBytes, 'net'];
  const scale = (cleanHits + collectedHits) / cleanHits;
  return [Math.round(heapBytes * scale), Math.round(line.externalBytes * scale), 'scaled'];
};

/** Adds up the same function in two threads or processes. */
const mergeFunctions = (a: CountedFunction, b: CountedFunction): CountedFunction => ({
  ...a,
  calls: a.calls === undefined || b.calls === undefined ? undefined : a.calls + b.calls,
  lines: [...a.lines, ...b.lines],
});

/** A line may have been counted at several places, and in several threads. */
const byLine = (lines: readonly CountedLine[]): CountedLine[] => {
  const merged = new Map<number, CountedLine>();
  for (const line of lines) {
    const known = merged.get(line.line);
    merged.set(line.line, known === undefined ? line : addLines(known, line));
  }
  return [...merged.values()];
};

const addLines = (a: CountedLine, b: CountedLine): CountedLine => ({
  line: a.line,
  hits: a.hits + b.hits,
  timeMs: a.timeMs + b.timeMs,
  cleanHits: a.cleanHits + b.cleanHits,
  heapBytes: a.heapBytes + b.heapBytes,
  externalBytes: a.externalBytes + b.externalBytes,
  collectedHits: a.collectedHits + b.collectedHits,
  collectedHeapBytes: a.collectedHeapBytes + b.collectedHeapBytes,
  collectedExternalBytes: a.collectedExternalBytes + b.collectedExternalBytes,
  memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
  untimedHits: (a.untimedHits ?? 0) + (b.untimedHits ?? 0),
});
